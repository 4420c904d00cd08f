// The resource `limit`: another one, for each address at most so often.
// Tests: plugins/limit/tests/limit_test.cpp
#include "buckets.hpp"

#include "hawser/hawser.hpp"
#include "hawser/http.hpp"
#include "hawser/http_filter.hpp"

#include <cmath>
#include <cstring>
#include <random>
#include <string>

namespace {

class Limit {
public:
    // One for all loops.
    struct Shared {
        explicit Shared(const hawser::Node &node)
            : buckets(static_cast<std::uint64_t>(std::llround(1e9 / node.option("rate").real())),
                      static_cast<std::uint64_t>(node.option("burst").integer()))
            , seed(std::uint64_t{std::random_device()()} << 32 | std::random_device()())
        {}
        limit::Buckets buckets;
        const std::uint64_t seed; // nobody can choose addresses that share a bucket
    };

    explicit Limit(const hawser::Node &node)
        : node_(node)
        , inner_(node, "inner")
    {}

    void request(hawser::http::Exchange exchange, hawser::http::Request request)
    {
        Shared &shared = node_.shared<Shared>();
        const std::uint64_t wait = shared.buckets.take(key_of(request.raw()->conn, shared.seed), node_.loop()->now);
        if (wait == 0) return inner_.serve(exchange.raw(), request.raw());
        const std::uint64_t seconds = (wait + 999'999'999) / 1'000'000'000;
        exchange.respond(
            {429, "text/plain; charset=utf-8", "429 Too Many Requests\n", {{"Retry-After", std::to_string(seconds)}}});
    }

private:
    static std::uint64_t mixed(std::uint64_t value)
    {
        value = (value ^ value >> 30) * 0xbf58476d1ce4e5b9U;
        value = (value ^ value >> 27) * 0x94d049bb133111ebU;
        return value ^ value >> 31;
    }

    // Who has one address of IPv6 has a network of them. All peers of a Unix socket are one.
    static std::uint64_t key_of(hawser_conn *conn, std::uint64_t seed)
    {
        hawser_address peer{};
        peer.struct_size = sizeof peer;
        if (conn->api->address(conn, HAWSER_PEER, &peer) != HAWSER_OK) peer.family = 0;
        std::uint64_t network = 0;
        if (peer.family != 0) std::memcpy(&network, peer.ip, peer.family == 4 ? 4 : 8);
        const std::uint64_t key = mixed(mixed(network ^ seed) + peer.family);
        return key != 0 ? key : 1;
    }

    hawser::Node node_;
    hawser::http::Inner inner_;
};

} // namespace

HAWSER_PLUGIN(hawser::http::resource<Limit>("limit"))
