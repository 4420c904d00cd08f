/* hawser/abi.h: the boundary between the Hawser host and its plugins, major version 1.
 *
 * A plugin is one shared library that exports one function, `hawser_plugin_v1`. It returns the KINDS that the
 * plugin offers; the host creates INSTANCES of them, one on each loop, and calls them only on that loop.
 * This header alone is enough to write protocols and services; hawser/http.h adds HTTP resources.
 *
 * Rules that hold everywhere and are not repeated below
 *  1. Views (hawser_str, hawser_bytes, arrays, structs passed by pointer) are valid until the called function
 *     returns. Where they live longer, "LIFETIME" says so. Nobody ever frees memory of the other side.
 *  2. Tables and structs that begin with `struct_size` only grow, at their end. A caller looks with HAWSER_HAS
 *     before it uses a member added after minor 0. A NULL function means "not implemented": "NULL:" says what then
 *     happens; where nothing is said the function is required. Reserved members are zero.
 *  3. Results are int32_t: 0 is success, positive is success with a remark, negative is an error. Unknown values
 *     of any constant must be tolerated.
 *  4. A function that takes a `hawser_op` returns its result, OR it returns HAWSER_PENDING and later calls
 *     op->complete exactly once: on the same loop, never from inside the starting call.
 *  5. Nobody is called back from inside a call of its own: the host calls a session, an op or a service only from
 *     the top of the loop. No object is destroyed while a call into it runs.
 *  6. No exception, panic or longjmp leaves a function of either side.
 *  7. Tags: [loop] only on the loop that owns the object; [any-thread]; [pool] on a thread of the offload pool;
 *     [start] on the loading thread, before any loop runs or after all have ended.
 *  8. Times are nanoseconds of the loop's monotonic clock (`loop->now`); 0 means none.
 *
 * Changes: 1.0 first version.
 */
#ifndef HAWSER_ABI_H
#define HAWSER_ABI_H

#include <stddef.h>
#include <stdint.h>

#define HAWSER_ABI_MAJOR 1
#define HAWSER_ABI_MINOR 0

#if defined(_WIN32)
#define HAWSER_CALL __cdecl
#define HAWSER_PUBLIC __declspec(dllexport)
#else
#define HAWSER_CALL
#define HAWSER_PUBLIC __attribute__((visibility("default")))
#endif

#ifdef __cplusplus
#define HAWSER_ASSERT(condition) static_assert(condition, #condition)
extern "C" {
#else
#define HAWSER_ASSERT(condition) _Static_assert(condition, #condition)
#endif

/* True if `object`, whose struct_size the other side filled, has the member. */
#define HAWSER_HAS(object, member)                                                                                     \
    ((size_t)((const char *)&(object)->member - (const char *)(object)) + sizeof((object)->member) <=                  \
     (object)->struct_size)

/* ------------------------------------------------------------------------------------------------------ values */

/* Text: UTF-8, not terminated. `p` may be NULL when `n` is 0. */
typedef struct hawser_str {
    const char *p;
    size_t n;
} hawser_str;

/* The same shape for bytes that are not text. */
typedef hawser_str hawser_bytes;

/* A named text: a field of a log event, a header field of HTTP. */
typedef struct hawser_field {
    hawser_str name;
    hawser_str value;
} hawser_field;

/* Bytes to send. Without `release` they are copied before the call returns. With it they are sent from where they
 * lie, and release(ctx) runs [loop] exactly once when they are no longer needed: also when the call is refused, also
 * when the connection is lost, possibly before the call returns. Static data: a release that does nothing. */
typedef struct hawser_piece {
    const char *p;
    size_t n;
    void(HAWSER_CALL *release)(void *ctx);
    void *ctx;
} hawser_piece;

/* Status: int32_t. */
#define HAWSER_OK 0
#define HAWSER_PENDING 1   /* op->complete will be called */
#define HAWSER_FULL 2      /* taken, but the queue is above its high mark: wait for on_drained */
#define HAWSER_CLOSED (-1) /* the connection, exchange or loop has ended; as a reason: ended by the peer */
#define HAWSER_RESET (-2)  /* the peer or the network broke the connection */
#define HAWSER_TIMED_OUT (-3)
#define HAWSER_CANCELLED (-4) /* ended by this side: abort, stop, drain deadline */
#define HAWSER_REFUSED (-5)   /* not permitted, or the peer refused */
#define HAWSER_LIMIT (-6)     /* a configured bound is reached */
#define HAWSER_INVALID (-7)   /* the call breaks the contract: answered twice, CR or LF in a field … */
#define HAWSER_UNSUPPORTED (-8)
#define HAWSER_NOT_FOUND (-9)
#define HAWSER_BUSY (-10)   /* not now: in the middle of something */
#define HAWSER_MOVED (-11)  /* reason only: the connection went to the next generation */
#define HAWSER_FAILED (-12) /* anything else; the text says what */

/* Why something was refused. The caller owns it and sets struct_size; the callee fills the rest, NUL-terminated.
 * `option` names the offending option ("root", "limits.rate"), so that the host can print file, line and caret. */
typedef struct hawser_error {
    uint32_t struct_size;
    int32_t code;
    char option[120];
    char text[384];
} hawser_error;

/* ----------------------------------------------------------------------------------------------------- options */

typedef struct hawser_object hawser_object;
typedef struct hawser_value hawser_value;

/* hawser_value.type */
#define HAWSER_STRING 1   /* as.string; also enum, address, secret */
#define HAWSER_INTEGER 2  /* as.integer */
#define HAWSER_FLOAT 3    /* as.real */
#define HAWSER_BOOLEAN 4  /* as.integer: 0 or 1 */
#define HAWSER_DURATION 5 /* as.integer: nanoseconds */
#define HAWSER_SIZE 6     /* as.integer: bytes */
#define HAWSER_PATH 7     /* as.string: absolute; NUL-terminated beyond `n` */
#define HAWSER_LIST 8     /* as.items[0 … count-1] */
#define HAWSER_TABLE 9    /* as.items[0 … count-1], each with its key, in the order of the file */
#define HAWSER_OBJECT 10  /* as.object: a service, a resource … of this or another plugin */

/* One option, already checked against the manifest: declared, of the declared type, in range, defaults filled in.
 * An option that is absent and has no default is not in its table. `routes` is a TABLE of OBJECTs whose keys are the
 * patterns. LIFETIME: until destroy of the instance that it was given to. */
struct hawser_value {
    hawser_str key; /* in a TABLE: the key; else empty */
    uint32_t type;
    uint32_t count;
    union {
        int64_t integer;
        double real;
        hawser_str string;
        const hawser_value *items;
        const hawser_object *object;
    } as;
};

/* An instance that somebody else owns: its table of functions and its self. What `api` points to is known from the
 * option's declaration: for a resource its kind's table, for a service the interface that the option names. It is
 * created before and destroyed after whoever holds it. A resource lives on the holder's loop; an interface of a
 * service says in its own header which thread may call it. */
struct hawser_object {
    const void *api;
    void *self;
    const hawser_value *with; /* TABLE of the holder's own options for this entry (per route), or NULL */
    hawser_str name;          /* for messages: "listener.web/hello" */
    uint32_t tag;             /* for hawser_enter, by whoever calls into it directly */
    uint32_t reserved;
};

/* The entry of `table` with this key, or NULL. */
static inline const hawser_value *hawser_find(const hawser_value *table, const char *key)
{
    uint32_t i;
    size_t n = 0, k;
    while (key[n]) ++n;
    for (i = 0; table && i < table->count; ++i) {
        const hawser_value *v = &table->as.items[i];
        for (k = 0; k < n && v->key.n == n && v->key.p[k] == key[k]; ++k) {}
        if (v->key.n == n && k == n) return v;
    }
    return NULL;
}

/* -------------------------------------------------------------------------------------------------------- host */

typedef struct hawser_host hawser_host;
typedef struct hawser_loop hawser_loop;
typedef struct hawser_conn hawser_conn;
typedef struct hawser_session hawser_session;

/* What the host tells an instance about itself. LIFETIME: until its destroy returns. */
typedef struct hawser_node {
    uint32_t struct_size;
    uint32_t tag; /* its breadcrumb, see hawser_enter */
    const hawser_host *host;
    const hawser_value *options; /* a TABLE, never NULL */
    hawser_str name;             /* its place in the service tree: "listener.web", "service.db" */
    void *shared;                /* what kind.share returned: one for all loops; else NULL */
} hawser_node;

/* An object on a loop, as a number that any thread may keep for ever: see track and post. 0 is never one. */
typedef uint64_t hawser_ref;

#define HAWSER_LOG_ERROR 1
#define HAWSER_LOG_WARNING 2
#define HAWSER_LOG_INFO 3
#define HAWSER_LOG_DEBUG 4

/* Implemented by the host. LIFETIME: the process. */
struct hawser_host {
    uint32_t struct_size;
    uint32_t abi_minor; /* the host's own */

    /* A table of the host beyond this header, or NULL: "hawser.datagram/1" … Look it up once, in create. [any-thread]
     */
    const void *(HAWSER_CALL *get_interface)(const hawser_host *, const char *id);

    /* Writes one event: snake_case name, then fields. Never blocks; drops and counts when the log is behind.
     * [any-thread] */
    void(HAWSER_CALL *log)(const hawser_node *, uint32_t level, hawser_str event, const hawser_field *fields,
                           size_t count);

    /* Runs run(object, arg) on the loop where `to` was tracked; `object` is NULL when it is no longer tracked, and
     * then only `arg` may be released. The one way from a foreign thread to a loop. Exactly one run for each OK,
     * in the order of the calls of one thread. Errors: CLOSED, the loop has ended and run is not called.
     * [any-thread] */
    int32_t(HAWSER_CALL *post)(const hawser_host *, hawser_ref to, void(HAWSER_CALL *run)(void *object, void *arg),
                               void *arg);

    /* The instance cannot go on. A service is FAILED and, as its restart policy says, the host calls stop and start of
     * the same instance again: at once the first time, then after growing waits, until its limit is reached; whoever
     * holds it keeps it meanwhile. Another instance is shown as failed. With an empty `why` a service says that its
     * work is done: it is stopped, and started again only if its policy is "always". During start it counts once that
     * has succeeded. While the host drains or stops nothing is started again. Returns at once. [any-thread] */
    void(HAWSER_CALL *fail)(const hawser_node *, hawser_str why);
};

/* -------------------------------------------------------------------------------------------------------- loop */

typedef struct hawser_op hawser_op;

/* One operation that has not finished. OWNER: whoever starts it, usually inside the object that waits: zero it once and
 * set `complete`. While it is pending its address is fixed and `host` belongs to the other side; afterwards it may be
 * used again at once, also from inside complete. `result` is a status, or what the starting function says; complete
 * runs on the loop that started it. [loop] */
struct hawser_op {
    void(HAWSER_CALL *complete)(hawser_op *, int64_t result);
    void *host[4];
};

typedef struct hawser_connect {
    uint32_t struct_size;
    uint32_t reserved;
    uint64_t timeout;       /* for name, connection and handshake together; 0: the host's default */
    hawser_str server_name; /* for TLS, if not the name in the address */
} hawser_connect;

/* Implemented by the host; all [loop] except as said. */
typedef struct hawser_loop_api {
    uint32_t struct_size;
    uint32_t reserved;

    /* Completes with OK at or after `at`, up to 10 ms late; in order of `at`. Always PENDING. [loop] */
    int32_t(HAWSER_CALL *timer)(hawser_loop *, uint64_t at, hawser_op *);

    /* Detaches a pending op: complete will not run, the op's memory may be freed at once. 1 if it was pending, else 0.
     * Work on the pool runs to its end unseen. [loop] */
    int32_t(HAWSER_CALL *cancel)(hawser_loop *, hawser_op *);

    /* Runs work(ctx) [pool] and completes with what it returned; then, also after cancel, calls release(ctx) [loop]
     * exactly once. Errors: LIMIT (queue full), CLOSED; then release is not called. [loop] */
    int32_t(HAWSER_CALL *offload)(hawser_loop *, int64_t(HAWSER_CALL *work)(void *ctx),
                                  void(HAWSER_CALL *release)(void *ctx), void *ctx, hawser_op *);

    /* Opens a connection to an endpoint ("tcp:host:port", "tls:…", "unix:/path", "service:name") for a session of
     * the caller. OK: *conn may be written to at once, the queue waits; then on_open, or on_close alone. `options` may
     * be NULL. Errors: INVALID (address), UNSUPPORTED (scheme), REFUSED (policy of the node), LIMIT. [loop] */
    int32_t(HAWSER_CALL *connect)(hawser_loop *, const hawser_node *, hawser_str address, const hawser_connect *options,
                                  const hawser_session *, void *self, hawser_conn **conn);

    /* Gives `object` a number for post. A number is never used again. 0: out of memory. [loop] */
    hawser_ref(HAWSER_CALL *track)(hawser_loop *, void *object);

    /* From now on posts to `ref` run with NULL. Call it before the object dies. [loop] */
    void(HAWSER_CALL *untrack)(hawser_loop *, hawser_ref);
} hawser_loop_api;

/* One thread with one event loop. LIFETIME: the process. This struct never grows. */
struct hawser_loop {
    const hawser_loop_api *api;
    uint64_t now;   /* monotonic; read once a turn */
    int64_t wall;   /* nanoseconds since 1970, read with `now` */
    uint32_t crumb; /* which node runs now, for the watchdog and the crash handler; see hawser_enter */
    uint32_t index; /* 0 … number of loops - 1 */
};

/* Breadcrumb of node `tag` in its function number `entry`: 1 … 63 in the order of the kind's table; 64 + n of
 * hawser_session; 128 + n of the role's handler table; 160 + n of hawser_receiver, 168 + n of hawser_process_events,
 * 177 what hawser_ready.watch was given; 192 op->complete, 193 a post, 194 a release. */
#define HAWSER_CRUMB(tag, entry) ((uint32_t)(tag) << 8 | (uint32_t)(entry))

/* The host leaves a crumb whenever it calls a plugin. A plugin that calls an instance of another directly (an HTTP
 * engine calling a resource) does the same: was = hawser_enter(loop, crumb); call; hawser_enter(loop, was). [loop] */
static inline uint32_t hawser_enter(hawser_loop *loop, uint32_t crumb)
{
    uint32_t was = loop->crumb;
#if defined(__GNUC__)
    __atomic_store_n(&loop->crumb, crumb, __ATOMIC_RELAXED);
#else
    *(volatile uint32_t *)&loop->crumb = crumb;
#endif
    return was;
}

/* -------------------------------------------------------------------------------------------------- connection */

/* hawser_conn_api.close */
#define HAWSER_SHUTDOWN 1 /* send what is queued, then end our direction; reading goes on */
#define HAWSER_CLOSE 2    /* send what is queued, then close: for when the peer has said all it wanted */
#define HAWSER_LINGER                                                                                                  \
    3                  /* as CLOSE, but first discard input until the peer ends too or a short deadline passes: for    \
                          when it may still be sending, and a reset would destroy our last words on their way */
#define HAWSER_ABORT 4 /* discard what is queued, reset */

#define HAWSER_PEER 1
#define HAWSER_LOCAL 2

typedef struct hawser_address {
    uint32_t struct_size; /* set by the caller */
    uint16_t family;      /* 4, 6, or 0 for a Unix socket */
    uint16_t port;
    uint8_t ip[16]; /* network order; IPv4 in the first four */
    char text[112]; /* "192.0.2.1:8080", "[::1]:8080", "unix:/run/x"; NUL-terminated */
} hawser_address;

typedef struct hawser_tls {
    uint32_t struct_size; /* set by the caller */
    uint32_t version;     /* 0x0303 for TLS 1.2, 0x0304 for 1.3 */
    hawser_str cipher;    /* LIFETIME of the views: the connection */
    hawser_str alpn;
    hawser_str server_name;
    hawser_bytes peer_certificate; /* DER; empty unless the peer proved one */
} hawser_tls;

/* Implemented by whoever made the connection: the host, an engine (a WebSocket in an HTTP/2 stream), a test.
 * Every function is [loop] and may be called in any state until on_close returns; writes after the end return CLOSED.
 */
typedef struct hawser_conn_api {
    uint32_t struct_size;
    uint32_t reserved;

    /* Queues the pieces in order. All that one callback writes leaves in one send after it returns. OK; FULL: taken,
     * but stop until on_drained. Errors: CLOSED; LIMIT: the queue's hard bound, the connection is being aborted. */
    int32_t(HAWSER_CALL *write)(hawser_conn *, const hawser_piece *pieces, size_t count);

    /* Queues `length` bytes of the open file `fd` from `offset`, in order with write. `fd` stays the caller's and open
     * until release(ctx), which runs as for a piece. Results as write; RESET follows if the file is shorter. */
    int32_t(HAWSER_CALL *send_file)(hawser_conn *, intptr_t fd, uint64_t offset, uint64_t length,
                                    void(HAWSER_CALL *release)(void *ctx), void *ctx);

    /* paused != 0: no on_data and no on_eof from now on, and no reading from the peer. 0: goes on, beginning with what
     * was left unconsumed, even if nothing new has come. */
    void(HAWSER_CALL *pause)(hawser_conn *, int32_t paused);

    /* on_timer at or after `at`, up to 200 ms late; replaces the last one; 0: none. Costs a store: made to be called
     * for every request. */
    void(HAWSER_CALL *set_timer)(hawser_conn *, uint64_t at);

    /* HAWSER_SHUTDOWN, _CLOSE, _LINGER or _ABORT. After the last three on_data comes no more, and on_close follows,
     * never from inside. */
    void(HAWSER_CALL *close)(hawser_conn *, uint32_t how);

    /* Hands the connection to another session, as for an upgrade: its on_open is next, then on_data with what the old
     * one left unconsumed. The old session gets no further call, not even on_close. */
    void(HAWSER_CALL *attach)(hawser_conn *, const hawser_session *, void *self);

    /* HAWSER_PEER or _LOCAL, after PROXY protocol. Errors: NOT_FOUND. */
    int32_t(HAWSER_CALL *address)(hawser_conn *, uint32_t which, hawser_address *);

    /* Errors: NOT_FOUND: not encrypted. */
    int32_t(HAWSER_CALL *tls)(hawser_conn *, hawser_tls *);

    /* How many bytes still wait to be sent, files included: less than before means that the peer reads. NULL: it cannot
     * be told. */
    uint64_t(HAWSER_CALL *queued)(hawser_conn *);
} hawser_conn_api;

/* A byte stream, of a listener or of connect. The implementer's own members follow. LIFETIME: until on_close returns,
 * or a park that succeeded. */
struct hawser_conn {
    const hawser_conn_api *api;
};

/* Why something drains. */
#define HAWSER_REPLACED 1 /* another generation serves: what is idle waits for one more answer */
#define HAWSER_STOPPING 2 /* close what is idle now */

#define HAWSER_STATE_MAX 1024  /* bytes of a parked session */
#define HAWSER_INPUT_MAX 65536 /* bytes that a session may leave unconsumed */

/* Implemented by the plugin: what happens on a connection. Every function is [loop], and NULL is allowed for all. */
struct hawser_session {
    uint32_t struct_size;
    uint32_t reserved;

    /* The connection is up. Called after connect and attach; not after hawser_protocol.open. */
    void(HAWSER_CALL *on_open)(void *self, hawser_conn *);

    /* Bytes came. Returns how many were consumed, 0 … data.n. The rest is kept and is the beginning of `data` when
     * more has come: "not enough yet" is simply a smaller number. To be left in peace call pause. A session that leaves
     * HAWSER_INPUT_MAX bytes unconsumed, not paused, is closed with LIMIT. NULL: all is discarded. */
    size_t(HAWSER_CALL *on_data)(void *self, hawser_bytes data);

    /* After FULL: the queue is below its low mark, write again. */
    void(HAWSER_CALL *on_drained)(void *self);

    /* The peer will send no more; bytes left unconsumed are gone after this call. Writing is still possible.
     * NULL: HAWSER_CLOSE. */
    void(HAWSER_CALL *on_eof)(void *self);

    /* The time of set_timer has come. NULL: HAWSER_CLOSE. */
    void(HAWSER_CALL *on_timer)(void *self);

    /* Nothing new, please: finish what is in flight and close. `why` is HAWSER_REPLACED or HAWSER_STOPPING. At
     * `deadline` the host aborts. Not called with HAWSER_REPLACED where the connection can still be parked. NULL:
     * nothing until then. */
    void(HAWSER_CALL *on_drain)(void *self, uint64_t deadline, uint32_t why);

    /* May this session go to another process now? Then writes what it must remember (0 … room bytes, room >=
     * HAWSER_STATE_MAX) and returns how many: on_close(MOVED) is next, and the open() of the other process gets them.
     * Asked only while nothing is queued to send, on_drain included; unconsumed input and the timer travel by
     * themselves. BUSY: in the middle of something, asked again after its next callback. NULL: never. */
    int64_t(HAWSER_CALL *park)(void *self, char *state, size_t room);

    /* The last call, exactly once: OK (as this side asked), CLOSED, RESET, TIMED_OUT, CANCELLED, LIMIT, MOVED, or for
     * connect REFUSED, NOT_FOUND, FAILED; `detail` is for people and may be empty. Release the session here. */
    void(HAWSER_CALL *on_close)(void *self, int32_t reason, hawser_str detail);
};

/* ------------------------------------------------------------------------------------------------------- kinds */

/* How every kind's table begins; what follows depends on `role`. The host needs no more than this to create an
 * instance and to hand it to whoever has an option for it. This struct never grows. */
typedef struct hawser_kind {
    uint32_t struct_size; /* of the whole table */
    uint32_t reserved;
    const char *role; /* HAWSER_PROTOCOL, HAWSER_SERVICE, HAWSER_HTTP_RESOURCE … */
    const char *name; /* as in the manifest and in TOML: "echo" */

    /* What the instances of one node on all loops have in common (a token bucket, a session store), made once before
     * the first create; goes into node->shared and must be safe on any thread. NULL returned: refused, `error` says
     * why. NULL: nothing is shared. [start] */
    void *(HAWSER_CALL *share)(const hawser_node *, hawser_error *error);

    /* After the last destroy. NULL: nothing. [start] */
    void(HAWSER_CALL *unshare)(void *shared);

    /* A new instance for this loop; NULL: refused, `error` says why. No sockets are open yet. Instances that its
     * options name exist already. [loop] */
    void *(HAWSER_CALL *create)(hawser_loop *, const hawser_node *, hawser_error *error);

    /* A table that this instance implements beyond its role ("org.example.sql/1": goes into hawser_object.api with the
     * same self), or NULL. NULL: none. [loop] */
    const void *(HAWSER_CALL *get_interface)(void *self, const char *id);

    /* Nothing new will come; end what would last longer than `deadline`. NULL: nothing. [loop] */
    void(HAWSER_CALL *drain)(void *self, uint64_t deadline, uint32_t why);

    /* The last call; nothing of it is in use any more. [loop] */
    void(HAWSER_CALL *destroy)(void *self);
} hawser_kind;

#define HAWSER_PROTOCOL "hawser.protocol/1"
#define HAWSER_SERVICE "hawser.service/1"

/* Serves the connections of a listener; one instance on each loop. */
typedef struct hawser_protocol {
    hawser_kind kind;
    const hawser_session *session;

    /* A connection was accepted (and its TLS handshake is done). Returns the self of its session. NULL: refused, reset.
     * `parked` is empty, or what park() returned in another process, which may have run another version of this
     * plugin. NULL: a new connection is reset; a parked one is opened again where it came from. [loop] */
    void *(HAWSER_CALL *open)(void *self, hawser_conn *, hawser_bytes parked);
} hawser_protocol;

/* Starts and stops with the service tree; one instance a compartment, on loop 0. Its interfaces come from
 * kind.get_interface and may be used from the moment it has started. */
typedef struct hawser_service {
    hawser_kind kind;

    /* Starts; whoever depends on it waits. An error refuses the generation; `error` stays valid until done. NULL: OK.
     * [loop] */
    int32_t(HAWSER_CALL *start)(void *self, hawser_op *done, hawser_error *error);

    /* Stops; at the end whoever depends on it has stopped already. Called once for each start that succeeded; start may
     * follow, see hawser_host.fail: between the two its interfaces may be called and must answer with an error of their
     * own. One that takes too long is given up: then destroy comes without its answer. NULL: OK. [loop] */
    int32_t(HAWSER_CALL *stop)(void *self, hawser_op *done);
} hawser_service;

/* ------------------------------------------------------------------------------------------------------- entry */

/* What the shared library is. LIFETIME: the process (plugins are never unloaded). */
typedef struct hawser_plugin {
    uint32_t struct_size;
    uint32_t abi_minor; /* the lowest minor of the host that it needs */
    const hawser_kind *const *kinds;
    size_t kind_count;
} hawser_plugin;

/* The only exported function, beside the manifest in its ELF note. NULL: refused, `error` says why. Must have no side
 * effects beyond keeping `host`. [start] */
typedef const hawser_plugin *(HAWSER_CALL *hawser_entry)(const hawser_host *host, hawser_error *error);

HAWSER_PUBLIC const hawser_plugin *HAWSER_CALL hawser_plugin_v1(const hawser_host *host, hawser_error *error);

/* ------------------------------------------------------------------------------------------------------ layout */

#if UINTPTR_MAX == 0xffffffffffffffffu
HAWSER_ASSERT(sizeof(hawser_str) == 16);
HAWSER_ASSERT(sizeof(hawser_field) == 32);
HAWSER_ASSERT(sizeof(hawser_piece) == 32);
HAWSER_ASSERT(sizeof(hawser_error) == 512);
HAWSER_ASSERT(sizeof(hawser_value) == 40 && offsetof(hawser_value, as) == 24);
HAWSER_ASSERT(sizeof(hawser_object) == 48 && offsetof(hawser_object, tag) == 40);
HAWSER_ASSERT(sizeof(hawser_node) == 48 && offsetof(hawser_node, shared) == 40);
HAWSER_ASSERT(sizeof(hawser_host) == 40 && offsetof(hawser_host, fail) == 32);
HAWSER_ASSERT(sizeof(hawser_op) == 40 && offsetof(hawser_op, host) == 8);
HAWSER_ASSERT(sizeof(hawser_connect) == 32);
HAWSER_ASSERT(sizeof(hawser_loop_api) == 56 && offsetof(hawser_loop_api, untrack) == 48);
HAWSER_ASSERT(sizeof(hawser_loop) == 32 && offsetof(hawser_loop, crumb) == 24);
HAWSER_ASSERT(sizeof(hawser_address) == 136 && offsetof(hawser_address, text) == 24);
HAWSER_ASSERT(sizeof(hawser_tls) == 72 && offsetof(hawser_tls, peer_certificate) == 56);
HAWSER_ASSERT(sizeof(hawser_conn_api) == 80 && offsetof(hawser_conn_api, queued) == 72);
HAWSER_ASSERT(sizeof(hawser_conn) == 8);
HAWSER_ASSERT(sizeof(hawser_session) == 72 && offsetof(hawser_session, on_close) == 64);
HAWSER_ASSERT(sizeof(hawser_kind) == 72 && offsetof(hawser_kind, create) == 40);
HAWSER_ASSERT(sizeof(hawser_protocol) == 88 && offsetof(hawser_protocol, session) == 72);
HAWSER_ASSERT(sizeof(hawser_service) == 88);
HAWSER_ASSERT(sizeof(hawser_plugin) == 24);
#endif

#ifdef __cplusplus
}
#endif

#endif
