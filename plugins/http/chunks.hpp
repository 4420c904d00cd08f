// Decodes a chunked body (RFC 9112 § 7.1), however it is cut. Strict: no white space, signs or bare LF; extensions and
// trailers are bounded and passed over.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace http_engine {

class Chunks {
public:
    enum class Step : std::uint8_t { Data, NeedMore, End, Bad };

    // Takes from the front of `input`. Data: `data` is a piece of the body, call again. NeedMore: all was taken.
    // End: the body and its trailers are over; what is left in `input` is the next request's.
    Step next(std::string_view &input, std::string_view &data);

private:
    enum class State : std::uint8_t {
        Size,      // hexadecimal digits
        Extension, // after ';'
        SizeEnd,   // LF after the size's CR
        Data,
        DataCr,
        DataLf,
        Trailer,     // at the start of a trailer line
        TrailerLine, // inside one
        TrailerEnd,  // LF of a trailer line
        LastLf,      // LF of the empty line
    };
    bool take_size(char c);

    static constexpr std::uint32_t kMostSlack = 8192; // bytes of extensions and trailers
    std::uint64_t left_ = 0;
    std::uint32_t slack_ = 0;
    std::uint8_t digits_ = 0;
    State state_ = State::Size;
};

} // namespace http_engine
