// Writes answer heads into one buffer that an engine keeps. The Date line is made once a second. For the loop's thread.
#pragma once

#include "hawser/http.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace http_engine {

struct AnswerHead {
    std::uint32_t status = 200;
    const hawser_field *fields = nullptr;
    std::size_t count = 0;
    enum class Framing : std::uint8_t { None, Length, Chunked } framing = Framing::None;
    std::uint64_t length = 0;
    enum class Connection : std::uint8_t { Silent, Close, KeepAlive } connection = Connection::Silent;
    bool keeps_length = false; // a Content-Length of the resource's own is right: an answer to HEAD
};

class HeadWriter {
public:
    explicit HeadWriter(std::string_view server);

    // The head; valid until the next call. `wall`: nanoseconds since 1970.
    std::string_view write(const AnswerHead &head, std::int64_t wall);
    // "HTTP/1.1 103 Early Hints", the fields, an empty line; "Connection: upgrade" too with 101.
    std::string_view write_interim(std::uint32_t status, const hawser_field *fields, std::size_t count);

private:
    void reserve(const hawser_field *fields, std::size_t count);
    void put(std::string_view text);
    void put_number(std::uint64_t number);
    void put_status(std::uint32_t status);
    void put_fields(const AnswerHead &head);
    void refresh(std::int64_t second);

    std::vector<char> buffer_;
    char *p_ = nullptr;
    std::int64_t second_ = -1;
    std::string common_; // Server and Date lines
    std::string server_;
};

// Names and values that may go on the wire: no injected line (RFC 9110 § 5.5).
bool are_fields_valid(const hawser_field *fields, std::size_t count);
std::string_view reason_phrase(std::uint32_t status);

} // namespace http_engine
