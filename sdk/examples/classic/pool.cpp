// Twisted's deferToThread: work that takes its time, off the loop.
#include "hawser/http.hpp"
#include "hawser/http_call.hpp"
#include "hawser/http_form.hpp"

struct Pool {
    hawser::Task<std::string> get(hawser::http::Call &call)
    {
        const auto n = hawser::http::query_of(call.request()).get<std::uint32_t>("n", 30);
        if (n > 40) throw hawser::http::Problem(400, "n: expected at most 40");
        const auto work = [n] { return fibonacci(n); };
        co_return std::to_string(co_await hawser::offload(work)) + "\n";
    }
    static std::uint64_t fibonacci(std::uint32_t n) { return n < 2 ? n : fibonacci(n - 1) + fibonacci(n - 2); }
};
HAWSER_PLUGIN(hawser::http::resource<Pool>("classic_pool"))
