// What an engine counts of its requests (hawser/metrics.h). For the loop's thread; counting is a few plain stores.
#pragma once

#include "hawser/metrics.h"

#include <array>
#include <cstdint>

namespace http_engine {

class Counts {
public:
    Counts();
    // Opens the metrics of a listener; without, everything counts into nothing.
    void open(hawser_loop *loop, const hawser_node *node);

    // A final answer's head is written.
    void answered(std::uint32_t status) const
    {
        const std::uint32_t first = status / 100 - 1;
        if (first < answers_.size()) hawser_metric_add(&answers_[first], 1);
    }
    // An answer has ended, so long after its request had come; bytes of the bodies.
    void ended(std::uint64_t ns, std::uint64_t taken, std::uint64_t given) const
    {
        hawser_metric_observe(&durations_, ns);
        hawser_metric_observe(&taken_, taken);
        hawser_metric_observe(&given_, given);
    }
    void kept() const { hawser_metric_add(&in_flight_, 1); }
    void given_back() const { hawser_metric_subtract(&in_flight_, 1); }

private:
    std::array<std::uint64_t, 2> nowhere_{};
    std::array<hawser_metric, 5> answers_; // by the first digit of the status
    hawser_metric durations_, taken_, given_, in_flight_;
};

} // namespace http_engine
