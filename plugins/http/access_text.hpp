// One request and its answer as a line of text. Nothing that a client sends can forge a line, end a quoted text or add
// a member; what is very long is cut, with "..." in its place. For the loop's thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

namespace http_engine {

// Texts are as they came. One without data is absent: left out of JSON, "-" in combined.
struct AccessEntry {
    std::int64_t wall = 0;      // when the request had come, ns since 1970
    std::uint64_t duration = 0; // ns from then on until its answer had been handed to the connection
    std::uint64_t bytes = 0;    // of the answer's body
    std::uint32_t status = 0;
    std::uint16_t version = 0; // 10, 11; 0: what came was no request, `line` is its beginning
    bool complete = true;      // the whole answer
    std::uint64_t number = 0;  // identifies the request if `id` is absent
    std::string_view id;       // X-Request-Id
    std::string_view listener, route, peer, peer_host, method, target, authority, referer, agent, line;
};

class AccessText {
public:
    AccessText();

    // Each with its newline, valid until the next.
    std::string_view combined(const AccessEntry &entry); // as Apache's: %h - - [%t] "%r" %>s %b "Referer" "User-Agent"
    std::string_view json(const AccessEntry &entry);

private:
    enum class Style : std::uint8_t { Combined, Json };
    void begin(std::int64_t wall);
    void refresh(std::int64_t second);
    [[gnu::always_inline]] void put(std::string_view text); // so that what is constant costs a few stores
    void put_number(std::uint64_t number);
    void put_digits(std::uint64_t number, int digits);
    void put_hex(unsigned char byte);
    void put_version(std::uint16_t version);
    template<Style>
    void put_escaped(std::string_view text, std::size_t most);
    template<Style>
    void put_odd(const char *&from, const char *end);
    void quoted(std::string_view text, std::size_t most); // or "-"
    void member(std::string_view name, std::string_view text, std::size_t most);
    std::string_view end();

    std::unique_ptr<char[]> line_;
    char *p_ = nullptr;
    std::int64_t second_ = -1;
    char clf_[32], iso_[32]; // "24/Nov/2026:10:00:00 +0000", "2026-11-24T10:00:00"
    std::size_t clf_size_ = 0, iso_size_ = 0;
};

} // namespace http_engine
