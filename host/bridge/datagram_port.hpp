// hawser.datagram/1 as plugins see it: a socket for datagrams with what waits to be sent. For one loop's thread.
#pragma once

#include "base/fd.hpp"
#include "bridge/crumbs.hpp"
#include "bridge/host_face.hpp"
#include "bridge/loop_face.hpp"
#include "bridge/name_lookup.hpp"
#include "hawser/datagram.h"
#include "net/datagram.hpp"

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>

struct hawser_port {};

namespace hawser::host {

extern const hawser_datagrams kDatagrams;

// Owned by itself: it ends after on_close, and rests then.
class DatagramPort final : public hawser_port, public Watch, public Guest {
public:
    static constexpr std::uint64_t kHighMark = 256u << 10, kLowMark = 64u << 10, kMostQueued = 1u << 20;
    static constexpr unsigned kBatch = 16, kBatchesInTurn = 4; // datagrams of one port in a turn of its loop

    DatagramPort(LoopFace &face, std::uint32_t tag, const hawser_receiver *receiver, void *self);
    ~DatagramPort();
    DatagramPort(const DatagramPort &) = delete;
    DatagramPort &operator=(const DatagramPort &) = delete;

    // Whether a plugin may use it; if not, the log says who did so.
    bool here(const char *call)
    {
        return face_.here(call, tag_) && (!over_ || face_.ended(call, tag_, "a port whose on_close has not returned"));
    }
    // 0 or errno. `peer`: null, or whom it talks to, by name or literal.
    int begin(const DatagramAddress &local, bool any, std::uint32_t flags, const NameQuestion *peer);
    int begin_unix(const DatagramAddress &local, std::uint32_t flags, const DatagramAddress *peer);
    std::int32_t send(hawser_bytes data, const hawser_address *to);
    void pause(bool paused);
    void close(std::int32_t reason, std::string detail = {});
    std::int32_t member(const hawser_address &group, std::uint32_t interface_index, bool member);
    std::int32_t set(std::uint32_t what, std::uint32_t value);
    std::int32_t address(std::uint32_t which, hawser_address &address) const;

private:
    struct Waiting {
        std::string data;
        DatagramAddress to; // size 0: the peer
    };
    struct Kept {
        std::string data;
        hawser_address from;
    };
    // Calls the plugin with a crumb left. What it throws is logged and closes the port.
    template<typename Call>
    void call(std::uint32_t entry, const Call &into)
    {
        const crumb::Left left(*face_.abi(), tag_, entry);
        try {
            into();
        } catch (...) {
            face_.host().threw(tag_, entry);
            close(HAWSER_FAILED, "a function of its receiver threw");
        }
    }
    static void found(void *who, int status, Addresses addresses);
    int open_socket(const DatagramAddress &local);
    int meet(const DatagramAddress &peer);
    int post_open();
    void opened();
    void conclude();
    void let_go();
    void abort() override { close(HAWSER_CANCELLED, "the loop ends"); }
    void on_ready(std::uint32_t events) override;
    void receive();
    void hear(const char *data, std::size_t n, const hawser_address &from);
    void give_kept();
    void tell_error(int error);
    std::int32_t transmit(std::string_view data, const DatagramAddress &to);
    std::int32_t queue(std::string_view data, const DatagramAddress &to);
    void flush();
    void want();
    bool read_to(const hawser_address &to, DatagramAddress &address) const;

    LoopFace &face_;
    std::uint32_t tag_;
    const hawser_receiver *receiver_;
    void *self_;
    Fd socket_;
    UnixName name_;
    std::optional<DatagramAddress> local_; // bound later, once the peer's family is known
    std::uint32_t flags_ = 0, watched_ = 0;
    NameLookup *lookup_ = nullptr;
    std::deque<Waiting> waiting_;
    std::deque<Kept> kept_; // was read in the turn in which the port was paused
    std::uint64_t queued_ = 0;
    bool any_ = false, has_peer_ = false, is_open_ = false, paused_ = false, full_ = false, closed_ = false,
         gives_ = false, over_ = false;
    std::int32_t reason_ = HAWSER_OK;
    std::string detail_;
};

} // namespace hawser::host
