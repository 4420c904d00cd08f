// Drives the plugin as it was built: no network, no sleeping. The first argument is its file.
#include "hawser/testing.hpp"
#include "hawser/testing/http.hpp"
#include "hawser/testing/library.hpp"

#include <cstdio>
#include <string>

int main(int, char **arguments)
{
    using namespace hawser::testing;
    Library plugin(arguments[1]);
    Host host;
    Instance resource(host, plugin.kind("@name@"), {{"greeting", "Ahoy"}});
    const Answer answer = ask(resource, {.path = "/ada"});
    if (answer.status == 200 && answer.body == "Ahoy, ada\n") return 0;
    std::fprintf(stderr, "expected \"Ahoy, ada\", got %u \"%s\"\n", answer.status, answer.body.c_str());
    return 1;
}
