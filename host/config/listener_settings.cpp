// Tests: tests/config/golden_test.cpp
// The part of SettingsReader that reads [listeners.NAME].
#include "config/listener_settings.hpp"

#include "config/host_keys.hpp"
#include "config/rights.hpp"
#include "config/settings.hpp"

#include <algorithm>
#include <charconv>
#include <optional>

namespace hawser::host {
namespace {

// "0660" or "660".
std::optional<std::uint32_t> read_mode(const std::string &text)
{
    std::uint32_t mode = 0;
    const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), mode, 8);
    const bool whole = error == std::errc() && stop == text.data() + text.size();
    if (!whole || text.size() < 3 || text.size() > 4 || mode > 0777) return std::nullopt;
    return mode;
}

} // namespace

std::string check_listener_format(std::string_view format, const std::string &text)
{
    if (format == "listen") {
        const auto endpoint = parse_listen_endpoint(text);
        return endpoint ? "" : endpoint.error().text;
    }
    if (format == "network") {
        const auto network = parse_network(text);
        return network ? "" : network.error().text;
    }
    if (format == "socket_mode" && !read_mode(text))
        return "expected a mode of three octal digits like \"0660\", got \"" + text + '"';
    return {};
}

void SettingsReader::read_addresses(const Section &section, const std::string &owner, ListenerPlan &listener)
{
    const Value *addresses = section.find("address");
    if (addresses == nullptr) return;
    const auto place = [&section](std::size_t i) {
        const auto one = section.at.find("address[" + std::to_string(i) + ']');
        return one != section.at.end() ? one->second : section.at.at("address");
    };
    if (addresses->items.empty())
        problems_.add(place(0), owner + ": address: expected at least one address, got an empty list");
    for (std::size_t i = 0; i < addresses->items.size(); ++i) {
        const std::string &text = addresses->items[i].text;
        Endpoint endpoint = *parse_listen_endpoint(text);
        if (endpoint.scheme == Endpoint::Scheme::Unix) endpoint.path = document_.absolute(endpoint.path, place(i));
        if (endpoint.path.size() > kMostSocketPath) {
            problems_.add(place(i), owner + ": address: expected a path of at most " + std::to_string(kMostSocketPath) +
                                        " bytes, got " + std::to_string(endpoint.path.size()) + ": " + endpoint.path);
            continue;
        }
        const bool twice =
            std::find(listener.addresses.begin(), listener.addresses.end(), endpoint) != listener.addresses.end();
        if (twice && (endpoint.scheme != Endpoint::Scheme::Tcp || endpoint.port != 0)) {
            problems_.add(place(i), owner + ": address \"" + text + "\" stands twice");
            continue;
        }
        listener.addresses.push_back(std::move(endpoint));
        listener.origins.push_back(place(i));
    }
}

void SettingsReader::read_limits(const Section &section, const std::string &owner, ListenerLimits &to)
{
    const Section limits = inner(section, host_keys().listener, "limits", owner);
    take(limits.find("connections"), to.connections);
    take(limits.find("per_address"), to.per_address);
    take(limits.find("accept_rate"), to.accept_rate);
    take(limits.find("bytes_per_second"), to.bytes_per_second);
    take(limits.find("output"), to.output);
    take(limits.find("idle"), to.idle_ns);
    const Value *overflow = limits.find("overflow");
    if (overflow != nullptr && overflow->text == "close") to.overflow = ListenerLimits::Overflow::Close;
}

void SettingsReader::read_socket(const Section &section, const std::string &owner, ListenerPlan &listener)
{
    const Section socket = inner(section, host_keys().listener, "socket", owner);
    SocketOptions &to = listener.socket;
    take(socket.find("backlog"), to.backlog);
    take(socket.find("send_buffer"), to.send_buffer);
    take(socket.find("receive_buffer"), to.receive_buffer);
    take(socket.find("no_delay"), to.no_delay);
    if (const Value *mode = socket.find("mode")) to.mode = *read_mode(mode->text);
    if (const Value *user = socket.find("owner")) to.owner = *find_uid(user->text);
    if (const Value *group = socket.find("group")) to.group = *find_gid(group->text);
    if (const Value *proxies = socket.find("proxy_protocol")) {
        for (const Value &network : proxies->items) to.proxies.push_back(*parse_network(network.text));
    }
    const bool has_path = std::any_of(listener.addresses.begin(), listener.addresses.end(),
                                      [](const Endpoint &each) { return each.scheme == Endpoint::Scheme::Unix; });
    if (has_path || listener.addresses.empty()) return;
    for (const char *key : {"mode", "owner", "group"}) {
        const auto at = section.at.find(std::string("socket.") + key);
        if (at != section.at.end())
            problems_.add(at->second,
                          owner + ": socket." + key + ": expected an address \"unix:PATH\" beside it, got none",
                          "only the path of a Unix socket has an owner and a mode");
    }
}

void SettingsReader::read_listener(const Item &table, const std::string &owner, ListenerPlan &listener)
{
    const Section section = read(&table, host_keys().listener, owner, true);
    read_addresses(section, owner, listener);
    read_limits(section, owner, listener.limits);
    read_socket(section, owner, listener);
}

} // namespace hawser::host
