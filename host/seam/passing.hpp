// One packet with descriptors beside its bytes, on a SOCK_SEQPACKET socket.
#pragma once

#include "base/fd.hpp"

#include <cstddef>
#include <string_view>
#include <vector>

namespace hawser::host {

inline constexpr std::size_t kMostPassed = 128; // descriptors of a packet; the kernel takes 253

// Never waits. 0, or errno: EAGAIN, ENOBUFS and ETOOMANYREFS pass when the other side reads on. REQUIRES: at most
// kMostPassed of `fds`, which stay the caller's.
int send_with(int socket, std::string_view bytes, const std::vector<int> &fds);
bool may_send_later(int error);

struct Received {
    std::size_t size = 0; // 0: the other side has ended
    std::vector<Fd> fds;  // close-on-exec
    bool cut = false;     // it was longer than `room`, or no descriptor was left to receive one
    int error = 0;        // errno
};
// Waits for a packet unless the socket is non-blocking.
Received receive_with(int socket, char *to, std::size_t room);

} // namespace hawser::host
