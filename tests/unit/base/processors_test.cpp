#include "base/processors.hpp"

#include <gtest/gtest.h>
#include <sched.h>

#include <thread>

namespace hawser::host {
namespace {

// In a thread of its own: the others keep theirs.
template<class F>
void in_thread(F f)
{
    std::thread(f).join();
}

TEST(Processors, AreThoseThatTheThreadIsKeptOn)
{
    in_thread([] {
        const auto all = allowed_processors();
        ASSERT_TRUE(all);
        ASSERT_FALSE(all->empty());
        ASSERT_TRUE(keep_on_processors({all->back()}));
        EXPECT_EQ(allowed_processors().value(), std::vector<std::size_t>{all->back()});
        EXPECT_EQ(static_cast<std::size_t>(::sched_getcpu()), all->back());
    });
}

TEST(Processors, NoneAtAllIsAnErrorThatChangesNothing)
{
    in_thread([] {
        const auto all = allowed_processors();
        const auto kept = keep_on_processors({});
        ASSERT_FALSE(kept);
        EXPECT_NE(kept.error().text.find("limit of processors"), std::string::npos) << kept.error().text;
        EXPECT_EQ(allowed_processors().value(), all.value());
    });
}

} // namespace
} // namespace hawser::host
