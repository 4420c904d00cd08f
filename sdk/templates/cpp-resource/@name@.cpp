// The resource @name@: greets whoever the rest of the path names.
#include "hawser/http.hpp"

namespace {

struct Greeting {
    hawser::Node node;
    std::string get(hawser::http::Request request)
    {
        std::string_view name = request.rest(); // "ada" or "/ada", as the route says
        if (name.starts_with('/')) name.remove_prefix(1);
        return std::string(node.option("greeting").text()) + ", " + std::string(name.empty() ? "world" : name) + "\n";
    }
};

} // namespace

HAWSER_PLUGIN(hawser::http::resource<Greeting>("@name@"))
