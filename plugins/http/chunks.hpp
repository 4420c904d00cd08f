// Decodes a chunked body (RFC 9112 § 7.1), however it is cut. Strict: no white space, signs or bare LF; extensions and
// trailers are bounded. For the loop's thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace http_engine {

class Chunks {
public:
    enum class Step : std::uint8_t { Data, NeedMore, End, Bad };

    Chunks() = default;
    ~Chunks();
    Chunks(const Chunks &) = delete;
    Chunks &operator=(const Chunks &) = delete;

    void begin(); // a new body
    // Takes from the front of `input`. Data: `data` is a piece of the body, call again. NeedMore: all was taken.
    // End: the body and its trailers are over; what is left in `input` is the next request's. Pieces that are small are
    // gathered in `room`, so that a body of tiny chunks is no more work to its reader than any other.
    Step next(std::string_view &input, std::string_view &data, std::span<char> room);
    // After End: the lines of the trailer section, each with its CRLF. Valid until begin().
    std::string_view trailers() const { return {trailers_, trailer_size_}; }

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
    std::string_view take_data(std::string_view &input, std::size_t most);
    void skip_short_frame(std::string_view &input);
    bool take(char c);
    bool take_size(char c);
    bool take_trailer(char c);

    static constexpr std::size_t kGathered = 512;        // bytes of a piece: longer ones stay where they are
    static constexpr std::uint32_t kMostSlack = 8192;    // bytes of extensions
    static constexpr std::uint32_t kMostTrailers = 4096; // bytes
    static constexpr std::uint8_t kMostDigits = 15;      // of a chunk's size: no overflow

    std::uint64_t left_ = 0;
    char *trailers_ = nullptr; // kMostTrailers bytes, once there was a trailer
    std::uint32_t slack_ = 0, trailer_size_ = 0;
    std::uint8_t digits_ = 0;
    State state_ = State::Size;
    bool ended_ = false, bad_ = false;
};

} // namespace http_engine
