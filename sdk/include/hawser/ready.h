/* hawser/ready.h: descriptors of other libraries on the host's loop: a database client, a device, inotify. Rules and
 * tags as in hawser/abi.h. POSIX only.
 *
 * Changes: 1.0 first version.
 */
#ifndef HAWSER_READY_H
#define HAWSER_READY_H

#include "hawser/abi.h"

#ifdef __cplusplus
extern "C" {
#endif

/* hawser_host.get_interface gives a hawser_ready. */
#define HAWSER_READY "hawser.ready/1"

/* What is waited for, and what has come. */
#define HAWSER_READABLE 1u
#define HAWSER_WRITABLE 2u
#define HAWSER_BROKEN 4u /* an error or the end of the other side; told whether asked for or not */

/* A descriptor that is watched. This struct never grows; LIFETIME: until unwatch returns. */
typedef struct hawser_watch hawser_watch;

/* Implemented by the host. LIFETIME: the process. All [loop]. */
typedef struct hawser_ready {
    uint32_t struct_size;
    uint32_t reserved;

    /* Calls on_ready(self, what) from the top of the loop, in every turn in which the descriptor is so. `fd` stays the
     * caller's and open until unwatch. `what` may be 0. Errors: INVALID (no descriptor, or one that is always ready: a
     * file), BUSY (it is watched already), LIMIT, CLOSED (the loop ends). [loop] */
    int32_t(HAWSER_CALL *watch)(hawser_loop *, const hawser_node *, int32_t fd, uint32_t what,
                                void(HAWSER_CALL *on_ready)(void *self, uint32_t what), void *self,
                                hawser_watch **watch);

    /* What is waited for from now on. [loop] */
    void(HAWSER_CALL *change)(hawser_watch *, uint32_t what);

    /* on_ready comes no more, also not in this turn; may be called from inside of it. Before the descriptor is closed.
     * [loop] */
    void(HAWSER_CALL *unwatch)(hawser_watch *);
} hawser_ready;

#if UINTPTR_MAX == 0xffffffffffffffffu
HAWSER_ASSERT(sizeof(hawser_ready) == 32 && offsetof(hawser_ready, unwatch) == 24);
#endif

#ifdef __cplusplus
}
#endif

#endif
