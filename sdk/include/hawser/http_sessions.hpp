// hawser/http_sessions.hpp: what a server remembers of a visitor, found again by a cookie. The cookie holds a random
// number and nothing else; where the rest is kept is a SessionStore's matter.
//
//     struct Shop {
//         using Shared = hawser::http::MemorySessions;              // one for all loops
//         hawser::Node node;
//         hawser::http::Sessions sessions{node.shared<Shared>(), node};
//         hawser::Task<hawser::http::Response> get(hawser::http::Call &call)
//         {
//             auto session = co_await sessions.open(call.request());
//             session.set("visits", …);
//             co_await sessions.save(std::move(session), call.request(), response);
//             co_return response;
//         }
//     };
#pragma once

#include "hawser/http_cookies.hpp"
#include "hawser/http_exchange.hpp"
#include "hawser/node.hpp"
#include "hawser/task.hpp"

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <list>
#include <map>
#include <mutex>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

namespace hawser::http {

using SessionData = std::map<std::string, std::string, std::less<>>;

// Where sessions are kept: in this process, or beyond it, so that they outlive a reload. Times are nanoseconds since
// 1970.
class SessionStore {
public:
    virtual ~SessionStore() = default;
    // Nothing: there is none, or its time is over.
    virtual Task<std::optional<SessionData>> load(std::string id, std::int64_t now) = 0;
    virtual Task<> save(std::string id, SessionData data, std::int64_t now, std::int64_t until) = 0;
    virtual Task<> remove(std::string id) = 0;
};

// In this process: gone with the generation. Thread-safe; at most so many, the one unused the longest goes first.
class MemorySessions : public SessionStore {
public:
    explicit MemorySessions(std::size_t most = 100'000)
        : most_of_shard_(most / kShards + 1)
    {}
    Task<std::optional<SessionData>> load(std::string id, std::int64_t now) override
    {
        Shard &shard = shard_of(id);
        const std::scoped_lock lock(shard.mutex);
        const auto found = shard.by_id.find(id);
        if (found == shard.by_id.end()) co_return std::nullopt;
        if (found->second->until <= now) {
            shard.remove(found);
            co_return std::nullopt;
        }
        shard.all.splice(shard.all.begin(), shard.all, found->second);
        co_return found->second->data;
    }
    Task<> save(std::string id, SessionData data, std::int64_t, std::int64_t until) override
    {
        Shard &shard = shard_of(id);
        const std::scoped_lock lock(shard.mutex);
        if (const auto found = shard.by_id.find(id); found != shard.by_id.end()) shard.remove(found);
        if (shard.all.size() >= most_of_shard_) shard.remove(shard.by_id.find(shard.all.back().id));
        shard.all.push_front({std::move(id), std::move(data), until});
        shard.by_id.emplace(shard.all.front().id, shard.all.begin());
        co_return;
    }
    Task<> remove(std::string id) override
    {
        Shard &shard = shard_of(id);
        const std::scoped_lock lock(shard.mutex);
        if (const auto found = shard.by_id.find(id); found != shard.by_id.end()) shard.remove(found);
        co_return;
    }
    std::size_t size() const
    {
        std::size_t all = 0;
        for (const Shard &shard : shards_) {
            const std::scoped_lock lock(shard.mutex);
            all += shard.all.size();
        }
        return all;
    }

private:
    struct Kept {
        std::string id;
        SessionData data;
        std::int64_t until;
    };
    struct Shard {
        mutable std::mutex mutex;
        std::list<Kept> all; // the last used first; all below guarded by mutex
        std::unordered_map<std::string_view, std::list<Kept>::iterator> by_id;
        void remove(std::unordered_map<std::string_view, std::list<Kept>::iterator>::iterator at)
        {
            const auto kept = at->second;
            by_id.erase(at);
            all.erase(kept);
        }
    };
    static constexpr std::size_t kShards = 16;
    Shard &shard_of(std::string_view id) { return shards_[std::hash<std::string_view>()(id) % kShards]; }
    std::size_t most_of_shard_;
    std::array<Shard, kShards> shards_;
};

// One visitor's, while a request is answered.
class Session {
public:
    std::optional<std::string_view> get(std::string_view name) const
    {
        const auto found = data_.find(name);
        return found != data_.end() ? std::optional<std::string_view>(found->second) : std::nullopt;
    }
    void set(std::string name, std::string value) { data_[std::move(name)] = std::move(value); }
    void erase(std::string_view name)
    {
        if (const auto found = data_.find(name); found != data_.end()) data_.erase(found);
    }
    // Another id for the same: whenever the visitor becomes somebody else, as by logging in.
    void renew() { renewed_ = true; }
    // All of it is forgotten, and the cookie too.
    void end() { ended_ = true; }
    bool is_new() const { return id_.empty(); }

private:
    friend class Sessions;
    std::string id_; // empty: it has none yet
    SessionData data_;
    bool renewed_ = false, ended_ = false;
};

class Sessions {
public:
    Sessions(SessionStore &store, const Node &node, std::chrono::seconds time = std::chrono::hours(1),
             std::string cookie = "session")
        : store_(store)
        , node_(node)
        , time_(time)
        , cookie_(std::move(cookie))
    {}
    // The visitor's session, or a new one, which is kept once it is saved.
    Task<Session> open(const Request &request) { return open(store_, node_, find_id(request)); }
    // Keeps it, and sets the cookie of `response`, which lives until this is done.
    Task<> save(Session session, const Request &request, Response &response)
    {
        return save(store_, node_, std::move(session), cookie_, time_, request, response);
    }

private:
    static constexpr std::size_t kIdSize = 32;
    std::string find_id(const Request &request) const
    {
        const std::string_view id = find_cookie(request, cookie_).value_or("");
        if (id.size() != kIdSize || id.find_first_not_of("0123456789abcdef") != std::string_view::npos) return {};
        return std::string(id);
    }
    // 128 bits that nobody can guess.
    static std::string new_id()
    {
        constexpr const char *kHex = "0123456789abcdef";
        std::random_device random;
        std::string id;
        while (id.size() < kIdSize) {
            std::uint32_t bits = random();
            for (int i = 0; i < 8; ++i, bits >>= 4) id += kHex[bits & 15];
        }
        return id;
    }
    static Task<Session> open(SessionStore &store, Node node, std::string id)
    {
        Session session;
        if (id.empty()) co_return session;
        auto data = co_await store.load(id, node.loop()->wall);
        if (!data) co_return session; // one that nobody here gave out is not taken over
        session.id_ = std::move(id);
        session.data_ = std::move(*data);
        co_return session;
    }
    static Task<> save(SessionStore &store, Node node, Session session, std::string name, std::chrono::seconds time,
                       Request request, Response &response)
    {
        const std::string old = session.id_;
        if ((session.ended_ || session.renewed_) && !old.empty()) co_await store.remove(old);
        if (session.ended_) {
            if (!old.empty()) set_cookie(response, request, forget_cookie(name));
            co_return;
        }
        const std::string id = old.empty() || session.renewed_ ? new_id() : old;
        const std::int64_t now = node.loop()->wall;
        set_cookie(response, request, Cookie{.name = name, .value = id, .max_age = time});
        co_await store.save(id, std::move(session.data_), now, now + std::chrono::nanoseconds(time).count());
    }
    SessionStore &store_;
    Node node_;
    std::chrono::seconds time_;
    std::string cookie_;
};

} // namespace hawser::http
