/* hawser/http.h: HTTP resources, and the engines that call them. Rules and tags as in hawser/abi.h.
 *
 * A RESOURCE answers requests below a route. An ENGINE (the protocol plugin "http") reads requests and calls the
 * resource of the longest matching route directly: same loop, no host in between. An EXCHANGE is one request and its
 * answer. A resource that wraps another (compress, auth, hosts) is an engine for it: it finds the inner one as an
 * OBJECT in its options, and hands it the exchange, or one of its own that forwards to it.
 *
 * An exchange ends with whatever comes first: respond, end, upgrade or abort has returned (with any result, except
 * upgrade's UNSUPPORTED), or the handler's on_close is called. After that its request may not be touched; the exchange
 * answers INVALID while on_request still runs, and may not be touched later.
 *
 * How an engine finds its resources: in its options, as OBJECTs (hawser_object.api is a hawser_http_resource*, .self
 * its instance on this loop). `routes` is a TABLE of them keyed by pattern, with the engine's own options per route in
 * .with. The host has created them all before the engine's create. Patterns are checked without running code (the
 * manifest's `interface` says what each entry must be); how they match is the engine's.
 *
 * Changes: 1.0 first version.
 */
#ifndef HAWSER_HTTP_H
#define HAWSER_HTTP_H

#include "hawser/abi.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct hawser_http_exchange hawser_http_exchange;

/* hawser_http_request.method; 0 for any other, see method_name */
#define HAWSER_HTTP_GET 1
#define HAWSER_HTTP_HEAD 2
#define HAWSER_HTTP_POST 3
#define HAWSER_HTTP_PUT 4
#define HAWSER_HTTP_DELETE 5
#define HAWSER_HTTP_OPTIONS 6
#define HAWSER_HTTP_PATCH 7
#define HAWSER_HTTP_CONNECT 8

#define HAWSER_HTTP_UNKNOWN (-1) /* body_length and length: ends when it ends */

/* One request, checked and flat. Plain data: a wrapper may copy it and change the copy. LIFETIME: until on_request
 * returns or the exchange ends; what attach() returns lives until the exchange ends.
 * `path` has one spelling for all that the client may have meant by it (RFC 3986 § 6.2.2): letters, digits and
 * -._~!$&'()*+,;=:@ are bare, all else is percent-encoded in upper case, no segment is "." or "..", nothing stands for
 * NUL. "%2F" is no separator; empty segments stay. So paths may be compared as bytes. */
typedef struct hawser_http_request {
    uint32_t struct_size;
    uint16_t version; /* 10, 11, 20, 30 */
    uint16_t method;
    hawser_str method_name;
    hawser_str scheme;          /* "http" or "https" */
    hawser_str authority;       /* host and port, as sent */
    hawser_str target;          /* as sent */
    hawser_str path;            /* without query; in its one spelling */
    hawser_str query;           /* without '?' */
    hawser_str rest;            /* end of `path` that the routes so far have not matched: what this resource serves */
    const hawser_field *fields; /* names in the case of the sender; no pseudo fields */
    size_t field_count;
    int64_t body_length; /* 0: none; HAWSER_HTTP_UNKNOWN: chunked or a stream */
    hawser_bytes
        body; /* the part that came with the head; on_body brings the rest. All of it if body.n == body_length */
    hawser_conn *conn; /* for address() and tls() only */
} hawser_http_request;

/* Implemented by the resource: what happens during an exchange that on_request did not finish. Every function is
 * [loop]. */
typedef struct hawser_http_handler {
    uint32_t struct_size;
    uint32_t reserved;

    /* More of the request's body. All of it is consumed; pause() to get no more. NULL: discarded. */
    void(HAWSER_CALL *on_body)(void *self, hawser_bytes data);

    /* The body is complete. NULL: nothing. */
    void(HAWSER_CALL *on_body_end)(void *self, const hawser_field *trailers, size_t count);

    /* After FULL: write again. NULL: nothing. */
    void(HAWSER_CALL *on_drained)(void *self);

    /* The exchange ended without its resource: the client is gone or the engine gave up (CLOSED, RESET, TIMED_OUT,
     * LIMIT, CANCELLED). The last call, at most once: never after the resource has ended the exchange itself. */
    void(HAWSER_CALL *on_close)(void *self, int32_t reason);
} hawser_http_handler;

/* Implemented by the engine, or by a wrapper. Every function is [loop]. Common errors: CLOSED (the client is gone),
 * INVALID (answered already; CR, LF or NUL in a field; more or less than the promised length: then 500 if no answer had
 * begun, else what was begun is cut off). Connection, Transfer-Encoding, Date and Server are the engine's own;
 * Content-Length too, except in an answer to HEAD. */
typedef struct hawser_http_exchange_api {
    uint32_t struct_size;
    uint32_t reserved;

    /* The whole answer at once. The body is not sent where there must be none (HEAD, 204, 304). OK or FULL. */
    int32_t(HAWSER_CALL *respond)(hawser_http_exchange *, uint32_t status, const hawser_field *fields, size_t count,
                                  const hawser_piece *body, size_t pieces);

    /* An answer in parts: begin, any number of write and send_file, end. `length` is the body's, or
     * HAWSER_HTTP_UNKNOWN. Without attach all of it has to happen inside on_request. OK or FULL. */
    int32_t(HAWSER_CALL *begin)(hawser_http_exchange *, uint32_t status, const hawser_field *fields, size_t count,
                                int64_t length);
    int32_t(HAWSER_CALL *write)(hawser_http_exchange *, const hawser_piece *body, size_t pieces);
    int32_t(HAWSER_CALL *send_file)(hawser_http_exchange *, intptr_t fd, uint64_t offset, uint64_t length,
                                    void(HAWSER_CALL *release)(void *ctx), void *ctx);
    int32_t(HAWSER_CALL *end)(hawser_http_exchange *, const hawser_field *trailers, size_t count);

    /* An interim answer: 103, or 100 for a client that waits for it (attach sends that by itself). */
    int32_t(HAWSER_CALL *inform)(hawser_http_exchange *, uint32_t status, const hawser_field *fields, size_t count);

    /* Answers later. Returns the request, now valid until the exchange ends; NULL: out of memory or answered already,
     * and the handler will not be called. Only inside on_request. */
    const hawser_http_request *(HAWSER_CALL *attach)(hawser_http_exchange *, const hawser_http_handler *, void *self);

    /* paused != 0: no on_body from now on, and at last no reading from the client. */
    void(HAWSER_CALL *pause)(hawser_http_exchange *, int32_t paused);

    /* Answers 101 with `fields` (HTTP/1.1; 200 to an extended CONNECT) and hands the stream to a session: its on_open
     * is next. UNSUPPORTED, and then the exchange does not end: the request did not ask for an upgrade. */
    int32_t(HAWSER_CALL *upgrade)(hawser_http_exchange *, const hawser_field *fields, size_t count,
                                  const hawser_session *, void *session);

    /* Gives up. Before an answer began: 500. After: the stream is cut so that the client sees it is not complete. */
    void(HAWSER_CALL *abort)(hawser_http_exchange *);
} hawser_http_exchange_api;

/* One request and its answer. The implementer's own members follow. LIFETIME: until on_request returns; after attach,
 * until it ends. */
struct hawser_http_exchange {
    const hawser_http_exchange_api *api;
};

#define HAWSER_HTTP_RESOURCE "hawser.http.resource/1"

/* Implemented by the plugin. */
typedef struct hawser_http_resource {
    hawser_kind kind;

    /* Answers, or attaches to answer later, or forwards to another resource. Returning without any of it answers 500.
     * [loop] */
    void(HAWSER_CALL *on_request)(void *self, hawser_http_exchange *, const hawser_http_request *);
} hawser_http_resource;

/* The first field of this name (lower case), or NULL. */
static inline const hawser_field *hawser_http_find(const hawser_http_request *request, const char *name, size_t n)
{
    size_t i, k;
    for (i = 0; i < request->field_count; ++i) {
        const hawser_field *f = &request->fields[i];
        if (f->name.n != n) continue;
        for (k = 0; k < n; ++k) {
            char c = f->name.p[k];
            if (c >= 'A' && c <= 'Z') c = (char)(c | 0x20);
            if (c != name[k]) break;
        }
        if (k == n) return f;
    }
    return NULL;
}

#if UINTPTR_MAX == 0xffffffffffffffffu
HAWSER_ASSERT(sizeof(hawser_http_request) == 168 && offsetof(hawser_http_request, conn) == 160);
HAWSER_ASSERT(sizeof(hawser_http_handler) == 40);
HAWSER_ASSERT(sizeof(hawser_http_exchange_api) == 88 && offsetof(hawser_http_exchange_api, abort) == 80);
HAWSER_ASSERT(sizeof(hawser_http_exchange) == 8);
HAWSER_ASSERT(sizeof(hawser_http_resource) == 80);
#endif

#ifdef __cplusplus
}
#endif

#endif
