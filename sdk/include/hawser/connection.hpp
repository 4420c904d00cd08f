// hawser/connection.hpp: a byte stream, as its session writes to it. A handle; copies are cheap. [loop]
#pragma once

#include "hawser/abi.h"
#include "hawser/error.hpp"

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace hawser {

class Connection {
public:
    Connection() = default;
    explicit Connection(hawser_conn *conn)
        : conn_(conn)
    {}

    // Queues a copy. False: stop until drained() (or the connection has ended, and closed() follows).
    bool write(std::string_view bytes) const
    {
        const hawser_piece piece{bytes.data(), bytes.size(), nullptr, nullptr};
        return conn_->api->write(conn_, &piece, 1) == HAWSER_OK;
    }
    // Without a copy: `bytes` lives as long as the plugin does.
    bool write_static(std::string_view bytes) const
    {
        const hawser_piece piece{bytes.data(), bytes.size(), keep, nullptr};
        return conn_->api->write(conn_, &piece, 1) == HAWSER_OK;
    }
    // Without a copy of a long text: it is kept until it is sent.
    bool write(std::string &&bytes) const
    {
        constexpr std::size_t kCopied = 4096;
        if (bytes.size() <= kCopied) return write(std::string_view(bytes));
        auto *kept = new std::string(std::move(bytes));
        const hawser_piece piece{kept->data(), kept->size(), drop, kept};
        return conn_->api->write(conn_, &piece, 1) == HAWSER_OK;
    }
    bool write(const char *text) const { return write(std::string_view(text)); }

    void pause(bool paused) const { conn_->api->pause(conn_, paused ? 1 : 0); }
    void set_timer(std::uint64_t at) const { conn_->api->set_timer(conn_, at); } // of the loop's clock; 0: none
    void shut_down() const { conn_->api->close(conn_, HAWSER_SHUTDOWN); }
    void close() const { conn_->api->close(conn_, HAWSER_CLOSE); }
    void abort() const { conn_->api->close(conn_, HAWSER_ABORT); }

    // "192.0.2.1:8080"; empty: none.
    std::string peer() const
    {
        hawser_address address{};
        address.struct_size = sizeof address;
        return conn_->api->address(conn_, HAWSER_PEER, &address) == HAWSER_OK ? address.text : "";
    }
    hawser_conn *raw() const { return conn_; }

private:
    static void HAWSER_CALL keep(void *) noexcept {}
    static void HAWSER_CALL drop(void *text) noexcept { delete static_cast<std::string *>(text); }
    hawser_conn *conn_ = nullptr;
};

} // namespace hawser
