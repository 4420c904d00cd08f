// Tests: tests/unit/bridge/life_test.cpp
#include "bridge/life_face.hpp"

#include "bridge/host_face.hpp"
#include "bridge/loop_face.hpp"

namespace hawser::host {
namespace {

std::int32_t running(hawser_loop *loop, hawser_op *op) noexcept
{
    if (!LoopFace::of(loop).here("hawser_life.running")) return HAWSER_INVALID;
    LoopFace::of(loop).await_running(op);
    return HAWSER_PENDING;
}

std::int32_t stop(const hawser_node *node, std::int32_t status, hawser_str why) noexcept
{
    if (status < 0 || status > HAWSER_STATUS_MAX) return HAWSER_INVALID;
    HostFace::of(node->host).ask_end(std::string(view(node->name)), status, std::string(view(why)));
    return HAWSER_OK;
}

} // namespace

const hawser_life kLife = {sizeof(hawser_life), 0, running, stop};

} // namespace hawser::host
