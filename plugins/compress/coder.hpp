// Compresses one body by zlib, Brotli or Zstandard, piece by piece. For one thread.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace coding {

enum class Coding : std::uint8_t { Identity, Gzip, Br, Zstd };

std::string_view name_of(Coding coding);

class Coder {
public:
    enum class Flush : std::uint8_t { None, Sync, End };
    virtual ~Coder() = default;
    // Appends to `out` what comes of `in`. Sync: all of it can be read by the client then. Throws std::runtime_error.
    virtual void add(std::string_view in, Flush flush, std::string &out) = 0;
};

// `level`: 1, the fastest, to 9. Throws std::bad_alloc.
std::unique_ptr<Coder> make_coder(Coding coding, int level);

} // namespace coding
