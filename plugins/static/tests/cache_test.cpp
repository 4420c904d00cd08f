#include "cache.hpp"

#include "process.hpp"

#include <gtest/gtest.h>

#include <fcntl.h>
#include <sys/stat.h>

#include <filesystem>
#include <string>

namespace static_files {
namespace {

namespace fs = std::filesystem;
constexpr std::uint64_t kSecond = 1'000'000'000;

class StaticCache : public ::testing::Test {
protected:
    StaticCache() { EXPECT_EQ(root_.open(site_.path()), 0); }
    Entry *find(std::string_view path) { return cache_.find(path, now_, 2'000'000'000, error_); }

    hawser::test::TempDir site_;
    Root root_;
    Cache cache_{root_, true};
    std::uint64_t now_ = 100 * kSecond;
    int error_ = 0;
};

TEST_F(StaticCache, KeepsSmallFilesInMemoryAndLargeOnesOpen)
{
    site_.write("small", "small");
    site_.write("large", std::string(Cache::kSmall + 1, 'l'));
    EXPECT_EQ(find("small")->content, "small");
    EXPECT_TRUE(find("small")->is_small());
    EXPECT_FALSE(find("large")->is_small());
    EXPECT_EQ(find("large"), find("large"));
}

TEST_F(StaticCache, LooksAgainAfterASecond)
{
    site_.write("a", "one");
    EXPECT_EQ(find("a")->content, "one");
    site_.write("a", "three");
    EXPECT_EQ(find("a")->content, "one");
    now_ += kSecond;
    EXPECT_EQ(find("a")->content, "three");
}

TEST_F(StaticCache, LooksAtALargeFileInEachTurn)
{
    site_.write("a", std::string(100'000, 'l'));
    EXPECT_EQ(find("a")->size(), 100'000U);
    fs::resize_file(site_ / "a", 50'000);
    ++now_;
    EXPECT_EQ(find("a")->size(), 50'000U);
}

TEST_F(StaticCache, SaysThatAFileHasGone)
{
    site_.write("a", "one");
    ASSERT_NE(find("a"), nullptr);
    fs::remove(site_ / "a");
    now_ += kSecond;
    EXPECT_EQ(find("a"), nullptr);
    EXPECT_EQ(error_, ENOENT);
}

TEST_F(StaticCache, LeavesWhatIsHeldToItsHolder)
{
    site_.write("a", "one");
    Entry *held = find("a");
    held->hold();
    site_.write("a", "three");
    now_ += kSecond;
    EXPECT_NE(find("a"), held);
    EXPECT_EQ(held->content, "one");
    held->let_go();
}

TEST_F(StaticCache, ForgetsWhatWasUsedLeast)
{
    for (std::size_t i = 0; i <= Cache::kMostEntries; ++i) site_.write(std::to_string(i), "x");
    Entry *first = find("0");
    first->hold();
    for (std::size_t i = 1; i < Cache::kMostEntries; ++i) find(std::to_string(i));
    EXPECT_EQ(find("0"), first) << "there is room for so many";
    find(std::to_string(Cache::kMostEntries)); // "1" goes
    EXPECT_EQ(find("0"), first);
    first->let_go();
}

TEST_F(StaticCache, KnowsNeighboursThatAreNotOlder)
{
    site_.write("a", "a");
    site_.write("a.br", "br");
    site_.write("a.gz", "old");
    const timespec old[2] = {{1'000'000'000, 0}, {1'000'000'000, 0}};
    ASSERT_EQ(::utimensat(AT_FDCWD, (site_ / "a.gz").c_str(), old, 0), 0);
    EXPECT_EQ(find("a")->neighbours, 1U);
    fs::remove(site_ / "a.br");
    now_ += kSecond;
    EXPECT_EQ(find("a")->neighbours, 0U);
}

} // namespace
} // namespace static_files
