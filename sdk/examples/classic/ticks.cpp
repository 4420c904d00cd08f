// Twisted's LoopingCall: never twice at once, always on the grid, and it says what it missed.
#include "hawser/hawser.hpp"
#include "hawser/time.hpp"

struct Ticks {
    hawser::Node node;
    hawser::LoopingCall looping{node, [this](std::uint64_t count) {
                                    node.info("tick", {{"intervals", std::to_string(count)}});
                                }};
    void start() { looping.start(node.option("every").duration()); }
    void stop() { looping.stop(); }
};
HAWSER_PLUGIN(hawser::service<Ticks>("classic_ticks"))
