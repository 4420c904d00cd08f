// The service `ticker` logs an event on a timer.
// Tests: plugins/ticker/tests/ticker_test.cpp
#include "hawser/hawser.hpp"

#include <string>

struct Ticker {
    hawser::Node node;
    hawser::Timer timer{node};
    unsigned long count = 0;

    void start()
    {
        timer.start_every(node.option("every").duration(), [this] { tick(); });
    }
    void stop() { timer.cancel(); }
    void tick()
    {
        const std::string number = std::to_string(++count);
        node.info("tick", {{"message", node.option("message").text()}, {"count", number}});
    }
};

HAWSER_PLUGIN(hawser::service<Ticker>("ticker"))
