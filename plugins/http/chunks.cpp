// Tests: plugins/http/tests/chunks_test.cpp
#include "chunks.hpp"

#include "characters.hpp"

#include <algorithm>
#include <cstdlib>
#include <cstring>

namespace http_engine {

Chunks::~Chunks() { std::free(trailers_); }

void Chunks::begin()
{
    left_ = 0;
    slack_ = trailer_size_ = 0;
    digits_ = 0;
    state_ = State::Size;
    ended_ = bad_ = false;
}

bool Chunks::take_size(char c)
{
    if (is_in(c, kHexDigit)) {
        if (digits_++ == kMostDigits) return false;
        left_ = left_ * 16 + static_cast<std::uint64_t>(hex_value(c));
        return true;
    }
    if (digits_ == 0) return false;
    if (c != ';' && c != '\r') return false;
    state_ = c == ';' ? State::Extension : State::SizeEnd;
    return true;
}

bool Chunks::take_trailer(char c)
{
    if (trailers_ == nullptr) trailers_ = static_cast<char *>(std::malloc(kMostTrailers));
    if (trailers_ == nullptr || trailer_size_ == kMostTrailers) return false;
    trailers_[trailer_size_++] = c;
    return true;
}

std::string_view Chunks::take_data(std::string_view &input, std::size_t most)
{
    const auto n = static_cast<std::size_t>(std::min<std::uint64_t>(left_, std::min(input.size(), most)));
    const std::string_view data = input.substr(0, n);
    input.remove_prefix(n);
    left_ -= n;
    if (left_ == 0) state_ = State::DataCr;
    return data;
}

// What stands between two short pieces, at once: the same as take() of each byte.
void Chunks::skip_short_frame(std::string_view &input)
{
    if (state_ == State::DataCr && input.starts_with("\r\n")) {
        input.remove_prefix(2);
        state_ = State::Size;
    }
    constexpr std::size_t kShort = 3; // "1\r\n"
    if (state_ != State::Size || digits_ != 0 || input.size() < kShort || !is_in(input[0], kHexDigit)) return;
    if (input[0] == '0' || input[1] != '\r' || input[2] != '\n') return;
    left_ = static_cast<std::uint64_t>(hex_value(input[0]));
    state_ = State::Data;
    input.remove_prefix(kShort);
}

// One byte of the framing. False: it is not allowed here.
bool Chunks::take(char c)
{
    switch (state_) {
    case State::Size:
        return take_size(c);
    case State::Extension:
        if (c == '\r') state_ = State::SizeEnd;
        return c == '\r' || (is_in(c, kValueChar) && ++slack_ <= kMostSlack);
    case State::SizeEnd:
        state_ = left_ > 0 ? State::Data : State::Trailer;
        digits_ = 0;
        return c == '\n';
    case State::DataCr:
        state_ = State::DataLf;
        return c == '\r';
    case State::DataLf:
        state_ = State::Size;
        return c == '\n';
    case State::Trailer:
        state_ = c == '\r' ? State::LastLf : State::TrailerLine;
        return c == '\r' || (is_in(c, kTokenChar) && take_trailer(c));
    case State::TrailerLine:
        if (c == '\r') state_ = State::TrailerEnd;
        return (c == '\r' || is_in(c, kValueChar)) && take_trailer(c);
    case State::TrailerEnd:
        state_ = State::Trailer;
        return c == '\n' && take_trailer(c);
    case State::LastLf:
        ended_ = true;
        return c == '\n';
    case State::Data:
        break;
    }
    return false;
}

Chunks::Step Chunks::next(std::string_view &input, std::string_view &data, std::span<char> room)
{
    if (bad_) return Step::Bad;
    std::size_t gathered = 0;
    while (!input.empty() && gathered < room.size()) {
        if (state_ == State::Data) {
            const std::string_view piece = take_data(input, gathered == 0 ? input.size() : room.size() - gathered);
            if (gathered == 0 && (piece.size() >= std::min(kGathered, room.size()) || input.empty())) {
                data = piece;
                return Step::Data;
            }
            std::memcpy(room.data() + gathered, piece.data(), piece.size());
            gathered += piece.size();
            skip_short_frame(input);
            continue;
        }
        if (gathered > 0 && state_ == State::SizeEnd && left_ == 0) break; // the end comes by itself
        if (!take(input.front())) {
            bad_ = true;
            if (gathered > 0) break;
            return Step::Bad;
        }
        input.remove_prefix(1);
        if (ended_) return Step::End;
    }
    data = {room.data(), gathered};
    return gathered > 0 ? Step::Data : Step::NeedMore;
}

} // namespace http_engine
