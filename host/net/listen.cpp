// Tests: tests/unit/net/listen_test.cpp
#include "net/listen.hpp"

#include "net/address.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace hawser::host {
namespace {

struct Address {
    sockaddr_storage storage{};
    socklen_t size = 0;
    const sockaddr *get() const { return reinterpret_cast<const sockaddr *>(&storage); }
};

Address tcp_address(const Endpoint &endpoint)
{
    Address address;
    in6_addr six;
    if (inet_pton(AF_INET6, endpoint.host.c_str(), &six) == 1) {
        sockaddr_in6 in{};
        in.sin6_family = AF_INET6;
        in.sin6_port = htons(endpoint.port);
        in.sin6_addr = six;
        std::memcpy(&address.storage, &in, sizeof in);
        address.size = sizeof in;
    } else {
        sockaddr_in in{};
        in.sin_family = AF_INET;
        in.sin_port = htons(endpoint.port);
        inet_pton(AF_INET, endpoint.host.c_str(), &in.sin_addr);
        std::memcpy(&address.storage, &in, sizeof in);
        address.size = sizeof in;
    }
    return address;
}

Address unix_address(const std::string &path)
{
    sockaddr_un un{};
    un.sun_family = AF_UNIX;
    std::copy(path.begin(), path.end(), un.sun_path);
    Address address;
    std::memcpy(&address.storage, &un, sizeof un);
    address.size = sizeof un;
    return address;
}

void set(int socket, int level, int option, int value) { ::setsockopt(socket, level, option, &value, sizeof value); }

Error failed(const Endpoint &endpoint, int error)
{
    Error told = system_error(endpoint.text() + ": cannot listen", error);
    if (error == EADDRINUSE) told.text += "; another program has it, or another Hawser";
    if (error == EACCES && endpoint.port > 0 && endpoint.port < 1024)
        told.text += "; ports below 1024 need the capability CAP_NET_BIND_SERVICE";
    return told;
}

// `joins`: the group's first socket has the port already.
Result<Fd> open_tcp(const Endpoint &endpoint, const ListenOptions &options, bool joins)
{
    const Address address = tcp_address(endpoint);
    Fd socket(::socket(address.storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    if (!socket) return failed(endpoint, errno);
    set(socket.get(), SOL_SOCKET, SO_REUSEADDR, 1);
    if (address.storage.ss_family == AF_INET6) set(socket.get(), IPPROTO_IPV6, IPV6_V6ONLY, 1);
    // The first one binds without it: with it, a second Hawser of the same user would share the port unnoticed.
    if (joins) set(socket.get(), SOL_SOCKET, SO_REUSEPORT, 1);
    apply_listen_options(socket.get(), options);
    if (::bind(socket.get(), address.get(), address.size) != 0) return failed(endpoint, errno);
    if (::listen(socket.get(), options.backlog) != 0) return failed(endpoint, errno);
    if (!joins) set(socket.get(), SOL_SOCKET, SO_REUSEPORT, 1);
    return socket;
}

// What is at the path of a Unix socket already.
Error in_the_way(const Endpoint &endpoint, int error)
{
    struct stat status {};
    if (error != EADDRINUSE || ::lstat(endpoint.path.c_str(), &status) != 0 || S_ISSOCK(status.st_mode))
        return failed(endpoint, error);
    return {Status::System, endpoint.text() + ": cannot listen: expected a path that is free, or a socket that nobody "
                                              "serves, got a file of another type; remove it or choose another path"};
}

// True: nobody listens behind an existing socket file any more.
bool is_stale(const std::string &path)
{
    struct stat status {};
    if (::lstat(path.c_str(), &status) != 0 || !S_ISSOCK(status.st_mode)) return false;
    const Fd probe(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    const Address address = unix_address(path);
    return ::connect(probe.get(), address.get(), address.size) != 0 && errno == ECONNREFUSED;
}

Result<ListenGroup> listen_unix(const Endpoint &endpoint, const ListenOptions &options)
{
    ListenGroup group;
    group.shared = true;
    group.endpoint = endpoint;
    group.bound = endpoint.text();
    const Address address = unix_address(endpoint.path);
    Fd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    if (!socket) return failed(endpoint, errno);
    apply_listen_options(socket.get(), options);
    if (::bind(socket.get(), address.get(), address.size) != 0) {
        const int error = errno;
        if (error != EADDRINUSE || !is_stale(endpoint.path) || ::unlink(endpoint.path.c_str()) != 0 ||
            ::bind(socket.get(), address.get(), address.size) != 0)
            return in_the_way(endpoint, error);
    }
    // Before it listens, so that nobody connects by the path's first mode.
    if (auto set = set_path_rights(endpoint, options); !set) {
        ::unlink(endpoint.path.c_str());
        return std::move(set.error());
    }
    if (::listen(socket.get(), options.backlog) != 0) return failed(endpoint, errno);
    group.sockets.push_back(std::move(socket));
    return group;
}

} // namespace

void renew_options(const ListenGroup &group, const ListenOptions &options)
{
    const bool ours = group.endpoint.scheme == Endpoint::Scheme::Tcp || group.endpoint.scheme == Endpoint::Scheme::Unix;
    for (const Fd &socket : group.sockets) {
        if (group.once) continue;
        apply_listen_options(socket.get(), options);
        if (ours) ::listen(socket.get(), options.backlog);
    }
}

Result<void> set_path_rights(const Endpoint &endpoint, const ListenOptions &options)
{
    const bool owns = options.owner != kSameId || options.group != kSameId;
    if (endpoint.scheme != Endpoint::Scheme::Unix || (options.mode < 0 && !owns)) return {};
    const Fd place(::open(endpoint.path.c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC));
    struct stat status {};
    if (!place || ::fstat(place.get(), &status) != 0)
        return system_error(endpoint.text() + ": cannot set its mode", errno);
    if (!S_ISSOCK(status.st_mode)) return system_error(endpoint.text() + ": cannot set its mode", EEXIST);
    const std::string path = "/proc/self/fd/" + std::to_string(place.get());
    // The owner first: the kernel takes bits of the mode away when it changes.
    if (owns && ::chown(path.c_str(), options.owner, options.group) != 0)
        return system_error(endpoint.text() + ": cannot set its owner", errno);
    if (options.mode >= 0 && ::chmod(path.c_str(), static_cast<mode_t>(options.mode)) != 0)
        return system_error(endpoint.text() + ": cannot set its mode", errno);
    return {};
}

Result<ListenGroup> listen_on(const Endpoint &endpoint, const ListenOptions &options, unsigned loops)
{
    if (endpoint.scheme == Endpoint::Scheme::Unix) return listen_unix(endpoint, options);
    if (endpoint.scheme != Endpoint::Scheme::Tcp)
        return Error{Status::BadConfig, endpoint.text() + ": not available in this build"};
    auto first = open_tcp(endpoint, options, false);
    if (!first) return std::move(first.error());
    ListenGroup group;
    group.endpoint = endpoint;
    SocketAddress bound;
    if (local_address(first->get(), bound)) group.endpoint.port = bound.port;
    group.bound = group.endpoint.text();
    group.sockets.push_back(std::move(*first));
    if (auto added = add_sockets(group, options, loops); !added) return std::move(added.error());
    return group;
}

Result<void> add_sockets(ListenGroup &group, const ListenOptions &options, unsigned loops)
{
    while (!group.shared && group.sockets.size() < loops) {
        auto socket = open_tcp(group.endpoint, options, true);
        if (!socket) return std::move(socket.error());
        group.sockets.push_back(std::move(*socket));
    }
    return {};
}

void apply_listen_options(int socket, const ListenOptions &options)
{
    // Accepted sockets inherit these, so that no call is made for each connection.
    if (options.send_buffer > 0) set(socket, SOL_SOCKET, SO_SNDBUF, static_cast<int>(options.send_buffer));
    if (options.receive_buffer > 0) set(socket, SOL_SOCKET, SO_RCVBUF, static_cast<int>(options.receive_buffer));
    int domain = AF_UNIX;
    socklen_t size = sizeof domain;
    ::getsockopt(socket, SOL_SOCKET, SO_DOMAIN, &domain, &size);
    if (domain != AF_UNIX) set(socket, IPPROTO_TCP, TCP_NODELAY, options.no_delay ? 1 : 0);
}

void unlink_group(const ListenGroup &group)
{
    if (group.endpoint.scheme == Endpoint::Scheme::Unix) ::unlink(group.endpoint.path.c_str());
}

} // namespace hawser::host
