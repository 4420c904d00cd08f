/* The protocol `echo` in plain C. A session needs no memory of its own here: the connection itself is its self. */
#include "hawser/abi.h"

static size_t HAWSER_CALL on_data(void *self, hawser_bytes data)
{
    hawser_conn *conn = self;
    const hawser_piece piece = {data.p, data.n, NULL, NULL}; /* no release: copied before the call returns */
    if (conn->api->write(conn, &piece, 1) != HAWSER_OK) conn->api->pause(conn, 1);
    return data.n;
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

/* It may go to the next generation at any time that nothing waits to be sent, and has nothing to remember. */
static int64_t HAWSER_CALL park(void *self, char *state, size_t room)
{
    (void)self;
    (void)state;
    (void)room;
    return 0;
}

static void *HAWSER_CALL create(hawser_loop *loop, const hawser_node *node, hawser_error *error)
{
    (void)node;
    (void)error;
    return loop; /* anything but NULL: an instance without a state */
}

static void HAWSER_CALL destroy(void *self) { (void)self; }

static void *HAWSER_CALL open_session(void *self, hawser_conn *conn, hawser_bytes parked)
{
    (void)self;
    (void)parked;
    return conn;
}

static const hawser_session session = {
    .struct_size = sizeof(hawser_session),
    .on_data = on_data,
    .on_drained = on_drained,
    .on_drain = on_drain,
    .park = park,
};

static const hawser_protocol protocol = {
    .kind = {.struct_size = sizeof(hawser_protocol),
             .role = HAWSER_PROTOCOL,
             .name = "echo_c",
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
