// hawser/http_multipart.hpp: forms with files, multipart/form-data (RFC 7578), part by part as they come.
//
//     hawser::http::Multipart form(call);
//     while (const auto part = co_await form.next()) {
//         if (part->file_name.empty())
//             text = co_await form.text(1000);
//         else
//             co_await form.save("/srv/uploads/" + own_name());      // never a path that the client chose
//     }
//
// What is too large or no such form is Problem 413 or 400, which is the answer if nobody catches it. [loop]
#pragma once

#include "hawser/files.hpp"
#include "hawser/http_accept.hpp"
#include "hawser/http_call.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace hawser::http {

struct MultipartLimits {
    std::size_t parts = 100;
    std::size_t head = 8 * 1024;               // of one part
    std::uint64_t whole = 64ULL * 1024 * 1024; // of the body
};

struct Part {
    std::string name;
    std::string file_name; // as the client says; empty: not a file
    std::string type;      // Content-Type, or ""
};

class Multipart {
public:
    // Throws Problem 415 if the request is no such form.
    explicit Multipart(Call &call, MultipartLimits limits = {})
        : call_(call)
        , limits_(limits)
        , input_("\r\n") // the first delimiter may be at the very beginning
    {
        std::string_view rest = call.request().field("content-type");
        if (!same_name(next_member(rest, ';'), "multipart/form-data"))
            throw Problem(415, "expected multipart/form-data");
        while (!rest.empty()) {
            std::string_view parameter = next_member(rest, ';');
            if (!same_name(next_member(parameter, '='), "boundary")) continue;
            std::string_view value = detail::trimmed(parameter);
            if (value.size() > 1 && value.front() == '"' && value.back() == '"')
                value = value.substr(1, value.size() - 2);
            delimiter_ = "\r\n--" + std::string(value);
        }
        constexpr std::size_t kLongest = 70; // RFC 2046 § 5.1.1
        if (delimiter_.size() <= 4 || delimiter_.size() > kLongest + 4)
            throw Problem(400, "the form has no boundary of 1 to 70 characters");
    }
    Multipart(const Multipart &) = delete;
    Multipart &operator=(const Multipart &) = delete;

    // The next part, or nothing. What was not read of the one before is dropped.
    Task<std::optional<Part>> next()
    {
        while (const auto left = co_await read()) static_cast<void>(left);
        if (over_) co_return std::nullopt;
        if (++parts_ > limits_.parts)
            throw Problem(413, "expected at most " + std::to_string(limits_.parts) + " parts");
        input_.erase(0, delimiter_.size());
        co_await fill(2);
        if (input_.starts_with("--")) {
            over_ = true;
            co_return std::nullopt;
        }
        // Blanks may follow a delimiter.
        std::size_t end = std::string::npos;
        while ((end = input_.find("\r\n\r\n")) == std::string::npos) {
            if (input_.size() > limits_.head) throw Problem(413, "the head of a part is too long");
            co_await more();
        }
        if (end > limits_.head) throw Problem(413, "the head of a part is too long");
        Part part = parse_head(std::string_view(input_).substr(0, end + 2));
        input_.erase(0, end + 4);
        inside_ = true;
        // An empty body: the delimiter's own line end is that of the head.
        input_.insert(0, "\r\n");
        skip_ = 2;
        co_return part;
    }
    // Bytes of this part; nothing: it is complete. The view holds until the next read.
    Task<std::optional<std::string_view>> read()
    {
        if (started_ && !inside_) co_return std::nullopt;
        for (;;) {
            const std::size_t at = input_.find(delimiter_);
            const std::size_t sure =
                at != std::string::npos ? at : input_.size() - std::min(input_.size(), delimiter_.size());
            if (sure > skip_) {
                if (!started_) { // what is before the first part is nobody's
                    input_.erase(0, sure);
                    continue;
                }
                current_ = input_.substr(skip_, sure - skip_);
                input_.erase(0, sure);
                skip_ = 0;
                co_return current_;
            }
            if (at != std::string::npos) {
                input_.erase(0, at);
                skip_ = 0;
                started_ = true;
                inside_ = false;
                co_return std::nullopt;
            }
            co_await more();
        }
    }
    // All of this part. Throws Problem 413 if it is longer.
    Task<std::string> text(std::size_t most = 64 * 1024)
    {
        std::string whole;
        while (const auto bytes = co_await read()) {
            if (bytes->size() > most - whole.size())
                throw Problem(413, "expected a part of at most " + std::to_string(most) + " bytes");
            whole += *bytes;
        }
        co_return whole;
    }
    // This part into a file, which must not be there yet. Returns its size.
    Task<std::uint64_t> save(std::string path)
    {
        std::uint64_t size = 0;
        const hawser::detail::CreateWork create{path};
        co_await offload(create);
        while (const auto bytes = co_await read()) {
            size += bytes->size();
            co_await append_file(path, std::string(*bytes));
        }
        co_return size;
    }

private:
    // Until there are so many bytes.
    Task<> fill(std::size_t bytes)
    {
        while (input_.size() < bytes) co_await more();
    }
    Task<> more()
    {
        const auto part = co_await call_.read();
        if (!part) throw Problem(400, "the form ends before its last delimiter");
        whole_ += part->size();
        if (whole_ > limits_.whole)
            throw Problem(413, "expected a form of at most " + std::to_string(limits_.whole) + " bytes");
        input_ += *part;
    }
    // Lines of "Name: value", the first of them empty or blank.
    static Part parse_head(std::string_view head)
    {
        Part part;
        bool named = false;
        while (!head.empty()) {
            const std::size_t end = head.find("\r\n");
            std::string_view line = head.substr(0, end);
            head.remove_prefix(end + 2);
            const std::size_t colon = line.find(':');
            if (colon == std::string_view::npos) continue;
            const std::string_view name = line.substr(0, colon);
            std::string_view value = detail::trimmed(line.substr(colon + 1));
            if (same_name(name, "content-type")) part.type = value;
            if (!same_name(name, "content-disposition")) continue;
            const std::size_t first = value.find(';');
            if (!same_name(detail::trimmed(value.substr(0, first)), "form-data")) continue;
            named = parameter(value, "name", part.name);
            parameter(value, "filename", part.file_name);
        }
        if (!named) throw Problem(400, "a part of the form has no name");
        return part;
    }
    // A parameter in quotes, as browsers write them: %22 stands for a quote (WHATWG HTML § 4.10.21.8).
    static bool parameter(std::string_view value, std::string_view name, std::string &to)
    {
        for (std::size_t at = 0; (at = value.find(name, at)) != std::string_view::npos; at += name.size()) {
            const bool begins = at > 0 && (value[at - 1] == ' ' || value[at - 1] == ';' || value[at - 1] == '\t');
            if (!begins || value.substr(at + name.size(), 2) != "=\"") continue;
            const std::string_view rest = value.substr(at + name.size() + 2);
            std::string text;
            for (std::size_t i = 0; i < rest.size(); ++i) {
                if (rest[i] == '"') {
                    to = text;
                    return true;
                }
                if (rest.substr(i, 3) == "%22") {
                    text += '"';
                    i += 2;
                } else if (rest[i] == '\\' && i + 1 < rest.size() && (rest[i + 1] == '"' || rest[i + 1] == '\\')) {
                    text += rest[++i];
                } else {
                    text += rest[i];
                }
            }
        }
        return false;
    }
    Call &call_;
    MultipartLimits limits_;
    std::string delimiter_, input_, current_;
    std::size_t parts_ = 0, skip_ = 0; // skip_: bytes of input_ that are no part's
    std::uint64_t whole_ = 0;
    bool started_ = false, inside_ = false, over_ = false;
};

} // namespace hawser::http
