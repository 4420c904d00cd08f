// Opens listening sockets for the supervisor. A TCP address has one SO_REUSEPORT socket for each loop; a Unix socket
// exists once.
#pragma once

#include "base/endpoint.hpp"
#include "base/fd.hpp"
#include "base/result.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace hawser::host {

inline constexpr std::uint32_t kSameId = 0xffffffffU;

struct ListenOptions {
    int backlog = 4096;
    std::uint64_t send_buffer = 0, receive_buffer = 0; // bytes; 0: the system's
    bool no_delay = true;
    // Of the path of a Unix socket.
    int mode = -1;                                  // -1: as the umask leaves it
    std::uint32_t owner = kSameId, group = kSameId; // kSameId: the host's
};

// The sockets of one address.
struct ListenGroup {
    std::vector<Fd> sockets;
    bool shared = false; // whoever accepts hands round to all loops
    bool once = false;   // a connection, not a listener: for the first worker that serves it
    std::string bound;   // "127.0.0.1:8080" with the real port, "unix:/run/x"
    Endpoint endpoint;   // with the real port
};

// Errors: System (in use, no descriptors), NotPermitted; the text begins with the address.
Result<ListenGroup> listen_on(const Endpoint &endpoint, const ListenOptions &options, unsigned loops);

// Buffers and delay of a listening socket, which accepted ones inherit.
void apply_listen_options(int socket, const ListenOptions &options);

// Other options for sockets that are open already, the backlog included where they were opened here. What is in their
// queues stays.
void renew_options(const ListenGroup &group, const ListenOptions &options);

// Mode and owner of the path of a Unix socket, as they are to be now; nothing for others. A path that somebody else put
// in its place is not touched. Errors: System, NotPermitted.
Result<void> set_path_rights(const Endpoint &endpoint, const ListenOptions &options);

// More sockets for a group whose compartment has more loops now. Never fewer: closing one would drop its queue.
Result<void> add_sockets(ListenGroup &group, const ListenOptions &options, unsigned loops);

// Removes the path of a Unix socket; nothing for others.
void unlink_group(const ListenGroup &group);

} // namespace hawser::host
