// hawser/testing/problems.hpp: what a test did wrong towards the host, or a plugin towards its contract. Part of
// hawser/testing.hpp.
#pragma once

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace hawser::testing {

// What is done with a problem that nobody took. As it is: printed, and the program ends. With GoogleTest, once:
//     hawser::testing::on_problem = [](const std::string &text) { ADD_FAILURE() << text; };
inline std::function<void(const std::string &)> on_problem = [](const std::string &text) {
    std::fprintf(stderr, "%s\n", text.c_str());
    std::abort();
};

class Problems {
public:
    explicit Problems(std::uint64_t seed)
        : seed_(seed)
    {}
    Problems(const Problems &) = delete;
    Problems &operator=(const Problems &) = delete;
    ~Problems()
    {
        for (const std::string &text : texts_)
            on_problem(text + "; HAWSER_SEED=" + std::to_string(seed_) + " repeats this order");
    }
    void report(std::string text) // [any-thread]
    {
        const std::scoped_lock lock(mutex_);
        texts_.push_back(std::move(text));
    }
    // For a test that expects them.
    std::vector<std::string> take()
    {
        const std::scoped_lock lock(mutex_);
        return std::exchange(texts_, {});
    }
    std::uint64_t seed() const { return seed_; }

private:
    std::uint64_t seed_;
    std::mutex mutex_;
    std::vector<std::string> texts_;
};

} // namespace hawser::testing
