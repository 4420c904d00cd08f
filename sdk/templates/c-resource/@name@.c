/* The resource @name@: greets whoever the rest of the path names. */
#include "hawser/http.h"

#include <stdlib.h>
#include <string.h>

typedef struct instance {
    hawser_str greeting; /* of the options: valid as long as the instance */
} instance;

static void HAWSER_CALL on_request(void *self, hawser_http_exchange *exchange, const hawser_http_request *request)
{
    const instance *of = self;
    const hawser_field type = {{"Content-Type", 12}, {"text/plain; charset=utf-8", 25}};
    const hawser_field allow = {{"Allow", 5}, {"GET, HEAD", 9}};
    hawser_str name = request->rest; /* "ada" or "/ada", as the route says */
    if (request->method != HAWSER_HTTP_GET && request->method != HAWSER_HTTP_HEAD) {
        exchange->api->respond(exchange, 405, &allow, 1, NULL, 0);
        return;
    }
    if (name.n > 0 && name.p[0] == '/') {
        ++name.p;
        --name.n;
    }
    if (name.n == 0) {
        name.p = "world";
        name.n = 5;
    }
    {
        /* No release: copied before the call returns. */
        const hawser_piece body[] = {{of->greeting.p, of->greeting.n, NULL, NULL},
                                     {", ", 2, NULL, NULL},
                                     {name.p, name.n, NULL, NULL},
                                     {"\n", 1, NULL, NULL}};
        exchange->api->respond(exchange, 200, &type, 1, body, sizeof body / sizeof body[0]);
    }
}

static void *HAWSER_CALL create(hawser_loop *loop, const hawser_node *node, hawser_error *error)
{
    instance *self = malloc(sizeof *self);
    (void)loop;
    if (self == NULL) {
        error->code = HAWSER_FAILED;
        strcpy(error->text, "out of memory");
        return NULL;
    }
    self->greeting = hawser_find(node->options, "greeting")->as.string;
    return self;
}

static void HAWSER_CALL destroy(void *self) { free(self); }

static const hawser_http_resource resource = {
    .kind = {.struct_size = sizeof(hawser_http_resource),
             .role = HAWSER_HTTP_RESOURCE,
             .name = "@name@",
             .create = create,
             .destroy = destroy},
    .on_request = on_request,
};

HAWSER_PUBLIC const hawser_plugin *HAWSER_CALL hawser_plugin_v1(const hawser_host *host, hawser_error *error)
{
    static const hawser_kind *const kinds[] = {&resource.kind};
    static const hawser_plugin plugin = {sizeof(hawser_plugin), 0, kinds, 1};
    (void)host;
    (void)error;
    return &plugin;
}
