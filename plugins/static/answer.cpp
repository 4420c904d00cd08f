// Tests: plugins/static/tests/static_test.cpp
#include "answer.hpp"

#include "conditions.hpp"

namespace static_files {
namespace {

void HAWSER_CALL let_go(void *entry) noexcept { static_cast<Entry *>(entry)->let_go(); }

// A part of an entry: from memory, or by the kernel.
void write_part(hawser_http_exchange *exchange, Entry &entry, ByteRange part)
{
    entry.hold();
    if (entry.is_small()) {
        const hawser_piece piece{entry.content.data() + part.first, static_cast<std::size_t>(part.length), let_go,
                                 &entry};
        exchange->api->write(exchange, &piece, 1);
    } else {
        exchange->api->send_file(exchange, entry.fd, part.first, part.length, let_go, &entry);
    }
}

std::string range_text(ByteRange part, std::uint64_t size)
{
    return "bytes " + std::to_string(part.first) + '-' + std::to_string(part.first + part.length - 1) + '/' +
           std::to_string(size);
}

std::string_view range_of(const hawser_http_request &request)
{
    if (request.method != HAWSER_HTTP_GET) return {}; // RFC 9110 § 14.2
    const hawser_field *found = hawser_http_find(&request, "range", 5);
    return found != nullptr ? hawser::view(found->value) : std::string_view();
}

} // namespace

void Answers::send(hawser_http_exchange *exchange, const hawser_http_request &request, Entry &entry, Entry *coded,
                   std::string_view coding, std::uint32_t status)
{
    Entry &sent = coded != nullptr ? *coded : entry;
    const Validators validators{sent.etag, sent.status.st_mtim.tv_sec};
    Fields fields;
    const bool page = status != 200; // of an error: it says nothing of what was asked for
    if (!page) {
        fields.add("ETag", sent.etag);
        fields.add("Last-Modified", sent.changed);
        if (!cache_control_.empty()) fields.add("Cache-Control", cache_control_);
    }
    if (entry.neighbours != 0) fields.add("Vary", "Accept-Encoding");
    const Verdict verdict = page ? Verdict::Send : check_conditions(request, validators);
    if (verdict == Verdict::NotModified) {
        exchange->api->respond(exchange, 304, fields.all, fields.count, nullptr, 0);
        return;
    }
    if (verdict == Verdict::Failed) {
        static constexpr hawser_piece kBody{"412 Precondition Failed\n", 24, nullptr, nullptr};
        const hawser_field type{hawser::str("Content-Type"), hawser::str(kPlain)};
        exchange->api->respond(exchange, 412, &type, 1, &kBody, 1);
        return;
    }
    if (coded != nullptr) fields.add("Content-Encoding", coding);
    if (!page && most_ranges_ > 0) fields.add("Accept-Ranges", "bytes");
    const std::string_view range = page || most_ranges_ == 0 ? std::string_view() : range_of(request);
    const RangeKind kind = !range.empty() && range_counts(request, validators)
                               ? parse_ranges(range, sent.size(), most_ranges_, ranges_)
                               : RangeKind::Whole;
    if (kind == RangeKind::Unsatisfiable) {
        const std::string all = "bytes */" + std::to_string(sent.size());
        const hawser_field refusal[] = {{hawser::str("Content-Range"), hawser::str(all)},
                                        {hawser::str("Content-Type"), hawser::str(kPlain)}};
        static constexpr hawser_piece kBody{"416 Range Not Satisfiable\n", 26, nullptr, nullptr};
        exchange->api->respond(exchange, 416, refusal, 2, &kBody, 1);
        return;
    }
    if (kind == RangeKind::Parts && ranges_.size() > 1) return send_parts(exchange, fields, sent, entry.type);
    fields.add("Content-Type", entry.type);
    if (kind == RangeKind::Parts) return send_part(exchange, fields, sent, ranges_.front());
    send_whole(exchange, fields, sent, status);
}

void Answers::send_whole(hawser_http_exchange *exchange, const Fields &fields, Entry &entry, std::uint32_t status)
{
    if (entry.is_small() && !entry.content.empty()) { // an answer to HEAD without a body says no length
        entry.hold();
        const hawser_piece piece{entry.content.data(), entry.content.size(), let_go, &entry};
        exchange->api->respond(exchange, status, fields.all, fields.count, &piece, 1);
        return;
    }
    exchange->api->begin(exchange, status, fields.all, fields.count, entry.status.st_size);
    write_part(exchange, entry, {0, entry.size()});
    exchange->api->end(exchange, nullptr, 0);
}

void Answers::send_part(hawser_http_exchange *exchange, Fields fields, Entry &entry, ByteRange part)
{
    const std::string text = range_text(part, entry.size());
    fields.add("Content-Range", text);
    exchange->api->begin(exchange, 206, fields.all, fields.count, static_cast<std::int64_t>(part.length));
    write_part(exchange, entry, part);
    exchange->api->end(exchange, nullptr, 0);
}

// RFC 9110 § 14.6
void Answers::send_parts(hawser_http_exchange *exchange, Fields fields, Entry &entry, std::string_view type)
{
    const std::string boundary = "hawser-" + std::to_string(reinterpret_cast<std::uintptr_t>(this) ^ ++boundaries_) +
                                 '-' + std::to_string(entry.status.st_mtim.tv_nsec);
    std::vector<std::string> heads;
    std::uint64_t length = 0;
    for (const ByteRange part : ranges_) {
        heads.push_back("\r\n--" + boundary + "\r\nContent-Type: " + std::string(type) +
                        "\r\nContent-Range: " + range_text(part, entry.size()) + "\r\n\r\n");
        length += heads.back().size() + part.length;
    }
    const std::string last = "\r\n--" + boundary + "--\r\n", kind = "multipart/byteranges; boundary=" + boundary;
    fields.add("Content-Type", kind);
    exchange->api->begin(exchange, 206, fields.all, fields.count, static_cast<std::int64_t>(length + last.size()));
    const auto write = [exchange](const std::string &text) {
        const hawser_piece piece{text.data(), text.size(), nullptr, nullptr};
        exchange->api->write(exchange, &piece, 1);
    };
    for (std::size_t i = 0; i < ranges_.size(); ++i) {
        write(heads[i]);
        write_part(exchange, entry, ranges_[i]);
    }
    write(last);
    exchange->api->end(exchange, nullptr, 0);
}

} // namespace static_files
