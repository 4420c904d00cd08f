// Tests: tests/unit/plugin/note_test.cpp
#include "plugin/image.hpp"

#include <unistd.h>

#include <cerrno>

namespace hawser::host {

Result<std::string> Image::read(std::uint64_t offset, std::uint64_t size) const
{
    if (!holds(offset, size)) return Error{Status::BadConfig, "truncated"};
    if (fd_ < 0) return std::string(bytes_.substr(offset, size));
    std::string bytes(size, '\0');
    std::size_t done = 0;
    while (done < size) {
        const ssize_t n = ::pread(fd_, bytes.data() + done, size - done, static_cast<off_t>(offset + done));
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return system_error("cannot be read", errno);
        if (n == 0) return Error{Status::BadConfig, "truncated while it was read"};
        done += static_cast<std::size_t>(n);
    }
    return bytes;
}

} // namespace hawser::host
