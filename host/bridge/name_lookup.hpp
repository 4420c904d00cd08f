// Names into addresses, on the offload pool. For the loop's thread.
#pragma once

#include "loop/offload.hpp"

#include <sys/socket.h>

#include <string>
#include <vector>

namespace hawser::host {

class LoopFace;

struct ResolvedAddress {
    sockaddr_storage storage{};
    socklen_t size = 0;
    const sockaddr *get() const { return reinterpret_cast<const sockaddr *>(&storage); }
};
using Addresses = std::vector<ResolvedAddress>;

struct NameQuestion {
    std::string host, port; // a name or a literal without brackets; a number
    int type = SOCK_STREAM;
};

// Of a literal; empty: it is a name.
Addresses literal_address(const NameQuestion &question);

// In the order in which they are to be tried: the families take turns, beginning with that of the first (RFC 8305, 4).
Addresses take_turns(Addresses addresses);

// One look-up. Owned by itself once it is started. `told` is called from the top of the loop, unless it is forgotten
// before; `status` is what getaddrinfo said.
class NameLookup final : public OffloadJob {
public:
    using Told = void (*)(void *who, int status, Addresses found);
    // Null: too many wait.
    static NameLookup *start(LoopFace &face, NameQuestion question, void *who, Told told);
    void forget() { who_ = nullptr; }

private:
    NameLookup(NameQuestion question, void *who, Told told);
    void work() override; // [pool]
    void done() override;

    NameQuestion question_;
    void *who_;
    Told told_;
    int status_ = 0;
    Addresses found_;
};

} // namespace hawser::host
