#include "supervisor/worker_handle.hpp"

#include <gtest/gtest.h>

#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <fcntl.h>

namespace hawser::host {
namespace {

// What a program leaves of a worker. The process is this one: it is known, and nobody sends it anything.
HostState::Worker left(int page)
{
    auto ends = Channel::make_pair();
    HostState::Worker worker;
    worker.plan.name = "main";
    worker.pid = ::getpid();
    worker.process = static_cast<int>(::syscall(SYS_pidfd_open, ::getpid(), 0));
    worker.channel = ::fcntl(ends->first.fd(), F_DUPFD_CLOEXEC, 3);
    worker.page = page;
    worker.state = static_cast<std::uint32_t>(WorkerHandle::State::Serving);
    return worker;
}

// As a later version might write it.
int page_of_another_version()
{
    const int page = ::memfd_create("another", MFD_CLOEXEC);
    static_cast<void>(::ftruncate(page, 100'000));
    return page;
}

TEST(WorkerHandle, AdoptsAWorkerWhoseStatusPageIsOfAnotherVersion)
{
    Events events;
    auto adopted = WorkerHandle::adopt(events, left(page_of_another_version()), {});
    ASSERT_TRUE(adopted) << adopted.error().text;
    EXPECT_EQ((*adopted)->open_connections(), 0U);
    EXPECT_EQ((*adopted)->crumb_of(0), "");
}

TEST(WorkerHandle, LeavesThatPageToTheProgramThatIsGoneBackTo)
{
    Events events;
    const int page = page_of_another_version();
    auto adopted = WorkerHandle::adopt(events, left(page), {});
    ASSERT_TRUE(adopted) << adopted.error().text;
    EXPECT_EQ((*adopted)->leave().page, page);
}

TEST(WorkerHandle, ReadsAStatusPageOfItsOwnVersion)
{
    Events events;
    auto page = StatusPage::create(1);
    ASSERT_TRUE(page) << page.error().text;
    (*page)->cells[0].counters.accepted.add(3);
    auto adopted = WorkerHandle::adopt(events, left(::fcntl(page->fd(), F_DUPFD_CLOEXEC, 3)), {});
    ASSERT_TRUE(adopted) << adopted.error().text;
    EXPECT_EQ((*adopted)->open_connections(), 3U);
}

} // namespace
} // namespace hawser::host
