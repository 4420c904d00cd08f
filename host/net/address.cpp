// Tests: tests/unit/net/listen_test.cpp
#include "net/address.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <cstddef>
#include <cstring>

namespace hawser::host {
namespace {

void fill(SocketAddress &address, std::uint16_t family, const void *ip, std::uint16_t port, bool text)
{
    address.family = family;
    address.port = port;
    std::memcpy(address.ip.data(), ip, family == 4 ? 4 : 16);
    if (!text) return;
    char numbers[INET6_ADDRSTRLEN];
    inet_ntop(family == 4 ? AF_INET : AF_INET6, ip, numbers, sizeof numbers);
    address.text = family == 4 ? std::string(numbers) : '[' + std::string(numbers) + ']';
    address.text += ':' + std::to_string(port);
}

// IPv4 in IPv6 as IPv4.
void fill_six(SocketAddress &address, const in6_addr &ip, std::uint16_t port, bool text)
{
    if (IN6_IS_ADDR_V4MAPPED(&ip))
        fill(address, 4, ip.s6_addr + 12, port, text);
    else
        fill(address, 6, ip.s6_addr, port, text);
}

} // namespace

SocketAddress ip_address(std::uint16_t family, const std::uint8_t *ip, std::uint16_t port)
{
    SocketAddress address;
    if (family == 4) {
        fill(address, 4, ip, port, true);
        return address;
    }
    in6_addr six;
    std::memcpy(&six, ip, sizeof six);
    fill_six(address, six, port, true);
    return address;
}

SocketAddress unix_address(std::string_view path)
{
    SocketAddress address;
    address.text = "unix:" + std::string(path.substr(0, path.find('\0')));
    return address;
}

bool read_address(const sockaddr_storage &storage, std::uint32_t size, bool text, SocketAddress &address)
{
    address = {};
    if (storage.ss_family == AF_INET) {
        sockaddr_in in;
        std::memcpy(&in, &storage, sizeof in);
        fill(address, 4, &in.sin_addr, ntohs(in.sin_port), text);
    } else if (storage.ss_family == AF_INET6) {
        sockaddr_in6 in;
        std::memcpy(&in, &storage, sizeof in);
        fill_six(address, in.sin6_addr, ntohs(in.sin6_port), text);
    } else if (storage.ss_family == AF_UNIX) {
        sockaddr_un un;
        std::memcpy(&un, &storage, sizeof un);
        const std::size_t offset = offsetof(sockaddr_un, sun_path);
        if (text)
            address = unix_address({un.sun_path, size > offset ? std::min(size - offset, sizeof un.sun_path) : 0});
    } else {
        return false;
    }
    return true;
}

bool peer_address(int socket, SocketAddress &address)
{
    sockaddr_storage storage{};
    socklen_t size = sizeof storage;
    return ::getpeername(socket, reinterpret_cast<sockaddr *>(&storage), &size) == 0 &&
           read_address(storage, size, true, address);
}

bool local_address(int socket, SocketAddress &address)
{
    sockaddr_storage storage{};
    socklen_t size = sizeof storage;
    return ::getsockname(socket, reinterpret_cast<sockaddr *>(&storage), &size) == 0 &&
           read_address(storage, size, true, address);
}

} // namespace hawser::host
