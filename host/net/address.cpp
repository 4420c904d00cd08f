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

bool is_mapped(const in6_addr &ip) { return IN6_IS_ADDR_V4MAPPED(&ip) != 0; }

void fill_four(SocketAddress &address, const std::uint8_t *ip, std::uint16_t port)
{
    char text[INET_ADDRSTRLEN];
    inet_ntop(AF_INET, ip, text, sizeof text);
    address.family = 4;
    address.port = port;
    std::copy_n(ip, 4, address.ip.begin());
    address.text = std::string(text) + ':' + std::to_string(port);
}

void fill_six(SocketAddress &address, const sockaddr_in6 &in)
{
    char text[INET6_ADDRSTRLEN];
    inet_ntop(AF_INET6, &in.sin6_addr, text, sizeof text);
    address.family = 6;
    address.port = ntohs(in.sin6_port);
    std::copy_n(in.sin6_addr.s6_addr, 16, address.ip.begin());
    address.text = '[' + std::string(text) + "]:" + std::to_string(address.port);
}

void fill_unix(SocketAddress &address, const sockaddr_un &un, socklen_t size)
{
    const std::size_t offset = offsetof(sockaddr_un, sun_path);
    const std::size_t room = size > offset ? size - offset : 0;
    address.family = 0;
    address.text = "unix:" + std::string(un.sun_path, strnlen(un.sun_path, room));
}

bool fill(const sockaddr_storage &storage, socklen_t size, SocketAddress &address)
{
    address = {};
    if (storage.ss_family == AF_INET) {
        sockaddr_in in;
        std::memcpy(&in, &storage, sizeof in);
        fill_four(address, reinterpret_cast<const std::uint8_t *>(&in.sin_addr), ntohs(in.sin_port));
    } else if (storage.ss_family == AF_INET6) {
        sockaddr_in6 in;
        std::memcpy(&in, &storage, sizeof in);
        if (is_mapped(in.sin6_addr))
            fill_four(address, in.sin6_addr.s6_addr + 12, ntohs(in.sin6_port));
        else
            fill_six(address, in);
    } else if (storage.ss_family == AF_UNIX) {
        sockaddr_un un;
        std::memcpy(&un, &storage, sizeof un);
        fill_unix(address, un, size);
    } else {
        return false;
    }
    return true;
}

} // namespace

bool peer_address(int socket, SocketAddress &address)
{
    sockaddr_storage storage{};
    socklen_t size = sizeof storage;
    return ::getpeername(socket, reinterpret_cast<sockaddr *>(&storage), &size) == 0 && fill(storage, size, address);
}

bool local_address(int socket, SocketAddress &address)
{
    sockaddr_storage storage{};
    socklen_t size = sizeof storage;
    return ::getsockname(socket, reinterpret_cast<sockaddr *>(&storage), &size) == 0 && fill(storage, size, address);
}

} // namespace hawser::host
