// What is counted of the calls of one service. Each loop has cells of its own, opened with its first call.
#pragma once

#include "hawser/abi.h"
#include "hawser/metrics.hpp"
#include "hawser/node.hpp"

#include <array>
#include <chrono>
#include <cstdint>
#include <memory>

namespace sqlite {

class Statistics {
public:
    // Of one loop, and for its thread.
    class OnLoop {
    public:
        explicit OnLoop(const hawser::Node &node)
            : in_flight(node, "sqlite_calls_in_flight", "Calls that are on their way", {.labels = {service(node)}})
            , waits(node, "sqlite_writer_waits_total", "Calls that waited for the place of the writer",
                    {.labels = {service(node)}})
            , ok_(result(node, "ok"))
            , failed_(result(node, "failed"))
            , timed_out_(result(node, "timed_out"))
            , cancelled_(result(node, "cancelled"))
            , refused_(result(node, "refused"))
            , duration_(node, "sqlite_call_duration_seconds", "From a call to its end, all waiting included",
                        {100'000, 1'000'000, 10'000'000, 100'000'000, 1'000'000'000, 10'000'000'000},
                        {.unit = "seconds", .labels = {service(node)}, .scale = 1e-9})
        {}
        void refused() const { refused_.add(); }
        void cancelled() const { cancelled_.add(); }
        void ended(std::int32_t status, std::chrono::nanoseconds time) const
        {
            duration_.observe(static_cast<std::uint64_t>(time.count()));
            (status == HAWSER_OK ? ok_ : status == HAWSER_TIMED_OUT ? timed_out_ : failed_).add();
        }
        hawser::Gauge in_flight;
        hawser::Counter waits;

    private:
        static hawser::Field service(const hawser::Node &node) { return {"service", node.name()}; }
        static hawser::Counter result(const hawser::Node &node, std::string_view how)
        {
            return {
                node, "sqlite_calls_total", "Calls, by how they ended", {.labels = {service(node), {"result", how}}}};
        }
        hawser::Counter ok_, failed_, timed_out_, cancelled_, refused_;
        hawser::Histogram duration_;
    };

    explicit Statistics(const hawser::Node &node)
        : node_(node)
    {}
    // [loop]
    const OnLoop &on(hawser_loop *loop)
    {
        std::unique_ptr<OnLoop> &mine = loops_[loop->index % loops_.size()];
        if (mine == nullptr) mine = std::make_unique<OnLoop>(hawser::Node(loop, node_.raw()));
        return *mine;
    }

private:
    hawser::Node node_;
    std::array<std::unique_ptr<OnLoop>, 256> loops_; // a loop's number has eight bits
};

} // namespace sqlite
