// A resource: greets whoever the rest of the path names.
#include "hawser/http.hpp"

struct Hello {
    hawser::Node node;
    std::string get(hawser::http::Request request)
    {
        std::string_view name = request.rest(); // "/ada" below the route "/hello", or nothing
        name.remove_prefix(name.empty() ? 0 : 1);
        return std::string(node.option("greeting").text()) + ", " + std::string(name) + "\n";
    }
};
HAWSER_PLUGIN(hawser::http::resource<Hello>("hello"))
