// Sockets for datagrams: opening, addresses, multicast. What waits and who hears is bridge/datagram_port.
#pragma once

#include "base/fd.hpp"
#include "net/address.hpp"

#include <sys/socket.h>
#include <sys/types.h>

#include <cstdint>
#include <string>
#include <string_view>

namespace hawser::host {

// Where a datagram goes or a socket is bound.
struct DatagramAddress {
    sockaddr_storage storage{};
    socklen_t size = 0;
    int family() const { return storage.ss_family; }
    const sockaddr *get() const { return reinterpret_cast<const sockaddr *>(&storage); }
};

// `path` empty: a name of the system's choice. False: too long.
bool unix_datagram_address(std::string_view path, DatagramAddress &address);
// Of numbers, as a socket of `socket_family` takes them (IPv4 goes into IPv6); false: it cannot.
bool ip_datagram_address(std::uint16_t family, const std::uint8_t *ip, std::uint16_t port, int socket_family,
                         DatagramAddress &address);

// A non-blocking socket bound to `address`; without a descriptor: errno says why. A Unix socket of that name which
// nobody has open any more is replaced. `shared`: others may bind the same.
Fd open_datagram_socket(const DatagramAddress &address, bool shared, bool broadcast);

// 0 or errno. `interface_index` 0: the system's choice.
int set_membership(int socket, const DatagramAddress &group, std::uint32_t interface_index, bool member);
enum class MulticastOption : std::uint8_t { Hops, Loopback, Interface };
int set_multicast(int socket, int family, MulticastOption option, std::uint32_t value);

// The name of a bound Unix socket, to be taken away when it is closed if it is still this socket's.
class UnixName {
public:
    void note(int socket); // of nothing if it has none
    void remove();

private:
    std::string path_;
    dev_t device_ = 0;
    ino_t number_ = 0;
};

} // namespace hawser::host
