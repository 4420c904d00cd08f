// The lines of one engine in the access log, while the operator has it on: one for each request that was answered or
// rejected, in the stream that the host keeps (hawser/records.h). For the loop's thread.
#pragma once

#include "access_text.hpp"
#include "hawser/abi.h"
#include "hawser/records.h"

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

namespace http_engine {

struct Exchange;
struct Session;

class Access {
public:
    // Null: it is off.
    static std::unique_ptr<Access> open(hawser_loop *loop, const hawser_node *node);

    // An answer has ended. `bytes` of its body were handed to the connection; not `complete`: the rest never will be.
    void answered(const Exchange &exchange, std::uint32_t status, std::uint64_t bytes, bool complete);
    // The exchange ends before its answer has: status 499 if that had not begun.
    void cut_off(const Exchange &exchange);
    // What came was no request; `input` begins with it, or nothing of it is at hand.
    void rejected(const Session &session, std::uint32_t status, std::uint64_t bytes, std::string_view input);

    // Asks a connection for its peer, once. The number goes to forget() when the connection ends; 0: no memory.
    std::uint32_t meet(hawser_conn *conn);
    void forget(std::uint32_t peer);

private:
    struct Peer {
        std::uint32_t next = 0; // while it is nobody's
        std::uint8_t size = 0, host_at = 0, host_size = 0;
        char text[112];
    };
    Access(hawser_loop *loop, const hawser_node *node, const hawser_records *records, hawser_stream *stream,
           std::uint32_t format);
    void set_peer(AccessEntry &entry, const Session &session) const;
    void write(AccessEntry &entry);

    hawser_loop *loop_;
    const hawser_records *records_;
    hawser_stream *stream_;
    bool json_;
    std::string_view listener_;
    std::uint64_t number_; // of the last request
    AccessText text_;
    std::vector<Peer> peers_; // by number, which counts from 1
    std::uint32_t free_ = 0;
};

} // namespace http_engine
