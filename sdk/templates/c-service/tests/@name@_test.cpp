// Drives the plugin as it was built: no network, no sleeping. The first argument is its file.
#include "hawser/testing.hpp"
#include "hawser/testing/library.hpp"

#include <chrono>
#include <cstdio>

int main(int, char **arguments)
{
    using namespace hawser::testing;
    Library plugin(arguments[1]);
    Host host;
    Instance service(host, plugin.kind("@name@"), {{"every", std::chrono::seconds(2)}});
    service.start();
    host.advance(std::chrono::seconds(10));
    if (host.logged("tick").size() >= 5) return 0;
    std::fprintf(stderr, "expected 5 ticks in 10 seconds, got %zu\n", host.logged("tick").size());
    return 1;
}
