#include "loop/refs.hpp"

#include <gtest/gtest.h>

#include <set>

namespace hawser::host {
namespace {

TEST(Refs, FindWhatIsTrackedAndNothingElse)
{
    Refs refs(3);
    int one = 0, two = 0;
    const std::uint64_t a = refs.track(&one, 77), b = refs.track(&two);
    EXPECT_EQ(refs.find(a), &one);
    EXPECT_EQ(refs.find(b), &two);
    EXPECT_EQ(refs.mark(a), 77U);
    EXPECT_EQ(Refs::loop_of(a), 3U);
    refs.untrack(a);
    EXPECT_EQ(refs.find(a), nullptr);
    EXPECT_EQ(refs.find(0), nullptr);
    EXPECT_EQ(refs.find(~0ULL), nullptr);
    refs.untrack(a);
    EXPECT_EQ(refs.find(b), &two);
}

TEST(Refs, NeverUseANumberAgain)
{
    Refs refs(0);
    int object = 0;
    std::set<std::uint64_t> seen;
    for (int i = 0; i < 10000; ++i) {
        const std::uint64_t ref = refs.track(&object);
        EXPECT_TRUE(seen.insert(ref).second);
        refs.untrack(ref);
    }
}

} // namespace
} // namespace hawser::host
