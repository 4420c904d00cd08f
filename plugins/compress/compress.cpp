// The resource `compress`: another one, with answers that are compressed for clients that take them so.
// Tests: plugins/compress/tests/compress_test.cpp
#include "accept.hpp"
#include "coder.hpp"

#include "hawser/hawser.hpp"
#include "hawser/http.hpp"
#include "hawser/http_filter.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace {

using coding::Coder;
using coding::Coding;
using hawser::http::Head;

struct Rules {
    explicit Rules(const hawser::Node &node)
        : least(node.option("min_size").size())
        , level(static_cast<int>(node.option("level").integer()))
    {
        const hawser::Value names = node.option("codings"), kinds = node.option("types");
        for (std::uint32_t i = 0; i < names.count(); ++i) {
            for (const Coding each : {Coding::Gzip, Coding::Br, Coding::Zstd}) {
                if (names[i].text() == coding::name_of(each)) codings.push_back(each);
            }
        }
        for (std::uint32_t i = 0; i < kinds.count(); ++i) types.push_back(kinds[i].text());
    }

    bool takes(std::string_view type) const
    {
        type = type.substr(0, type.find_first_of("; "));
        return std::any_of(types.begin(), types.end(), [type](std::string_view each) {
            if (each == "*") return true;
            if (!each.ends_with("/*")) return hawser::http::same_name(each, type);
            each.remove_suffix(1);
            return type.size() > each.size() && hawser::http::same_name(each, type.substr(0, each.size()));
        });
    }

    std::vector<Coding> codings;
    std::vector<std::string_view> types;
    const std::uint64_t least;
    const int level;
};

// A part of a file that waits to be read and compressed.
struct FilePart {
    int fd = -1;
    std::uint64_t offset = 0, left = 0;
    void (*release)(void *) = nullptr;
    void *ctx = nullptr;
};

class Compressed : public hawser::http::Filter<Compressed> {
public:
    Compressed(const Rules &rules, Coding coding, bool of_head)
        : rules_(rules)
        , coding_(coding)
        , of_head_(of_head)
    {}
    ~Compressed() { let_go(); }

    std::int32_t respond(std::uint32_t status, const hawser_field *fields, std::size_t count, const hawser_piece *body,
                         std::size_t pieces)
    {
        Head head(status, fields, count);
        std::uint64_t length = 0;
        for (std::size_t i = 0; i < pieces; ++i) length += body[i].n;
        if (!may_compress(head)) return Filter::respond(status, fields, count, body, pieces);
        head.add_to_list("Vary", "Accept-Encoding");
        if (coding_ == Coding::Identity || length < rules_.least)
            return Filter::respond(status, head.fields(), head.count(), body, pieces);
        const auto coder = coding::make_coder(coding_, rules_.level);
        std::string out;
        for (std::size_t i = 0; i < pieces; ++i) coder->add({body[i].p, body[i].n}, Coder::Flush::None, out);
        coder->add({}, Coder::Flush::End, out);
        if (out.size() >= length) return Filter::respond(status, head.fields(), head.count(), body, pieces);
        release_all(body, pieces);
        describe(head);
        const hawser_piece piece{out.data(), out.size(), nullptr, nullptr};
        return Filter::respond(status, head.fields(), head.count(), &piece, 1);
    }

    std::int32_t begin(std::uint32_t status, const hawser_field *fields, std::size_t count, std::int64_t length)
    {
        Head head(status, fields, count);
        if (!may_compress(head)) return Filter::begin(status, fields, count, length);
        head.add_to_list("Vary", "Accept-Encoding");
        const bool short_one = length >= 0 && static_cast<std::uint64_t>(length) < rules_.least;
        if (coding_ == Coding::Identity || short_one) return Filter::begin(status, head.fields(), head.count(), length);
        // A file goes out a few pieces at a time: the rest when the client has taken them.
        if (!join()) throw std::runtime_error("out of memory");
        describe(head);
        streams_ = length < 0;
        coder_ = coding::make_coder(coding_, rules_.level);
        return Filter::begin(status, head.fields(), head.count(), HAWSER_HTTP_UNKNOWN);
    }

    std::int32_t write(const hawser_piece *body, std::size_t pieces)
    {
        if (!coder_ || of_head_) return Filter::write(body, pieces);
        if (!files_.empty()) throw std::logic_error("write after send_file, before on_drained");
        std::string out;
        for (std::size_t i = 0; i < pieces; ++i) coder_->add({body[i].p, body[i].n}, Coder::Flush::None, out);
        release_all(body, pieces);
        // What is made piece by piece is meant to be seen piece by piece.
        if (streams_) coder_->add({}, Coder::Flush::Sync, out);
        return send(out);
    }

    std::int32_t send_file(std::intptr_t fd, std::uint64_t offset, std::uint64_t length, void (*release)(void *),
                           void *ctx)
    {
        if (!coder_ || of_head_) return Filter::send_file(fd, offset, length, release, ctx);
        files_.push_back({static_cast<int>(fd), offset, length, release, ctx});
        return pump();
    }

    std::int32_t end(const hawser_field *trailers, std::size_t count)
    {
        if (!coder_ || of_head_) return Filter::end(trailers, count);
        if (!files_.empty()) return HAWSER_OK; // without trailers: it ends once the file is sent
        return end_now(trailers, count);
    }

    void on_drained()
    {
        if (files_.empty()) return tell_drained();
        if (pump() == HAWSER_FULL) return;
        if (!inner_is_done()) return tell_drained();
        end_now(nullptr, 0);
    }
    // After the inner one has ended, as long as a file waits.
    bool lingers() const { return !files_.empty(); }

private:
    static constexpr std::size_t kBlock = 65536;

    bool may_compress(const Head &head) const
    {
        const bool bodiless = head.status < 200 || head.status == 204 || head.status == 205 || head.status == 304;
        const bool part = head.status == 206 || head.has("Content-Range");
        if (bodiless || part || head.has("Content-Encoding")) return false;
        if (head.find("Cache-Control").find("no-transform") != std::string_view::npos) return false;
        return rules_.takes(head.find("Content-Type"));
    }

    void describe(Head &head) const
    {
        head.set("Content-Encoding", coding::name_of(coding_));
        head.remove("Accept-Ranges"); // of other bytes
        // The same content, not the same bytes (RFC 9110 § 8.8.3).
        const std::string_view tag = head.find("ETag");
        if (tag.starts_with('"')) head.set("ETag", head.keep("W/" + std::string(tag)));
    }

    std::int32_t send(const std::string &out)
    {
        if (out.empty()) return HAWSER_OK;
        const hawser_piece piece{out.data(), out.size(), nullptr, nullptr};
        return Filter::write(&piece, 1);
    }

    // FULL: on_drained goes on.
    std::int32_t pump()
    {
        std::array<char, kBlock> block;
        std::int32_t result = HAWSER_OK;
        while (!files_.empty()) {
            FilePart &file = files_.front();
            const std::size_t wanted = static_cast<std::size_t>(std::min<std::uint64_t>(file.left, block.size()));
            const ssize_t n = ::pread(file.fd, block.data(), wanted, static_cast<off_t>(file.offset));
            if (n < 0 && errno == EINTR) continue;
            if (n <= 0 && wanted > 0) throw std::runtime_error("the file became shorter while it was sent");
            file.offset += static_cast<std::uint64_t>(n);
            file.left -= static_cast<std::uint64_t>(n);
            std::string out;
            coder_->add({block.data(), static_cast<std::size_t>(n)}, Coder::Flush::None, out);
            if (file.left == 0) forget_file();
            result = send(out);
            if (result != HAWSER_OK) break;
        }
        return result == HAWSER_FULL && files_.empty() && inner_is_done() ? HAWSER_OK : result;
    }

    std::int32_t end_now(const hawser_field *trailers, std::size_t count)
    {
        std::string out;
        coder_->add({}, Coder::Flush::End, out);
        send(out);
        return Filter::end(trailers, count);
    }

    void forget_file()
    {
        const FilePart file = files_.front();
        files_.erase(files_.begin());
        if (file.release != nullptr) file.release(file.ctx);
    }
    void let_go()
    {
        while (!files_.empty()) forget_file();
    }

    const Rules &rules_;
    const Coding coding_;
    const bool of_head_; // HEAD: nothing of a body is sent
    bool streams_ = false;
    std::unique_ptr<Coder> coder_; // of an answer in parts
    std::vector<FilePart> files_;
};

class Compress {
public:
    explicit Compress(const hawser::Node &node)
        : node_(node)
        , inner_(node, "inner")
        , rules_(node)
    {}
    void request(hawser::http::Exchange exchange, hawser::http::Request request)
    {
        const Coding coding = coding::choose(request.field("accept-encoding"), rules_.codings);
        Compressed::serve(node_, inner_, exchange, request, rules_, coding, request.method() == HAWSER_HTTP_HEAD);
    }

private:
    hawser::Node node_;
    hawser::http::Inner inner_;
    Rules rules_;
};

} // namespace

HAWSER_PLUGIN(hawser::http::resource<Compress>("compress"))
