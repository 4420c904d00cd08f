// hawser.process/1 as plugins see it: a program's input and output as a connection, and its end. For one loop's thread.
#pragma once

#include "base/fd.hpp"
#include "bridge/crumbs.hpp"
#include "bridge/host_face.hpp"
#include "bridge/loop_face.hpp"
#include "hawser/process.h"
#include "net/child.hpp"

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>

struct hawser_process {};

namespace hawser::host {

extern const hawser_processes kProcesses;

// Owned by itself: it ends after on_close, and rests then.
class ChildProcess final : public hawser_conn, public hawser_process, public Guest {
public:
    static constexpr std::uint64_t kHighMark = 256u << 10, kLowMark = 64u << 10, kMostQueued = 16u << 20;
    static constexpr std::uint64_t kGrace = 5'000'000'000;

    struct Owner {
        const hawser_session *session;
        const hawser_process_events *events; // or null
        void *self;
        std::uint32_t tag, errors; // HAWSER_ERRORS_…
        std::string name;          // of its node
        std::uint64_t grace;
    };
    // One that was started; begin() is next.
    ChildProcess(LoopFace &face, Owner owner, StartedChild started);
    ~ChildProcess();
    ChildProcess(const ChildProcess &) = delete;
    ChildProcess &operator=(const ChildProcess &) = delete;

    // Whether a plugin may use it; if not, the log says who did so.
    bool here(const char *call)
    {
        return face_.here(call, owner_.tag) &&
               (!over_ || face_.ended(call, owner_.tag, "a program whose on_close has not returned"));
    }
    bool begin(); // false: the loop cannot watch it; then it is killed and waited for
    int id() const { return pid_; }
    std::int32_t signal(int number);

private:
    // One of its descriptors in the loop's set.
    class End final : public Watch {
    public:
        using Heard = void (ChildProcess::*)(std::uint32_t events);
        End(ChildProcess &owner, Heard heard)
            : owner_(owner)
            , heard_(heard)
        {}
        void on_ready(std::uint32_t events) override
        {
            if (fd) (owner_.*heard_)(events);
        }
        bool add(std::uint32_t events);
        void want(std::uint32_t events);
        void close();
        Fd fd;

    private:
        ChildProcess &owner_;
        Heard heard_;
        std::uint32_t events_ = 0;
        bool in_set_ = false;
    };
    struct Waiting {
        std::string copy; // of a piece without release
        hawser_piece piece{};
    };
    enum class Later : std::uint8_t { Open, Give, End };

    // Calls the plugin with a crumb left. What it throws is logged and aborts the program.
    template<typename Call>
    void call(std::uint32_t entry, const Call &into)
    {
        const crumb::Left left(*face_.abi(), owner_.tag, entry);
        try {
            into();
        } catch (...) {
            face_.host().threw(owner_.tag, entry);
            close(HAWSER_ABORT);
        }
    }
    // Nothing may be posted that comes after its end.
    bool is_over() const { return closing_ || concluding_; }
    void later(Later what);
    void abort() override;
    void open();
    void read_output(std::uint32_t events);
    void read_errors(std::uint32_t events);
    void write_input(std::uint32_t events);
    void ended(std::uint32_t events);
    void give(const char *data, std::size_t n);
    void end_output();
    void say_errors(std::string_view data);
    std::int32_t write(const hawser_piece *pieces, std::size_t count);
    void flush();
    void drop_queue();
    void end_input();
    void close(std::uint32_t how);
    void fail(std::int32_t reason);
    void wait_grace();
    void grace_passes();
    void timer_due();
    void settle();
    void conclude();
    void let_go();
    static ChildProcess &of(hawser_conn *conn) { return *static_cast<ChildProcess *>(conn); }
    static std::int32_t api_write(hawser_conn *, const hawser_piece *, std::size_t) noexcept;
    static std::int32_t api_send_file(hawser_conn *, std::intptr_t fd, std::uint64_t offset, std::uint64_t length,
                                      void (*release)(void *), void *ctx) noexcept;
    static void api_pause(hawser_conn *, std::int32_t paused) noexcept;
    static void api_set_timer(hawser_conn *, std::uint64_t at) noexcept;
    static void api_close(hawser_conn *, std::uint32_t how) noexcept;
    static void api_attach(hawser_conn *, const hawser_session *, void *self) noexcept;
    static std::int32_t api_address(hawser_conn *, std::uint32_t which, hawser_address *) noexcept;
    static std::int32_t api_tls(hawser_conn *, hawser_tls *) noexcept;
    static std::uint64_t api_queued(hawser_conn *) noexcept;
    static const hawser_conn_api kApi;

    LoopFace &face_;
    Owner owner_;
    int pid_;
    End process_, input_, output_, errors_;
    std::deque<Waiting> waiting_;
    std::string kept_, line_; // output that was not consumed; the beginning of a line of errors
    std::uint64_t queued_ = 0;
    TimerHeap::Place timer_ = nullptr, grace_ = nullptr;
    hawser_exit exit_{};
    std::int32_t reason_ = HAWSER_CLOSED;
    unsigned steps_ = 0; // of its grace that have passed
    bool paused_ = false, full_ = false, shuts_ = false, closing_ = false, concluding_ = false;
    bool exited_ = false, gives_ = false, flushing_ = false, told_end_ = false, opens_ = false;
    bool over_ = false;
};

} // namespace hawser::host
