// What is in the place of a connection that plugins see: as long as there is one, everything goes on to it; once it has
// ended, who uses it is refused and named. For the loop's thread.
#pragma once

#include "hawser/abi.h"

#include <cstdint>

namespace hawser::host {

class LoopFace;

class ConnShell final : public hawser_conn {
public:
    // `conn`: null if it has ended. `tag`: of the node that it is of.
    ConnShell(LoopFace &face, std::uint32_t tag, hawser_conn *conn = nullptr)
        : hawser_conn{&kApi}
        , face_(face)
        , conn_(conn)
        , tag_(tag)
    {}
    void end() { conn_ = nullptr; }

private:
    static ConnShell &of(hawser_conn *conn) { return *static_cast<ConnShell *>(conn); }
    hawser_conn *below(const char *call) const; // null: it has ended; that was told
    static std::int32_t write(hawser_conn *, const hawser_piece *, std::size_t) noexcept;
    static std::int32_t send_file(hawser_conn *, std::intptr_t fd, std::uint64_t offset, std::uint64_t length,
                                  void (*release)(void *), void *ctx) noexcept;
    static void pause(hawser_conn *, std::int32_t paused) noexcept;
    static void set_timer(hawser_conn *, std::uint64_t at) noexcept;
    static void close(hawser_conn *, std::uint32_t how) noexcept;
    static void attach(hawser_conn *, const hawser_session *, void *self) noexcept;
    static std::int32_t address(hawser_conn *, std::uint32_t which, hawser_address *) noexcept;
    static std::int32_t tls(hawser_conn *, hawser_tls *) noexcept;
    static std::uint64_t queued(hawser_conn *) noexcept;
    static const hawser_conn_api kApi;

    LoopFace &face_;
    hawser_conn *conn_;
    std::uint32_t tag_;
};

} // namespace hawser::host
