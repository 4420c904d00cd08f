#include "targets.hpp"

#include "net/proxy_header.hpp"

#include <string>

namespace hawser::fuzz {
namespace {

using host::ProxyHeader;

std::string outcome(std::string_view input, std::size_t step)
{
    ProxyHeader header;
    std::size_t taken = 0;
    ProxyHeader::State state = ProxyHeader::State::More;
    while (state == ProxyHeader::State::More && taken < input.size()) {
        const std::string_view part = input.substr(taken, step);
        std::size_t used = 0;
        state = header.take(part.data(), part.size(), &used);
        demand(used <= part.size(), "it takes no more than it was given");
        demand(used > 0 || state != ProxyHeader::State::More, "it goes on");
        taken += used;
    }
    if (state == ProxyHeader::State::Bad) return "bad";
    if (state == ProxyHeader::State::More) return "more";
    return std::to_string(taken) + (header.has_addresses() ? header.source().text : std::string());
}

} // namespace

void proxy(std::string_view input)
{
    if (input.empty()) return;
    const std::size_t step = 1 + static_cast<unsigned char>(input.front()) % 32;
    input.remove_prefix(1);
    demand(outcome(input, input.size() + 1) == outcome(input, step), "however it is cut, it is the same");
}

} // namespace hawser::fuzz
