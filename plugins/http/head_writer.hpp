// Writes answer heads into one buffer that an engine keeps. The Date line is made once a second. For the loop's thread.
#pragma once

#include "hawser/http.h"

#include <cstdint>
#include <string_view>

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

class Counts;

class HeadWriter {
public:
    // `counts`: hears of each final head that is written; outlives this. Null: nobody does.
    explicit HeadWriter(const Counts *counts = nullptr)
        : counts_(counts)
    {}
    ~HeadWriter();
    HeadWriter(const HeadWriter &) = delete;
    HeadWriter &operator=(const HeadWriter &) = delete;

    // The value of the field Server; "": none. False: too long, or no memory.
    bool set_server(std::string_view server);

    // Each returns what it wrote, valid until the next call; empty: a field would inject a line, or there is no memory.
    // The engine's own fields (Date, Connection …) are left out where a resource gives them.
    std::string_view write(const AnswerHead &head, std::int64_t wall); // nanoseconds since 1970
    // "HTTP/1.1 103 Early Hints", the fields, an empty line; "Connection: upgrade" too with 101.
    std::string_view write_interim(std::uint32_t status, const hawser_field *fields, std::size_t count);
    // The end of a chunked body: the last chunk and the trailers.
    std::string_view write_end(const hawser_field *trailers, std::size_t count);

private:
    bool reserve(const hawser_field *fields, std::size_t count);
    void put(std::string_view text);
    void put_number(std::uint64_t number);
    void put_status(std::uint32_t status);
    bool put_fields(const hawser_field *fields, std::size_t count, bool keeps_length);
    void refresh(std::int64_t second);
    std::string_view written() const { return {buffer_, static_cast<std::size_t>(p_ - buffer_)}; }

    static constexpr std::size_t kMostCommon = 320;
    const Counts *counts_;
    char *buffer_ = nullptr, *p_ = nullptr;
    std::size_t room_ = 0;
    std::int64_t second_ = -1;
    // "HTTP/1.1 200 OK", Server and Date lines: what nearly every answer begins with.
    char common_[kMostCommon];
    std::size_t common_size_ = 0, date_at_ = 0;
};

// Names and values that may go on the wire: no injected line (RFC 9110 § 5.5).
bool are_fields_valid(const hawser_field *fields, std::size_t count);

} // namespace http_engine
