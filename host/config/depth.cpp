// Tests: tests/unit/config/depth_test.cpp
#include "config/depth.hpp"

#include <algorithm>
#include <vector>

namespace hawser::host {
namespace {

// The offset behind the string that begins at `i`.
std::size_t behind_string(std::string_view text, std::size_t i)
{
    const char quote = text[i];
    const std::string_view three = text.substr(i, 3);
    const bool multi = three.size() == 3 && three[1] == quote && three[2] == quote;
    i += multi ? 3 : 1;
    for (; i < text.size(); ++i) {
        if (text[i] == '\\' && quote == '"')
            ++i;
        else if (!multi && (text[i] == quote || text[i] == '\n'))
            return i + 1;
        else if (multi && text.substr(i, 3) == three)
            return i + 3;
    }
    return text.size();
}

// Brackets that are open, and the dots of the key in hand.
class Depth {
public:
    void take(char c)
    {
        if (c == '.') {
            ++dots_;
        } else if (c == '[' || c == '{') {
            above_.push_back(dots_ + 1);
            total_ += dots_ + 1;
            dots_ = 0;
        } else if (c == ']' || c == '}') {
            dots_ = 0;
            if (above_.empty()) return;
            total_ -= above_.back();
            above_.pop_back();
        } else if (c == ',' || c == '\n') {
            dots_ = 0;
        }
    }
    std::size_t now() const { return total_ + dots_; }

private:
    std::vector<std::size_t> above_; // what each open bracket added
    std::size_t total_ = 0, dots_ = 0;
};

} // namespace

std::optional<std::size_t> too_deep(std::string_view text)
{
    Depth depth;
    for (std::size_t i = 0; i < text.size();) {
        const char c = text[i];
        if (c == '"' || c == '\'') {
            i = behind_string(text, i);
        } else if (c == '#') {
            i = std::min(text.find('\n', i), text.size());
        } else {
            depth.take(c);
            if (depth.now() > kMostDepth) return i;
            ++i;
        }
    }
    return std::nullopt;
}

} // namespace hawser::host
