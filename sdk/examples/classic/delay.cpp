// Twisted's deferred with a delay: a result that comes later, a callback on it, and who waits for that.
#include "hawser/deferred_tools.hpp"
#include "hawser/http.hpp"
#include "hawser/http_call.hpp"
#include "hawser/time.hpp"

struct Delay {
    hawser::Node node;
    hawser::Scope scope{node};

    hawser::Deferred<int> slow_number(int number)
    {
        hawser::Deferred<int> result;
        hawser::call_later(scope, node.option("delay").duration(), [=]() mutable { result.callback(number); });
        return result;
    }
    hawser::Task<std::string> get(hawser::http::Call &)
    {
        auto text = slow_number(21).add_callback([](int number) { return std::to_string(2 * number) + "\n"; });
        co_return co_await text;
    }
};
HAWSER_PLUGIN(hawser::http::resource<Delay>("classic_delay"))
