// Tests: plugins/http/tests/chunks_test.cpp
#include "chunks.hpp"

#include "characters.hpp"

#include <algorithm>

namespace http_engine {

bool Chunks::take_size(char c)
{
    if (is_in(c, kHexDigit)) {
        if (digits_++ == 15) return false;
        const int value = c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10;
        left_ = left_ * 16 + static_cast<std::uint64_t>(value);
        return true;
    }
    if (digits_ == 0) return false;
    if (c == ';')
        state_ = State::Extension;
    else if (c == '\r')
        state_ = State::SizeEnd;
    else
        return false;
    return true;
}

Chunks::Step Chunks::next(std::string_view &input, std::string_view &data)
{
    while (!input.empty()) {
        if (state_ == State::Data) {
            const auto n = static_cast<std::size_t>(std::min<std::uint64_t>(left_, input.size()));
            data = input.substr(0, n);
            input.remove_prefix(n);
            left_ -= n;
            if (left_ == 0) state_ = State::DataCr;
            return Step::Data;
        }
        const char c = input.front();
        input.remove_prefix(1);
        switch (state_) {
        case State::Size:
            if (!take_size(c)) return Step::Bad;
            break;
        case State::Extension:
            if (c == '\r')
                state_ = State::SizeEnd;
            else if (!is_in(c, kValueChar) || ++slack_ > kMostSlack)
                return Step::Bad;
            break;
        case State::SizeEnd:
            if (c != '\n') return Step::Bad;
            state_ = left_ > 0 ? State::Data : State::Trailer;
            digits_ = 0;
            break;
        case State::DataCr:
            if (c != '\r') return Step::Bad;
            state_ = State::DataLf;
            break;
        case State::DataLf:
            if (c != '\n') return Step::Bad;
            state_ = State::Size;
            break;
        case State::Trailer:
            if (c == '\r')
                state_ = State::LastLf;
            else if (is_in(c, kTokenChar))
                state_ = State::TrailerLine;
            else
                return Step::Bad;
            break;
        case State::TrailerLine:
            if (c == '\r')
                state_ = State::TrailerEnd;
            else if (!is_in(c, kValueChar) || ++slack_ > kMostSlack)
                return Step::Bad;
            break;
        case State::TrailerEnd:
            if (c != '\n') return Step::Bad;
            state_ = State::Trailer;
            break;
        case State::LastLf:
            return c == '\n' ? Step::End : Step::Bad;
        case State::Data:
            break;
        }
    }
    return Step::NeedMore;
}

} // namespace http_engine
