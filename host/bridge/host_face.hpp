// The host as plugins see it: the tables hawser_host and hawser_loop_api, and what stands behind them in one
// compartment. One HostFace a compartment; made before its loops, destroyed after them.
#pragma once

#include "base/log.hpp"
#include "config/plan.hpp"
#include "hawser/abi.h"
#include "loop/offload.hpp"

#include <functional>
#include <string>
#include <vector>

namespace hawser::host {

class LoopFace;
class Metrics;
class RecordWriter;

class HostFace {
public:
    HostFace(Log &log, OffloadPool &pool);
    HostFace(const HostFace &) = delete;
    HostFace &operator=(const HostFace &) = delete;

    static HostFace &of(const hawser_host *host);
    const hawser_host *abi() const { return &face_.abi; }
    Log &log() { return log_; }
    OffloadPool &pool() { return pool_; }

    // The lines of requests; null: off. Set before any instance is created; the writer outlives the loops.
    struct Access {
        RecordWriter *lines = nullptr;
        AccessFormat format = AccessFormat::Off;
    };
    void set_access(const Access &access) { access_ = access; }
    const Access &access() const { return access_; }

    // Null: there are none. Set before any instance is created; outlives the loops.
    void set_metrics(Metrics *metrics) { metrics_ = metrics; }
    Metrics *metrics() const { return metrics_; }

    void add_loop(LoopFace *loop) { loops_.push_back(loop); }
    const std::vector<LoopFace *> &loops() const { return loops_; }
    // Hears of hawser_host.fail on any thread.
    void on_failed(std::function<void(const std::string &node, const std::string &why)> hear)
    {
        failed_ = std::move(hear);
    }

    // A plugin broke the contract of hawser/abi.h: `call` is what it called or answered, `what` what is wrong with it.
    // `entry`: the function of the node's that did so; 0: it is not known. Logged by whoever knows the nodes.
    void broke(std::uint32_t tag, std::uint32_t entry, std::string_view call,
               std::string_view what) const; // [any-thread]
    using Broken = std::function<void(std::uint32_t tag, std::uint32_t entry, const std::string &text)>;
    void on_broken(Broken hear) { broken_ = std::move(hear); }
    // Whether calls are checked that cost to be checked (abi_check). Set before there is a loop.
    void set_checks(bool on) { checks_ = on; }
    bool checks() const { return checks_; }

    // Hears of hawser_life.stop on any thread.
    void on_end_asked(std::function<void(const std::string &node, int status, const std::string &why)> hear)
    {
        end_asked_ = std::move(hear);
    }
    void ask_end(const std::string &node, int status, const std::string &why) const // [any-thread]
    {
        if (end_asked_) end_asked_(node, status, why);
    }

    // A function of the node `tag` threw; from inside of the handler of that. Logged by whoever knows the nodes.
    void threw(std::uint32_t tag, std::uint32_t entry) noexcept; // [any-thread]
    void on_threw(std::function<void(std::uint32_t tag, std::uint32_t entry, const std::string &text)> hear)
    {
        threw_ = std::move(hear);
    }

private:
    struct Face {
        hawser_host abi;
        HostFace *owner;
    };
    static const void *get_interface(const hawser_host *, const char *id) noexcept;
    static void write_log(const hawser_node *, std::uint32_t level, hawser_str event, const hawser_field *fields,
                          std::size_t count) noexcept;
    static std::int32_t post(const hawser_host *, hawser_ref to, void (*run)(void *, void *), void *arg) noexcept;
    static void fail(const hawser_node *, hawser_str why) noexcept;

    Face face_;
    Log &log_;
    OffloadPool &pool_;
    Access access_;
    Metrics *metrics_ = nullptr;
    std::vector<LoopFace *> loops_;
    std::function<void(const std::string &, const std::string &)> failed_;
    Broken broken_;
    bool checks_ = false;
    std::function<void(const std::string &, int, const std::string &)> end_asked_;
    std::function<void(std::uint32_t, std::uint32_t, const std::string &)> threw_;
};

inline std::string_view view(hawser_str text) { return {text.p, text.n}; }
inline hawser_str str(std::string_view text) { return {text.data(), text.size()}; }

} // namespace hawser::host
