/* hawser/sql.h: databases of SQL behind one interface, "hawser.sql/1": what the service `sqlite` offers, and others
 * later. Rules and tags as in hawser/abi.h. Every function may be called on every loop; a call completes on the loop
 * that made it. Statements run off the loop.
 *
 * Changes: 1.0 first version.
 */
#ifndef HAWSER_SQL_H
#define HAWSER_SQL_H

#include "hawser/abi.h"

#ifdef __cplusplus
extern "C" {
#endif

#define HAWSER_SQL "hawser.sql/1"

/* hawser_sql_value.type */
#define HAWSER_SQL_NULL 0
#define HAWSER_SQL_INTEGER 1
#define HAWSER_SQL_REAL 2
#define HAWSER_SQL_TEXT 3 /* as.text: UTF-8 */
#define HAWSER_SQL_BLOB 4 /* as.text: bytes */

typedef struct hawser_sql_value {
    uint32_t type;
    uint32_t reserved;
    union {
        int64_t integer;
        double real;
        hawser_str text;
    } as;
} hawser_sql_value;

/* What a statement gave. LIFETIME: until release(). */
typedef struct hawser_sql_result {
    uint32_t struct_size;
    uint32_t more;   /* 1: there are further rows, see fetch */
    int64_t changes; /* rows that it inserted, changed or deleted */
    int64_t last_id; /* of the row that it inserted, where the database tells */
    const hawser_str *columns;
    size_t column_count;
    const hawser_sql_value *values; /* row after row: row_count * column_count */
    size_t row_count;
} hawser_sql_result;

/* One call on its way. OWNER: the caller, as of a hawser_op: zero it once, set op.complete, leave it where it is until
 * then. op.host belongs to the database meanwhile. op.complete gets OK and `result` is there, or an error:
 *   FAILED     the statement is wrong, or a constraint does not hold; `error` is the database's own text
 *   TIMED_OUT  it ran, or waited for its turn, longer than the service allows
 *   LIMIT      more rows than the service allows, or too much waits
 *   BUSY       somebody outside of this host holds the database
 *   CLOSED     the service has stopped */
typedef struct hawser_sql_call {
    hawser_op op;
    const hawser_sql_result *result;
    hawser_error error;
} hawser_sql_call;

/* A connection for one user alone: transactions, and rows that come in parts. The statement "BEGIN" begins a
 * transaction that is going to write, "COMMIT" ends it, in these words for every database. */
typedef struct hawser_sql_session hawser_sql_session;

typedef struct hawser_sql {
    uint32_t struct_size;
    uint32_t reserved;

    /* Runs one statement; text and values are copied before this returns. `session` NULL: on any connection, for
     * itself. `rows`: no more than so many in the result, which only a session can be asked for; 0: all. Errors, and
     * then nothing completes: LIMIT, CLOSED, INVALID (a call that is pending, or a session that has one). [loop] */
    int32_t(HAWSER_CALL *run)(void *self, hawser_loop *, hawser_sql_session *session, hawser_str statement,
                              const hawser_sql_value *values, size_t count, uint32_t rows, hawser_sql_call *);

    /* The next rows of what `run` left unfinished in this session. Errors as run. [loop] */
    int32_t(HAWSER_CALL *fetch)(void *self, hawser_loop *, hawser_sql_session *session, uint32_t rows,
                                hawser_sql_call *);

    /* Reserves a connection, when one is free: *session is set before the call completes. Errors as run. [loop] */
    int32_t(HAWSER_CALL *open)(void *self, hawser_loop *, hawser_sql_session **session, hawser_sql_call *);

    /* Gives it back, at any time; what is not committed is rolled back. [loop] */
    void(HAWSER_CALL *close)(void *self, hawser_loop *, hawser_sql_session *session);

    /* The call does not complete any more; its statement is interrupted. Harmless if it is not pending. [loop] */
    void(HAWSER_CALL *cancel)(void *self, hawser_loop *, hawser_sql_call *);

    /* [any-thread] */
    void(HAWSER_CALL *release)(void *self, const hawser_sql_result *);
} hawser_sql;

#if UINTPTR_MAX == 0xffffffffffffffffu
HAWSER_ASSERT(sizeof(hawser_sql_value) == 24);
HAWSER_ASSERT(sizeof(hawser_sql_result) == 56);
HAWSER_ASSERT(sizeof(hawser_sql_call) == 560);
HAWSER_ASSERT(sizeof(hawser_sql) == 56);
#endif

#ifdef __cplusplus
}
#endif

#endif
