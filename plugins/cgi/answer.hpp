// The head of what a program prints (RFC 3875, 6).
#pragma once

#include "hawser/http_exchange.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace cgi {

// What the lines of the head come to.
class Answer {
public:
    static constexpr std::size_t kMostFields = 100, kLongestHead = 64 * 1024;

    // One line, without its end. False: error() says what is wrong with it. The empty one that ends the head is not
    // for here.
    bool take(std::string_view line);
    // After the last line. False: it is no answer.
    bool finish();
    const std::string &error() const { return error_; }

    hawser::http::Response head{200, "", {}, {}};
    std::optional<std::uint64_t> length; // of the body, if it says so

private:
    bool take_status(std::string_view value);
    bool take_length(std::string_view value);
    bool refuse(std::string why);
    std::string error_;
    std::size_t bytes_ = 0;
    bool has_status_ = false, has_location_ = false;
};

} // namespace cgi
