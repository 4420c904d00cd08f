// What abi_check = true watches beside what is always watched: connections that are used after their end, views that
// are kept, and what an instance leaves behind. For one loop's thread; slower, and meant for who writes plugins.
#pragma once

#include "hawser/abi.h"
#include "loop/refs.hpp"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <unordered_map>

namespace hawser::host {

class Conn;
class ConnShell;
class LoopFace;

class Checked {
public:
    explicit Checked(LoopFace &face);
    ~Checked();
    Checked(const Checked &) = delete;
    Checked &operator=(const Checked &) = delete;

    // What the plugin sees of a connection. It stays when that has gone, and says so to whoever uses it.
    hawser_conn *shown(Conn &conn);
    void gone(Conn &conn);
    // on_data with a copy that is overwritten as soon as it returns.
    static std::size_t deliver(const hawser_session &session, void *self, hawser_bytes data);
    // Operations that a node has pending.
    void started(std::uint32_t tag) { ++pending_[tag]; }
    void ended(std::uint32_t tag) { --pending_[tag]; }
    void report_left(std::uint32_t tag, const Refs &refs);

private:
    static constexpr std::size_t kRemembered = 65536; // connections that have ended
    LoopFace &face_;
    std::unordered_map<const Conn *, std::unique_ptr<ConnShell>> live_;
    std::deque<std::unique_ptr<ConnShell>> over_;
    std::map<std::uint32_t, std::int64_t> pending_;
};

} // namespace hawser::host
