// Twisted's echo over UDP: what comes goes back to where it came from.
#include "hawser/datagram.hpp"
#include "hawser/hawser.hpp"
#include "hawser/scope.hpp"

struct Datagrams {
    hawser::Node node;
    hawser::Datagrams port{node, node.option("address").text()};
    hawser::Scope scope{node};
    hawser::Task<> answer()
    {
        while (auto datagram = co_await port.receive()) port.send(datagram->data, datagram->from);
    }
    void start()
    {
        node.info("listening", {{"address", "udp:" + port.local().text()}});
        scope.spawn(answer());
    }
    void stop() { scope.cancel(); }
};
HAWSER_PLUGIN(hawser::service<Datagrams>("classic_datagrams"))
