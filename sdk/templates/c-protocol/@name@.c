/* The protocol @name@: greets, and gives back every line. */
#include "hawser/abi.h"

#include <stdlib.h>
#include <string.h>

typedef struct instance {
    hawser_str greeting; /* of the options: valid as long as the instance */
} instance;

static void write_bytes(hawser_conn *conn, const char *p, size_t n)
{
    const hawser_piece piece = {p, n, NULL, NULL}; /* no release: copied before the call returns */
    if (conn->api->write(conn, &piece, 1) != HAWSER_OK) conn->api->pause(conn, 1);
}

/* Whole lines only; the rest is kept by the host and comes again with more. */
static size_t HAWSER_CALL on_data(void *self, hawser_bytes data)
{
    size_t whole = data.n;
    while (whole > 0 && data.p[whole - 1] != '\n') --whole;
    if (whole > 0) write_bytes(self, data.p, whole);
    return whole;
}

static void HAWSER_CALL on_drained(void *self)
{
    hawser_conn *conn = self;
    conn->api->pause(conn, 0);
}

static void HAWSER_CALL on_drain(void *self, uint64_t deadline, uint32_t why)
{
    hawser_conn *conn = self;
    (void)deadline;
    (void)why;
    conn->api->close(conn, HAWSER_CLOSE);
}

static const hawser_session session = {
    .struct_size = sizeof(hawser_session),
    .on_data = on_data,
    .on_drained = on_drained,
    .on_drain = on_drain,
};

static void *HAWSER_CALL create(hawser_loop *loop, const hawser_node *node, hawser_error *error)
{
    const hawser_value *greeting = hawser_find(node->options, "greeting");
    instance *self = malloc(sizeof *self);
    (void)loop;
    if (self == NULL) {
        error->code = HAWSER_FAILED;
        strcpy(error->text, "out of memory");
        return NULL;
    }
    self->greeting = greeting->as.string;
    return self;
}

static void HAWSER_CALL destroy(void *self) { free(self); }

/* The connection itself is the self of its session: it needs nothing more. */
static void *HAWSER_CALL open_session(void *self, hawser_conn *conn, hawser_bytes parked)
{
    const instance *of = self;
    (void)parked;
    write_bytes(conn, of->greeting.p, of->greeting.n);
    write_bytes(conn, "\n", 1);
    return conn;
}

static const hawser_protocol protocol = {
    .kind = {.struct_size = sizeof(hawser_protocol),
             .role = HAWSER_PROTOCOL,
             .name = "@name@",
             .create = create,
             .destroy = destroy},
    .session = &session,
    .open = open_session,
};

HAWSER_PUBLIC const hawser_plugin *HAWSER_CALL hawser_plugin_v1(const hawser_host *host, hawser_error *error)
{
    static const hawser_kind *const kinds[] = {&protocol.kind};
    static const hawser_plugin plugin = {sizeof(hawser_plugin), 0, kinds, 1};
    (void)host;
    (void)error;
    return &plugin;
}
