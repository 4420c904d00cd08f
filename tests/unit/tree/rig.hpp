// A tree of parts that do as they are told, on a loop whose clock the test moves.
#pragma once

#include "tree/tree.hpp"

#include <gtest/gtest.h>

#include <deque>
#include <string>
#include <utility>

namespace hawser::host {

// Notes what it was asked, and answers at once unless it holds its answers back.
struct FakePart final : Part {
    std::string name;
    std::string *log = nullptr;
    std::string refuses; // why it does not start
    bool holds_start = false, holds_stop = false;
    std::function<void(std::optional<Failure>)> started;
    std::function<void()> stopped;

    void start(std::function<void(std::optional<Failure>)> done) override
    {
        *log += "+" + name;
        started = std::move(done);
        if (!holds_start) answer_start();
    }
    void answer_start()
    {
        auto done = std::move(started);
        if (refuses.empty())
            done(std::nullopt);
        else
            done(Failure{Status::PluginFailed, name, "", refuses});
    }
    void stop(std::function<void()> done) override
    {
        *log += "-" + name;
        stopped = std::move(done);
        if (!holds_stop) answer_stop();
    }
    void answer_stop()
    {
        auto done = std::move(stopped);
        done();
    }
};

class TreeRig : public ::testing::Test {
protected:
    static constexpr std::uint64_t kEach = 30'000'000'000, kRollback = 8'000'000'000;

    FakePart &add(std::vector<std::size_t> needs = {}, RestartRule rule = {})
    {
        FakePart &part = parts_.emplace_back();
        part.name = std::string(1, static_cast<char>('a' + parts_.size() - 1));
        part.log = &log_;
        tree_.add({part.name, "kind", "plugin", &part, std::move(needs), rule});
        return part;
    }
    void start()
    {
        tree_.start(kEach, kRollback, [this](const std::optional<Failure> &failure) {
            outcome_ += failure ? failure->node + ": " + failure->text : "running";
        });
    }
    void stop(std::uint64_t all_ns = kRollback)
    {
        tree_.stop(all_ns, [this] { log_ += "."; });
    }
    void pass(std::uint64_t ns)
    {
        now_ += ns;
        loop_.timers().fire_due(now_);
    }
    void pass_ms(std::uint64_t ms) { pass(ms * 1'000'000); }
    std::string states() const
    {
        std::string all;
        for (const NodeReport &report : tree_.report()) all += (all.empty() ? "" : " ") + report.state;
        return all;
    }
    NodeReport at(std::size_t node) const { return tree_.report()[node]; }

    std::uint64_t now_ = 0;
    std::int64_t wall_ = 0;
    LoopCounters counters_;
    Loop loop_{0, now_, wall_, counters_};
    std::string log_, outcome_;  // what the parts were asked; what start() told
    std::string events_;         // "c start_failed error=no\n"
    bool reads_reports_ = false; // at each event, into:
    std::string shown_;          // "c start_failed: failed, DETAIL\n"
    std::deque<FakePart> parts_;
    Tree tree_{loop_, [this](Level, std::string_view node, std::string_view event, std::span<const LogField> fields) {
                   events_ += std::string(node) + ' ' + std::string(event);
                   for (const LogField &field : fields) {
                       if (event != "started" && event != "stopped" && event != "restarted" && event != "finished")
                           events_ += ' ' + std::string(field.name) + '=' + std::string(field.value);
                   }
                   events_ += '\n';
                   for (const NodeReport &report : reads_reports_ ? tree_.report() : std::vector<NodeReport>()) {
                       if (report.name != node) continue;
                       shown_ += report.name + ' ' + std::string(event) + ": " + report.state + ", " + report.detail;
                       shown_ += '\n';
                   }
               }};
};

} // namespace hawser::host
