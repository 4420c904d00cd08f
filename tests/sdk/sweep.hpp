// Cancellation everywhere, in many orders.
#pragma once

#include "hawser/testing.hpp"

#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>

namespace hawser::test {

// `begin` makes what is ended at each of its events in turn, for each of a dozen seeds; `least` events there must be,
// or it has not begun.
template<typename Begin>
void sweep(Begin begin, std::size_t least)
{
    constexpr std::uint64_t kSeeds = 12;
    for (std::uint64_t seed = 1; seed <= kSeeds; ++seed)
        EXPECT_GE(hawser::testing::cancel_everywhere(begin, 10'000, seed), least) << seed;
}

} // namespace hawser::test
