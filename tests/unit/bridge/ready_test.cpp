#include "rig.hpp"

#include "hawser/ready.h"

#include <gtest/gtest.h>

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <string>

namespace hawser::host::test {
namespace {

const hawser_ready &table(Rig &rig)
{
    return *static_cast<const hawser_ready *>(rig.host.abi()->get_interface(rig.host.abi(), HAWSER_READY));
}

struct Watcher {
    explicit Watcher(Rig *on)
        : rig(on)
    {
        EXPECT_EQ(::pipe2(ends.data(), O_CLOEXEC | O_NONBLOCK), 0);
    }
    ~Watcher()
    {
        rig->in_loop([&] { unwatch(); });
        for (const int fd : ends) ::close(fd);
    }
    Watcher(const Watcher &) = delete;
    Watcher &operator=(const Watcher &) = delete;

    void unwatch()
    {
        if (watch != nullptr) table(*rig).unwatch(std::exchange(watch, nullptr));
    }
    std::int32_t begin(int fd, std::uint32_t what)
    {
        std::int32_t status = 0;
        const auto ready = [](void *self, std::uint32_t got) {
            auto &mine = *static_cast<Watcher *>(self);
            mine.heard |= got;
            ++mine.times;
            char byte = 0;
            if ((got & HAWSER_READABLE) != 0) {
                if (::read(mine.ends[0], &byte, 1) == 1) mine.bytes += byte;
            }
            if (mine.once) mine.unwatch();
        };
        rig->in_loop([&] { status = table(*rig).watch(rig->abi, &rig->node, fd, what, ready, this, &watch); });
        return status;
    }
    Rig *rig;
    std::array<int, 2> ends{};
    hawser_watch *watch = nullptr;
    std::uint32_t heard = 0;
    int times = 0;
    std::string bytes;
    bool once = false;
};

TEST(Ready, TellsInEveryTurnInWhichThereIsSomethingToRead)
{
    Rig rig;
    Watcher watcher(&rig);
    ASSERT_EQ(watcher.begin(watcher.ends[0], HAWSER_READABLE), HAWSER_OK);
    EXPECT_EQ(::write(watcher.ends[1], "abc", 3), 3);
    EXPECT_TRUE(rig.eventually([&] { return watcher.bytes == "abc"; })) << watcher.bytes;
    EXPECT_EQ(watcher.times, 3);
}

TEST(Ready, TellsWhatItWasChangedTo)
{
    Rig rig;
    Watcher watcher(&rig);
    watcher.once = true;
    ASSERT_EQ(watcher.begin(watcher.ends[1], 0), HAWSER_OK);
    for (int i = 0; i < 20; ++i) rig.in_loop([] {});
    EXPECT_EQ(watcher.times, 0);
    rig.in_loop([&] { table(rig).change(watcher.watch, HAWSER_WRITABLE); });
    EXPECT_TRUE(rig.eventually([&] { return watcher.heard == HAWSER_WRITABLE; }));
}

TEST(Ready, TellsThatTheOtherSideHasGoneUnasked)
{
    Rig rig;
    Watcher watcher(&rig);
    watcher.once = true;
    ASSERT_EQ(watcher.begin(watcher.ends[1], 0), HAWSER_OK);
    ::close(watcher.ends[0]);
    watcher.ends[0] = -1;
    EXPECT_TRUE(rig.eventually([&] { return (watcher.heard & HAWSER_BROKEN) != 0; }));
}

TEST(Ready, SaysNothingMoreAfterUnwatch)
{
    Rig rig;
    Watcher watcher(&rig);
    watcher.once = true;
    ASSERT_EQ(watcher.begin(watcher.ends[0], HAWSER_READABLE), HAWSER_OK);
    EXPECT_EQ(::write(watcher.ends[1], "abc", 3), 3);
    EXPECT_TRUE(rig.eventually([&] { return watcher.times == 1; }));
    for (int i = 0; i < 20; ++i) rig.in_loop([] {});
    EXPECT_EQ(watcher.times, 1);
    ASSERT_EQ(watcher.begin(watcher.ends[0], HAWSER_READABLE), HAWSER_OK) << "and may be watched again";
    EXPECT_TRUE(rig.eventually([&] { return watcher.times == 2; }));
}

TEST(Ready, RefusesWhatCannotBeWatched)
{
    Rig rig;
    Watcher watcher(&rig), second(&rig);
    EXPECT_EQ(watcher.begin(-1, HAWSER_READABLE), HAWSER_INVALID);
    const Fd file(::open("/etc/passwd", O_RDONLY | O_CLOEXEC));
    EXPECT_EQ(watcher.begin(file.get(), HAWSER_READABLE), HAWSER_INVALID);
    ASSERT_EQ(watcher.begin(watcher.ends[0], HAWSER_READABLE), HAWSER_OK);
    EXPECT_EQ(second.begin(watcher.ends[0], HAWSER_READABLE), HAWSER_BUSY);
}

TEST(Ready, AWatchThatHasEndedIsNotUsed)
{
    Rig rig;
    Broken broken(rig);
    Watcher watcher(&rig), next(&rig);
    ASSERT_EQ(watcher.begin(watcher.ends[0], HAWSER_READABLE), HAWSER_OK);
    hawser_watch *old = watcher.watch;
    rig.in_loop([&] { watcher.unwatch(); });
    rig.in_loop([] {});
    ASSERT_EQ(next.begin(next.ends[0], HAWSER_READABLE), HAWSER_OK);
    rig.in_loop([&] {
        table(rig).change(old, 0);
        table(rig).unwatch(old);
    });
    EXPECT_EQ(broken.take(), "5/0 hawser_ready.change: expected a watch that goes on, got one that has ended\n"
                             "5/0 hawser_ready.unwatch: expected a watch that goes on, got one that has ended\n");
    EXPECT_EQ(::write(next.ends[1], "abc", 3), 3);
    EXPECT_TRUE(rig.eventually([&] { return next.bytes == "abc"; })) << next.bytes;
}

} // namespace
} // namespace hawser::host::test
