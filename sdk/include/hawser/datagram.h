/* hawser/datagram.h: sockets for datagrams: UDP, multicast, Unix. Rules and tags as in hawser/abi.h.
 *
 * A PORT is one open socket of one loop. It belongs to whoever opened it, who hears of every datagram until close.
 * A generation that is replaced still has its ports open while the next one opens its own: share the address
 * (HAWSER_PORT_SHARED), or say `exclusive` in the manifest.
 *
 * Changes: 1.0 first version.
 */
#ifndef HAWSER_DATAGRAM_H
#define HAWSER_DATAGRAM_H

#include "hawser/abi.h"

#ifdef __cplusplus
extern "C" {
#endif

/* hawser_host.get_interface gives a hawser_datagrams. */
#define HAWSER_DATAGRAM "hawser.datagram/1"

#define HAWSER_DATAGRAM_MAX 65507 /* most bytes of one over IPv4 */

/* An open port. This struct never grows; LIFETIME: until on_close returns. */
typedef struct hawser_port hawser_port;

/* hawser_port_options.flags */
#define HAWSER_PORT_SHARED 1u /* others may open the same address and port, too; all of them if multicast, else one */
#define HAWSER_PORT_BROADCAST 2u /* it may send to broadcast addresses */

typedef struct hawser_port_options {
    uint32_t struct_size;
    uint32_t flags;
    /* Whom it talks to: "udp:name:port", "unixgram:/path". Then nobody else is heard, send needs no address, and a peer
     * that is not there is told. Empty: everybody. */
    hawser_str peer;
} hawser_port_options;

/* Implemented by the plugin. Every function is [loop]; NULL is allowed for all. */
typedef struct hawser_receiver {
    uint32_t struct_size;
    uint32_t reserved;

    /* It is open: its name was found. Never from inside of open. What was sent before has waited. */
    void(HAWSER_CALL *on_open)(void *self, hawser_port *);

    /* One datagram, whole; empty ones exist. `from` has no text, only numbers, unless it is a Unix socket. NULL: all
     * are discarded. */
    void(HAWSER_CALL *on_datagram)(void *self, hawser_bytes data, const hawser_address *from);

    /* A datagram did not arrive, as the network says: REFUSED (nobody listens there), FAILED. With a `peer` only; the
     * port stays open. */
    void(HAWSER_CALL *on_error)(void *self, int32_t reason, hawser_str detail);

    /* After FULL: send again. */
    void(HAWSER_CALL *on_drained)(void *self);

    /* The last call, exactly once: OK (closed by this side), CANCELLED (the loop ends), or instead of on_open
     * NOT_FOUND, FAILED. */
    void(HAWSER_CALL *on_close)(void *self, int32_t reason, hawser_str detail);
} hawser_receiver;

/* hawser_datagrams.set */
#define HAWSER_PORT_HOPS 1      /* of multicast datagrams, 0 … 255; as it is: 1 */
#define HAWSER_PORT_LOOPBACK 2  /* 0: own multicast datagrams do not come back; as it is: 1 */
#define HAWSER_PORT_INTERFACE 3 /* index of the interface that multicast datagrams leave by; 0: the system's choice */

/* Implemented by the host. LIFETIME: the process. All [loop]. */
typedef struct hawser_datagrams {
    uint32_t struct_size;
    uint32_t reserved;

    /* Opens a port at `address`: "udp:127.0.0.1:0", "udp:[::]:5353" (a literal; "udp:" alone: any), "unixgram:/path"
     * ("unixgram:" alone: a name of the system's choice). A Unix socket that nobody has open any more is replaced; its
     * name goes when the port closes. OK: *port may be used at once. `options` may be NULL.
     * Errors: INVALID (address), UNSUPPORTED (scheme), LIMIT, CLOSED (the loop ends); BUSY: the address is taken;
     * REFUSED: not permitted; FAILED; `error` says why. */
    int32_t(HAWSER_CALL *open)(hawser_loop *, const hawser_node *, hawser_str address, const hawser_port_options *,
                               const hawser_receiver *, void *self, hawser_port **port, hawser_error *error);

    /* Sends one datagram: a copy, whole or not at all. `to`: NULL if the port has a peer; else its numbers, or with
     * family 0 its text ("unix:/path"). OK; FULL: taken, but stop until on_drained. Errors: CLOSED; LIMIT: the queue's
     * hard bound, it was dropped; INVALID: too large, no address, one of another family; FAILED: as the network says.
     */
    int32_t(HAWSER_CALL *send)(hawser_port *, hawser_bytes data, const hawser_address *to);

    /* paused != 0: no on_datagram from now on; the system keeps some and drops the rest. */
    void(HAWSER_CALL *pause)(hawser_port *, int32_t paused);

    /* Joins (member != 0) or leaves a multicast group on the interface with this index; 0: the system's choice.
     * Errors: INVALID (no group, or of another family), LIMIT, NOT_FOUND (no such interface; not a member), FAILED. */
    int32_t(HAWSER_CALL *member)(hawser_port *, const hawser_address *group, uint32_t interface_index, int32_t member);

    /* HAWSER_PORT_HOPS … Errors: INVALID (unknown, out of range), FAILED. */
    int32_t(HAWSER_CALL *set)(hawser_port *, uint32_t what, uint32_t value);

    /* HAWSER_LOCAL, or HAWSER_PEER if it has one. Errors: NOT_FOUND. */
    int32_t(HAWSER_CALL *address)(hawser_port *, uint32_t which, hawser_address *);

    /* What waits to be sent is dropped. on_close follows, never from inside. */
    void(HAWSER_CALL *close)(hawser_port *);
} hawser_datagrams;

#if UINTPTR_MAX == 0xffffffffffffffffu
HAWSER_ASSERT(sizeof(hawser_port_options) == 24);
HAWSER_ASSERT(sizeof(hawser_receiver) == 48 && offsetof(hawser_receiver, on_close) == 40);
HAWSER_ASSERT(sizeof(hawser_datagrams) == 64 && offsetof(hawser_datagrams, close) == 56);
#endif

#ifdef __cplusplus
}
#endif

#endif
