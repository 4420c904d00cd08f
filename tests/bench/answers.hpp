// What lg waits for on a connection: counts whole answers in the bytes that arrive, HTTP/1.1 ones or an echo. Strict
// about where one ends, so that a cut or doubled answer is seen; quick where one answer is as long as the one before.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace bench {

class Answers {
public:
    // With `echo` not empty an answer is exactly these bytes; else it is an HTTP response with a Content-Length.
    explicit Answers(std::string_view echo)
        : echo_(echo)
    {}

    enum class Next { Incomplete, Good, Bad }; // Bad: not HTTP, no length, not what was sent, or no 2xx

    // Takes the next answer off what has arrived. After Good, last_closes() tells whether the server ends the
    // connection.
    Next next();
    void add(const char *bytes, std::size_t size) { arrived_.append(bytes, size); }
    bool empty() const { return at_ == arrived_.size(); }
    bool last_closes() const { return closes_; }
    void clear()
    {
        arrived_.clear();
        at_ = 0;
    }
    std::string_view unread() const { return std::string_view(arrived_).substr(at_); }

private:
    Next next_http(std::string_view text);
    Next take(std::size_t size);

    std::string_view echo_;
    std::string arrived_;
    std::size_t at_ = 0;
    bool closes_ = false;
    std::size_t head_ = 0, whole_ = 0; // lengths of the last answer
    std::string start_;                // its head's first bytes and its last ones must agree to be taken as the same
};

} // namespace bench
