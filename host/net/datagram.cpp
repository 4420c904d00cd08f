// Tests: tests/unit/bridge/datagram_test.cpp
#include "net/datagram.hpp"

#include <netinet/in.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstring>

namespace hawser::host {
namespace {

template<typename T>
int set_option(int socket, int level, int name, const T &value)
{
    return ::setsockopt(socket, level, name, &value, sizeof value) == 0 ? 0 : errno;
}

// Whether the name belongs to a socket that nobody has open.
bool is_left_over(const DatagramAddress &address)
{
    const auto *un = reinterpret_cast<const sockaddr_un *>(&address.storage);
    struct stat file {};
    if (un->sun_path[0] == '\0' || ::lstat(un->sun_path, &file) != 0 || !S_ISSOCK(file.st_mode)) return false;
    const Fd probe(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    return probe && ::connect(probe.get(), address.get(), address.size) != 0 && errno == ECONNREFUSED;
}

bool bind_to(int socket, const DatagramAddress &address)
{
    if (::bind(socket, address.get(), address.size) == 0) return true;
    if (errno != EADDRINUSE || address.family() != AF_UNIX) return false;
    if (!is_left_over(address)) {
        errno = EADDRINUSE;
        return false;
    }
    ::unlink(reinterpret_cast<const sockaddr_un *>(&address.storage)->sun_path);
    return ::bind(socket, address.get(), address.size) == 0;
}

} // namespace

bool unix_datagram_address(std::string_view path, DatagramAddress &address)
{
    address = {};
    auto *un = reinterpret_cast<sockaddr_un *>(&address.storage);
    if (path.size() >= sizeof un->sun_path || path.find('\0') != std::string_view::npos) return false;
    un->sun_family = AF_UNIX;
    std::copy(path.begin(), path.end(), un->sun_path);
    const std::size_t named = path.empty() ? 0 : path.size() + 1;
    address.size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + named);
    return true;
}

bool ip_datagram_address(std::uint16_t family, const std::uint8_t *ip, std::uint16_t port, int socket_family,
                         DatagramAddress &address)
{
    address = {};
    if (socket_family == AF_INET && family == 4) {
        auto *in = reinterpret_cast<sockaddr_in *>(&address.storage);
        in->sin_family = AF_INET;
        in->sin_port = htons(port);
        std::memcpy(&in->sin_addr, ip, 4);
        address.size = sizeof *in;
        return true;
    }
    if (socket_family != AF_INET6 || (family != 4 && family != 6)) return false;
    auto *in = reinterpret_cast<sockaddr_in6 *>(&address.storage);
    in->sin6_family = AF_INET6;
    in->sin6_port = htons(port);
    address.size = sizeof *in;
    if (family == 6) {
        std::memcpy(&in->sin6_addr, ip, 16);
    } else {
        in->sin6_addr.s6_addr[10] = in->sin6_addr.s6_addr[11] = 0xff;
        std::memcpy(in->sin6_addr.s6_addr + 12, ip, 4);
    }
    return true;
}

Fd open_datagram_socket(const DatagramAddress &address, bool shared, bool broadcast)
{
    Fd socket(::socket(address.family(), SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    if (!socket) return socket;
    const int on = 1;
    if (shared && address.family() != AF_UNIX) {
        set_option(socket.get(), SOL_SOCKET, SO_REUSEADDR, on); // all hear what is multicast
        set_option(socket.get(), SOL_SOCKET, SO_REUSEPORT, on);
    }
    // Only members hear a group, not whoever has its port.
    const int off = 0;
    if (address.family() == AF_INET) set_option(socket.get(), IPPROTO_IP, IP_MULTICAST_ALL, off);
    if (address.family() == AF_INET6) set_option(socket.get(), IPPROTO_IPV6, IPV6_MULTICAST_ALL, off);
    if (broadcast) set_option(socket.get(), SOL_SOCKET, SO_BROADCAST, on);
    if (bind_to(socket.get(), address)) return socket;
    const int why = errno;
    socket.reset();
    errno = why;
    return socket;
}

int set_membership(int socket, const DatagramAddress &group, std::uint32_t interface_index, bool member)
{
    group_req request{};
    request.gr_interface = interface_index;
    request.gr_group = group.storage;
    const int level = group.family() == AF_INET ? IPPROTO_IP : IPPROTO_IPV6;
    return set_option(socket, level, member ? MCAST_JOIN_GROUP : MCAST_LEAVE_GROUP, request);
}

int set_multicast(int socket, int family, MulticastOption option, std::uint32_t value)
{
    const int number = static_cast<int>(value);
    const bool four = family == AF_INET;
    const int level = four ? IPPROTO_IP : IPPROTO_IPV6;
    switch (option) {
    case MulticastOption::Hops:
        return set_option(socket, level, four ? IP_MULTICAST_TTL : IPV6_MULTICAST_HOPS, number);
    case MulticastOption::Loopback:
        return set_option(socket, level, four ? IP_MULTICAST_LOOP : IPV6_MULTICAST_LOOP, number);
    case MulticastOption::Interface:
        break;
    }
    if (!four) return set_option(socket, level, IPV6_MULTICAST_IF, number);
    ip_mreqn request{};
    request.imr_ifindex = number;
    return set_option(socket, level, IP_MULTICAST_IF, request);
}

void UnixName::note(int socket)
{
    sockaddr_un name{};
    socklen_t size = sizeof name;
    struct stat file {};
    if (::getsockname(socket, reinterpret_cast<sockaddr *>(&name), &size) != 0 || name.sun_family != AF_UNIX) return;
    if (name.sun_path[0] == '\0' || ::lstat(name.sun_path, &file) != 0) return;
    path_ = name.sun_path;
    device_ = file.st_dev;
    number_ = file.st_ino;
}

void UnixName::remove()
{
    struct stat file {};
    if (!path_.empty() && ::lstat(path_.c_str(), &file) == 0 && file.st_dev == device_ && file.st_ino == number_)
        ::unlink(path_.c_str());
    path_.clear();
}

} // namespace hawser::host
