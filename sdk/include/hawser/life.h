/* hawser/life.h: the life of the whole host, as a plugin may follow and end it. Rules and tags as in hawser/abi.h.
 *
 * Changes: 1.0 first version.
 */
#ifndef HAWSER_LIFE_H
#define HAWSER_LIFE_H

#include "hawser/abi.h"

#ifdef __cplusplus
extern "C" {
#endif

/* hawser_host.get_interface gives a hawser_life. */
#define HAWSER_LIFE "hawser.life/1"

#define HAWSER_STATUS_MAX 63 /* the exit statuses above are the host's own */

/* Implemented by the host. LIFETIME: the process. */
typedef struct hawser_life {
    uint32_t struct_size;
    uint32_t reserved;

    /* Completes with OK once this generation serves: every service has started, every listener accepts. If it does so
     * already: in the loop's next turn. Ended by hawser_loop_api.cancel. Always PENDING. [loop] */
    int32_t(HAWSER_CALL *running)(hawser_loop *, hawser_op *);

    /* Asks for the end of the host, as SIGTERM does: everything drains, stops in order, and the host ends with `status`
     * (0 … HAWSER_STATUS_MAX), unless something was cut off. `why` goes to the log. Returns at once. Errors: INVALID
     * (status). [any-thread] */
    int32_t(HAWSER_CALL *stop)(const hawser_node *, int32_t status, hawser_str why);
} hawser_life;

#if UINTPTR_MAX == 0xffffffffffffffffu
HAWSER_ASSERT(sizeof(hawser_life) == 24 && offsetof(hawser_life, stop) == 16);
#endif

#ifdef __cplusplus
}
#endif

#endif
