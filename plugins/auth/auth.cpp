// The resource `auth`: another one, for who has a name and a password (RFC 7617).
// Tests: plugins/auth/tests/auth_test.cpp
#include "users.hpp"

#include "hawser/hawser.hpp"
#include "hawser/http.hpp"
#include "hawser/http_filter.hpp"

#include <sha2.h>
#include <sys/random.h>
#include <sys/stat.h>

#include <array>
#include <chrono>
#include <exception>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

namespace {

using auth::Users;

constexpr std::uint64_t kLook = 1'000'000'000; // between two looks at the file

// The file of one instance; what it says is exchanged as a whole.
class UserFile {
public:
    UserFile(const hawser::Node &node, std::string path)
        : node_(node)
        , path_(std::move(path))
    {
        stat_now(seen_);
        users_ = std::make_shared<const Users>(read_first());
    }

    // One that was read again and is wrong changes nothing, and is told of.
    std::shared_ptr<const Users> users()
    {
        const std::uint64_t now = node_.loop()->now;
        struct stat is {};
        if (now - looked_ < kLook) return users_;
        looked_ = now;
        if (!stat_now(is) || same(is, seen_)) return users_;
        seen_ = is;
        try {
            users_ = std::make_shared<const Users>(Users::read(path_));
            node_.info("users_read", {{"file", path_}});
        } catch (const std::exception &why) {
            node_.error("users_not_read", {{"error", why.what()}});
        }
        return users_;
    }

private:
    Users read_first() const
    {
        try {
            return Users::read(path_);
        } catch (const std::exception &why) {
            throw hawser::Error("file", why.what());
        }
    }
    bool stat_now(struct stat &to) const { return ::stat(path_.c_str(), &to) == 0; }
    static bool same(const struct stat &a, const struct stat &b)
    {
        return a.st_ino == b.st_ino && a.st_size == b.st_size && a.st_mtim.tv_sec == b.st_mtim.tv_sec &&
               a.st_mtim.tv_nsec == b.st_mtim.tv_nsec;
    }

    hawser::Node node_;
    const std::string path_;
    struct stat seen_ {};
    std::uint64_t looked_ = 0;
    std::shared_ptr<const Users> users_;
};

// Which names and passwords were right a short time ago: digests with a key that nobody knows, never the passwords. The
// hash is part of it, so that a password that was changed counts no more.
class Memory {
public:
    explicit Memory(std::chrono::nanoseconds lasts)
        : lasts_(static_cast<std::uint64_t>(lasts.count()))
    {
        if (::getrandom(key_.data(), key_.size(), 0) != static_cast<ssize_t>(key_.size()))
            throw hawser::Error("no random numbers");
    }

    std::string digest(std::string_view name, std::string_view password, std::string_view hash) const
    {
        SHA2_CTX context;
        ::SHA256Init(&context);
        ::SHA256Update(&context, key_.data(), key_.size());
        for (const std::string_view part : {name, password, hash}) {
            const std::uint64_t n = part.size();
            ::SHA256Update(&context, reinterpret_cast<const std::uint8_t *>(&n), sizeof n);
            ::SHA256Update(&context, reinterpret_cast<const std::uint8_t *>(part.data()), part.size());
        }
        std::array<std::uint8_t, SHA256_DIGEST_LENGTH> out{};
        ::SHA256Final(out.data(), &context);
        return {reinterpret_cast<const char *>(out.data()), out.size()};
    }
    bool knows(const std::string &digest, std::uint64_t now) const
    {
        const auto found = until_.find(digest);
        return found != until_.end() && now < found->second;
    }
    void note(const std::string &digest, std::uint64_t now)
    {
        if (lasts_ == 0) return;
        if (until_.size() >= kMost) std::erase_if(until_, [now](const auto &each) { return each.second <= now; });
        if (until_.size() >= kMost) until_.clear();
        until_[digest] = now + lasts_;
    }

private:
    static constexpr std::size_t kMost = 10000;
    const std::uint64_t lasts_;
    std::array<std::uint8_t, 32> key_{};
    std::unordered_map<std::string, std::uint64_t> until_;
};

class Auth;

// A request whose password is looked at, or was.
class Checked : public hawser::http::Filter<Checked> {
public:
    Checked(Auth &of, std::string name)
        : auth_(of)
        , name_(std::move(name))
    {}
    void change(hawser_http_request &request);
    void check(std::shared_ptr<const Users> users, std::string password, std::string digest);

private:
    void checked(bool right, const std::string &digest);

    Auth &auth_;
    const std::string name_;
    std::unique_ptr<hawser::Offload> work_;
    std::vector<hawser_field> fields_;
};

class Auth {
public:
    explicit Auth(const hawser::Node &node)
        : node_(node)
        , inner_(node, "inner")
        , file_(node, std::string(node.option("file").path()))
        , memory_(node.option("remember").duration())
        , field_(node.option("user_field").text())
        , challenge_("Basic realm=\"" + quoted(node.option("realm").text()) + "\", charset=\"UTF-8\"")
    {
        if (!field_.empty() && !hawser::http::is_field_name(field_))
            throw hawser::Error("user_field", "expected the name of a header field, got \"" + field_ + '"');
    }

    void request(hawser::http::Exchange exchange, hawser::http::Request request)
    {
        std::string name, password;
        if (!auth::read_basic(request.field("authorization"), name, password)) return exchange.respond(refusal());
        const std::shared_ptr<const Users> users = file_.users();
        std::string digest = memory_.digest(name, password, users->hash_of(name));
        if (memory_.knows(digest, node_.loop()->now))
            return Checked::serve(node_, inner_, exchange, request, *this, std::move(name));
        Checked *checked = Checked::hold(node_, inner_, exchange, request, *this, std::move(name));
        if (checked != nullptr) checked->check(users, std::move(password), std::move(digest));
    }

    hawser::http::Response refusal() const
    {
        return {401, "text/plain; charset=utf-8", "401 Unauthorized\n", {{"WWW-Authenticate", challenge_}}};
    }
    const hawser::Node &node() const { return node_; }
    const std::string &field() const { return field_; }
    void remember(const std::string &digest) { memory_.note(digest, node_.loop()->now); }

private:
    static std::string quoted(std::string_view text)
    {
        if (!hawser::http::is_field_value(text))
            throw hawser::Error("realm", "expected a text without control characters");
        std::string out;
        for (const char c : text) {
            if (c == '"' || c == '\\') out += '\\';
            out += c;
        }
        return out;
    }

    hawser::Node node_;
    hawser::http::Inner inner_;
    UserFile file_;
    Memory memory_;
    const std::string field_, challenge_;
};

// The inner one sees the name, and never a field of that name from outside.
void Checked::change(hawser_http_request &request)
{
    if (auth_.field().empty()) return;
    hawser::http::Head seen(0, request.fields, request.field_count);
    seen.set(auth_.field(), name_);
    fields_.assign(seen.fields(), seen.fields() + seen.count());
    request.fields = fields_.data();
    request.field_count = fields_.size();
}

void Checked::check(std::shared_ptr<const Users> users, std::string password, std::string digest)
{
    work_ = std::make_unique<hawser::Offload>(auth_.node());
    const auto right = std::make_shared<bool>(false);
    const bool begun = work_->start([users = std::move(users), name = name_, password = std::move(password),
                                     right] { *right = users->are_right(name, password); },
                                    [this, right, digest = std::move(digest)](const std::exception_ptr &thrown) {
                                        checked(!thrown && *right, digest);
                                    });
    if (!begun) answer({503, "text/plain; charset=utf-8", "503 Service Unavailable\n", {{"Retry-After", "1"}}});
}

void Checked::checked(bool right, const std::string &digest)
{
    if (!right) return answer(auth_.refusal());
    auth_.remember(digest);
    go_on();
}

} // namespace

HAWSER_PLUGIN(hawser::http::resource<Auth>("auth"))
