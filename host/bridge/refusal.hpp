// How a function that plugins call says no: the reason goes to the caller's error, what it was given is released.
#pragma once

#include "hawser/abi.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>

namespace hawser::host {

// `error` may be null. Returns `status`.
inline std::int32_t refuse(hawser_error *error, std::int32_t status, const std::string &text)
{
    if (error == nullptr || error->struct_size < sizeof(hawser_error)) return status;
    error->code = status;
    error->option[0] = '\0';
    const std::size_t n = std::min(text.size(), sizeof error->text - 1);
    std::memcpy(error->text, text.data(), n);
    error->text[n] = '\0';
    return status;
}

inline void release_all(const hawser_piece *pieces, std::size_t count)
{
    for (std::size_t i = 0; i < count; ++i) {
        if (pieces[i].release != nullptr) pieces[i].release(pieces[i].ctx);
    }
}

} // namespace hawser::host
