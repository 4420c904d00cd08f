/* The service @name@: logs an event now and then. */
#include "hawser/abi.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct instance {
    hawser_op op; /* the first member: what complete() gets */
    hawser_loop *loop;
    const hawser_node *node;
    uint64_t every, at, count;
} instance;

static void HAWSER_CALL tick(hawser_op *op, int64_t result)
{
    instance *self = (instance *)op;
    char text[24];
    const int n = snprintf(text, sizeof text, "%llu", (unsigned long long)++self->count);
    const hawser_field count = {{"count", 5}, {text, (size_t)n}};
    (void)result;
    self->node->host->log(self->node, HAWSER_LOG_INFO, (hawser_str){"tick", 4}, &count, 1);
    self->at += self->every;
    self->loop->api->timer(self->loop, self->at, op);
}

static void *HAWSER_CALL create(hawser_loop *loop, const hawser_node *node, hawser_error *error)
{
    instance *self = calloc(1, sizeof *self);
    if (self == NULL) {
        error->code = HAWSER_FAILED;
        strcpy(error->text, "out of memory");
        return NULL;
    }
    self->op.complete = tick;
    self->loop = loop;
    self->node = node;
    self->every = (uint64_t)hawser_find(node->options, "every")->as.integer;
    return self;
}

static void HAWSER_CALL destroy(void *self) { free(self); }

static int32_t HAWSER_CALL start(void *of, hawser_op *done, hawser_error *error)
{
    instance *self = of;
    (void)done;
    (void)error;
    self->at = self->loop->now;
    self->loop->api->timer(self->loop, self->at, &self->op);
    return HAWSER_OK;
}

static int32_t HAWSER_CALL stop(void *of, hawser_op *done)
{
    instance *self = of;
    (void)done;
    self->loop->api->cancel(self->loop, &self->op);
    return HAWSER_OK;
}

static const hawser_service service = {
    .kind = {.struct_size = sizeof(hawser_service),
             .role = HAWSER_SERVICE,
             .name = "@name@",
             .create = create,
             .destroy = destroy},
    .start = start,
    .stop = stop,
};

HAWSER_PUBLIC const hawser_plugin *HAWSER_CALL hawser_plugin_v1(const hawser_host *host, hawser_error *error)
{
    static const hawser_kind *const kinds[] = {&service.kind};
    static const hawser_plugin plugin = {sizeof(hawser_plugin), 0, kinds, 1};
    (void)host;
    (void)error;
    return &plugin;
}
