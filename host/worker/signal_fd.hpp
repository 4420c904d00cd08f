// A flag that other threads raise and one thread waits for together with descriptors.
#pragma once

#include "base/fd.hpp"

#include <sys/eventfd.h>
#include <unistd.h>

#include <cstdint>

namespace hawser::host {

class SignalFd {
public:
    SignalFd()
        : fd_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK))
    {}
    int fd() const { return fd_.get(); }
    void raise() // [any-thread]
    {
        const std::uint64_t one = 1;
        [[maybe_unused]] const auto n = ::write(fd_.get(), &one, sizeof one);
    }
    void clear()
    {
        std::uint64_t count = 0;
        [[maybe_unused]] const auto n = ::read(fd_.get(), &count, sizeof count);
    }

private:
    Fd fd_;
};

} // namespace hawser::host
