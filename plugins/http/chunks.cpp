// Tests: plugins/http/tests/chunks_test.cpp
#include "chunks.hpp"

#include "characters.hpp"

#include <algorithm>
#include <cstdlib>

namespace http_engine {

Chunks::~Chunks() { std::free(trailers_); }

void Chunks::begin()
{
    left_ = 0;
    slack_ = trailer_size_ = 0;
    digits_ = 0;
    state_ = State::Size;
    ended_ = false;
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

Chunks::Step Chunks::take_data(std::string_view &input, std::string_view &data)
{
    const auto n = static_cast<std::size_t>(std::min<std::uint64_t>(left_, input.size()));
    data = input.substr(0, n);
    input.remove_prefix(n);
    left_ -= n;
    if (left_ == 0) state_ = State::DataCr;
    return Step::Data;
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

Chunks::Step Chunks::next(std::string_view &input, std::string_view &data)
{
    while (!input.empty()) {
        if (state_ == State::Data) return take_data(input, data);
        const char c = input.front();
        input.remove_prefix(1);
        if (!take(c)) return Step::Bad;
        if (ended_) return Step::End;
    }
    return Step::NeedMore;
}

} // namespace http_engine
