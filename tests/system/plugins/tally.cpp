// A service whose interface any thread may call, and the resource that calls it from the loop it is on.
#include "hawser/hawser.hpp"
#include "hawser/http.hpp"

#include <atomic>

namespace {

struct Tally {
    std::atomic<std::uint64_t> sum{0};
};

// test.tally/1
struct Interface {
    std::uint64_t (*add)(void *self); // the sum with this one
};

std::uint64_t add(void *self)
{
    return static_cast<hawser::detail::Instance<Tally> *>(self)->object.sum.fetch_add(1) + 1;
}

const void *HAWSER_CALL get_interface(void *, const char *id) noexcept
{
    static constexpr Interface kTable{add};
    return std::string_view(id) == "test.tally/1" ? &kTable : nullptr;
}

constexpr hawser_service tally()
{
    hawser_service table = hawser::service<Tally>("tally");
    table.kind.get_interface = get_interface;
    return table;
}

struct Counter {
    hawser::Node node;
    hawser_object in;
    std::uint64_t mine = 0; // of this loop
    explicit Counter(hawser::Node of)
        : node(of)
        , in(of.option("in").object())
    {}
    std::string get(hawser::http::Request)
    {
        const std::uint64_t sum = static_cast<const Interface *>(in.api)->add(in.self);
        return std::to_string(sum) + ' ' + std::to_string(++mine);
    }
};

} // namespace

HAWSER_PLUGIN(tally(), hawser::http::resource<Counter>("tally"))
