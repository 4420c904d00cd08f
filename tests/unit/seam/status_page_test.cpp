#include "seam/status_page.hpp"

#include <gtest/gtest.h>

#include <sys/mman.h>
#include <unistd.h>

#include <cstring>

namespace hawser::host {
namespace {

TEST(StatusPage, ShowsTheOtherSideWhatIsWrittenToIt)
{
    auto page = StatusPage::create(2);
    ASSERT_TRUE(page.ok());
    auto other = StatusPage::open(Fd(::dup(page->fd())));
    ASSERT_TRUE(other.ok()) << other.error().text;
    (*other)->cells[1].counters.accepted.add(5);
    const std::uint32_t crumb = 0x1234;
    std::memcpy((*other)->cells[1].loop + 24, &crumb, sizeof crumb);
    EXPECT_EQ((*page)->cells[1].counters.accepted.get(), 5U);
    EXPECT_EQ((*page)->cells[1].crumb(), 0x1234U);
}

TEST(StatusPage, CanNotBeCutUnderItsReader)
{
    auto page = StatusPage::create(1);
    EXPECT_NE(::ftruncate(page->fd(), 0), 0);
}

TEST(StatusPage, IsRefusedIfItIsNoneOfThisBuild)
{
    Fd wrong(::memfd_create("x", 0));
    EXPECT_FALSE(StatusPage::open(Fd(::dup(wrong.get()))).ok());
    ASSERT_EQ(::ftruncate(wrong.get(), sizeof(StatusLayout)), 0);
    EXPECT_FALSE(StatusPage::open(std::move(wrong)).ok());
}

} // namespace
} // namespace hawser::host
