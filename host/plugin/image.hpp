// The bytes of a file that nothing is believed of: every read is checked against its size.
#pragma once

#include "base/result.hpp"

#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>

namespace hawser::host {

class Image {
public:
    // All of it; `bytes` outlive this.
    explicit Image(std::string_view bytes)
        : size_(bytes.size())
        , bytes_(bytes)
    {}
    // `fd` outlives this. The file is read in parts, not mapped: one that is cut meanwhile gives an error, no signal.
    Image(int fd, std::uint64_t size)
        : size_(size)
        , fd_(fd)
    {}

    std::uint64_t size() const { return size_; }
    bool holds(std::uint64_t offset, std::uint64_t size) const { return offset <= size_ && size_ - offset >= size; }
    // Errors: it does not lie inside, or cannot be read.
    Result<std::string> read(std::uint64_t offset, std::uint64_t size) const;

private:
    std::uint64_t size_ = 0;
    int fd_ = -1; // a file, else bytes
    std::string_view bytes_;
};

// A copy of the T at `offset` of some bytes, or nothing if it does not lie inside.
template<typename T>
std::optional<T> value_at(std::string_view bytes, std::uint64_t offset)
{
    if (offset > bytes.size() || bytes.size() - offset < sizeof(T)) return std::nullopt;
    T value;
    std::memcpy(&value, bytes.data() + offset, sizeof value);
    return value;
}

} // namespace hawser::host
