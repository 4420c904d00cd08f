/* hawser/records.h: lines of a file that the host keeps, one for each thing served. Rules and tags as in hawser/abi.h.
 *
 * The plugin formats a whole line; the host owns the rest: a ring for each loop, the thread that writes, the file and
 * its reopening, the count of what was lost. A loop never waits: where the ring or the disk is full, lines are dropped,
 * counted and told of in the log.
 *
 * Changes: 1.0 first version.
 */
#ifndef HAWSER_RECORDS_H
#define HAWSER_RECORDS_H

#include "hawser/abi.h"

#ifdef __cplusplus
extern "C" {
#endif

/* hawser_host.get_interface gives a hawser_records. */
#define HAWSER_RECORDS "hawser.records/1"

/* How the operator wants the lines of a stream. */
#define HAWSER_RECORDS_COMBINED 1 /* as Apache's "combined" */
#define HAWSER_RECORDS_JSON 2     /* one object a line */

#define HAWSER_RECORD_MAX 65536 /* bytes of a line */

/* A stream of lines on one loop. LIFETIME: the process. */
typedef struct hawser_stream hawser_stream;

/* Implemented by the host. LIFETIME: the process. */
typedef struct hawser_records {
    uint32_t struct_size;
    uint32_t reserved;

    /* The stream of this name on this loop, for create; *format says how its lines look. "access": requests and their
     * answers, [log.access]. NULL: the operator has it off, or the host knows none of this name; *format is 0 then.
     * [loop] */
    hawser_stream *(HAWSER_CALL *open)(hawser_loop *, const hawser_node *, const char *name, uint32_t *format);

    /* Adds one line, copied; it ends with "\n" and has no other control character: escaping is the caller's. Lines of
     * one stream stay in order. Errors: LIMIT: no room, dropped and counted; INVALID: empty, without its end, or longer
     * than HAWSER_RECORD_MAX. [loop] */
    int32_t(HAWSER_CALL *write)(hawser_stream *, hawser_str line);

    /* The time on the clock of `loop->now`, read afresh: how long something took within one turn. [loop] */
    uint64_t(HAWSER_CALL *now)(hawser_loop *);
} hawser_records;

#if UINTPTR_MAX == 0xffffffffffffffffu
HAWSER_ASSERT(sizeof(hawser_records) == 32 && offsetof(hawser_records, now) == 24);
#endif

#ifdef __cplusplus
}
#endif

#endif
