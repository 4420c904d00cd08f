/* hawser/process.h: other programs, started and ended by a plugin. Rules and tags as in hawser/abi.h.
 *
 * A program runs as a process group of its own, with an environment of its own and no descriptor of the host but its
 * three pipes. Its standard input and output are one hawser_conn: what is written goes to its input, what it prints
 * comes as on_data, HAWSER_SHUTDOWN closes its input, on_eof says that it closed its output, and on_close that all is
 * over. What it prints to its standard error goes to the log, or where the caller says.
 *
 * It ends with the connection: HAWSER_CLOSE and _LINGER close its input after what is queued; if it still runs after
 * `grace` its group gets SIGTERM, and after as long again SIGKILL. HAWSER_ABORT kills the group at once. With the end
 * of the worker, however that comes, the program is killed.
 *
 * Changes: 1.0 first version.
 */
#ifndef HAWSER_PROCESS_H
#define HAWSER_PROCESS_H

#include "hawser/abi.h"

#ifdef __cplusplus
extern "C" {
#endif

/* hawser_host.get_interface gives a hawser_processes. */
#define HAWSER_PROCESS "hawser.process/1"

/* A program that runs. This struct never grows; LIFETIME: until on_close of its connection returns. */
typedef struct hawser_process hawser_process;

/* How it ended. The host sets struct_size. */
typedef struct hawser_exit {
    uint32_t struct_size;
    int32_t code;   /* what it ended with, 0 … 255; -1: by a signal */
    int32_t signal; /* the signal that ended it; 0: none */
    int32_t dumped; /* 1: it left a core file */
} hawser_exit;

/* hawser_spawn.errors: where its standard error goes */
#define HAWSER_ERRORS_LOG 0    /* a line of it is an event "child_said" of the node, at level warning */
#define HAWSER_ERRORS_OUTPUT 1 /* into its standard output */
#define HAWSER_ERRORS_CALL 2   /* on_errors */
#define HAWSER_ERRORS_NONE 3   /* nowhere */

typedef struct hawser_spawn {
    uint32_t struct_size;
    uint32_t errors;
    hawser_str program;          /* the path of its file: absolute; nothing is searched */
    const hawser_str *arguments; /* the first is its name */
    uint32_t argument_count;
    uint32_t environment_count;
    const hawser_field *environment; /* all of it: nothing is inherited */
    hawser_str directory;            /* where it runs; empty: "/" */
    uint64_t grace;                  /* ns before SIGTERM, and again before SIGKILL; 0: five seconds */
} hawser_spawn;

/* Implemented by the plugin. Every function is [loop] and gets the `self` that spawn got; NULL is allowed for all. */
typedef struct hawser_process_events {
    uint32_t struct_size;
    uint32_t reserved;

    /* It has ended; what it printed may still be on its way: on_close of the connection is the end of that too. The
     * rest of its group, if it left some behind, is killed when the connection ends. */
    void(HAWSER_CALL *on_exit)(void *self, const hawser_exit *);

    /* HAWSER_ERRORS_CALL: what it printed to its standard error. */
    void(HAWSER_CALL *on_errors)(void *self, hawser_bytes data);
} hawser_process_events;

/* Implemented by the host. LIFETIME: the process. All [loop]. */
typedef struct hawser_processes {
    uint32_t struct_size;
    uint32_t reserved;

    /* Starts a program. OK: *conn may be written to at once, and `session` hears on_open first; `events` may be NULL.
     * hawser_conn_api.send_file, address and tls are UNSUPPORTED or NOT_FOUND. Errors: INVALID (a path that is not
     * absolute, a NUL in a text, a name with "="), NOT_FOUND (no such file or directory), REFUSED (not permitted, not a
     * program), LIMIT (too many processes, descriptors, memory), CLOSED (the loop ends); `error` says why. */
    int32_t(HAWSER_CALL *spawn)(hawser_loop *, const hawser_node *, const hawser_spawn *, const hawser_session *,
                                const hawser_process_events *events, void *self, hawser_conn **conn,
                                hawser_process **process, hawser_error *error);

    /* Sends a signal to all of its group. Errors: NOT_FOUND: it has ended; INVALID: no signal of this number. */
    int32_t(HAWSER_CALL *signal)(hawser_process *, int32_t number);

    /* Its process id, which is that of its group; for messages: it may have ended. */
    int32_t(HAWSER_CALL *id)(const hawser_process *);
} hawser_processes;

#if UINTPTR_MAX == 0xffffffffffffffffu
HAWSER_ASSERT(sizeof(hawser_exit) == 16);
HAWSER_ASSERT(sizeof(hawser_spawn) == 72 && offsetof(hawser_spawn, grace) == 64);
HAWSER_ASSERT(sizeof(hawser_process_events) == 24);
HAWSER_ASSERT(sizeof(hawser_processes) == 32 && offsetof(hawser_processes, id) == 24);
#endif

#ifdef __cplusplus
}
#endif

#endif
