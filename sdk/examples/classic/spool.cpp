// Twisted's INotify and reactor.stop: takes what is put into a directory; a file named "stop" ends the host.
#include "hawser/files.hpp"
#include "hawser/hawser.hpp"
#include "hawser/life.hpp"
#include "hawser/scope.hpp"
#include "hawser/watch.hpp"

struct Spool {
    hawser::Node node;
    std::string path{node.option("directory").path()};
    hawser::DirectoryWatch watch{node, path};
    hawser::Scope scope{node};
    hawser::WhenRunning ready{node, [this] { node.info("watching", {{"directory", path}}); }};
    hawser::Task<> take()
    {
        while (const auto change = co_await watch.next()) {
            if (change->what != hawser::Change::written) continue;
            const std::string text = co_await hawser::read_file(path + '/' + change->name);
            node.info("taken", {{"name", change->name}, {"bytes", std::to_string(text.size())}});
            if (change->name == "stop") hawser::request_stop(node, 3, "a file named stop has come");
        }
    }
    void start() { scope.spawn(take()); }
    hawser::Task<> stop()
    {
        scope.cancel();
        co_await hawser::yield();
    }
};
HAWSER_PLUGIN(hawser::service<Spool>("classic_spool"))
