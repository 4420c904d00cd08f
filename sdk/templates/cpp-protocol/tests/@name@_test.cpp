// Drives the plugin as it was built: no network, no sleeping. The first argument is its file.
#include "hawser/testing.hpp"
#include "hawser/testing/library.hpp"

#include <cstdio>
#include <string>

int main(int, char **arguments)
{
    using namespace hawser::testing;
    Library plugin(arguments[1]);
    Host host;
    Instance protocol(host, plugin.kind("@name@"), {{"greeting", "Ahoy"}});
    auto peer = protocol.connect();
    if (peer.receive() != "Ahoy\n") return std::fprintf(stderr, "expected the greeting\n"), 1;
    if (peer.ask("over and back\n") != "over and back\n") return std::fprintf(stderr, "expected the line back\n"), 1;
    return 0;
}
