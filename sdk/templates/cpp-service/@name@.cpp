// The service @name@: logs an event now and then.
#include "hawser/hawser.hpp"
#include "hawser/time.hpp"

namespace {

struct Ticks {
    hawser::Node node;
    std::uint64_t count = 0;
    hawser::LoopingCall looping{node, [this] { node.info("tick", {{"count", std::to_string(++count)}}); }};
    void start() { looping.start(node.option("every").duration()); }
    void stop() { looping.stop(); }
};

} // namespace

HAWSER_PLUGIN(hawser::service<Ticks>("@name@"))
