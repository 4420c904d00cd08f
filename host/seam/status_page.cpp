// Tests: tests/unit/seam/status_page_test.cpp
#include "seam/status_page.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <cerrno>
#include <utility>

namespace hawser::host {
namespace {

constexpr std::uint32_t kMagic = 0x47505348; // "HSPG"
constexpr std::uint32_t kVersion = 5;

Result<StatusLayout *> map(int fd)
{
    void *memory = ::mmap(nullptr, sizeof(StatusLayout), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (memory == MAP_FAILED) return system_error("cannot map the status page", errno);
    return static_cast<StatusLayout *>(memory);
}

} // namespace

Result<StatusPage> StatusPage::create(unsigned loops)
{
    Fd fd(::memfd_create("hawser-status", MFD_CLOEXEC | MFD_ALLOW_SEALING));
    if (!fd) return system_error("cannot make the status page", errno);
    // Its size is fixed: a worker that cut it would end the supervisor, which reads it, with SIGBUS.
    if (::ftruncate(fd.get(), sizeof(StatusLayout)) != 0 ||
        ::fcntl(fd.get(), F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) != 0)
        return system_error("cannot make the status page", errno);
    auto mapped = map(fd.get());
    if (!mapped) return mapped.error();
    // Memory of zeros is an empty page. Constructing it would touch, and so take, all of it.
    StatusLayout *layout = *mapped;
    layout->magic = kMagic;
    layout->version = kVersion;
    layout->loops = loops;
    return StatusPage(std::move(fd), layout);
}

Result<StatusPage> StatusPage::open(Fd fd)
{
    struct stat status {};
    if (::fstat(fd.get(), &status) != 0) return system_error("status page", errno);
    if (status.st_size != static_cast<off_t>(sizeof(StatusLayout)))
        return Error{Status::PluginFailed, "status page: its size is not that of this build"};
    auto mapped = map(fd.get());
    if (!mapped) return mapped.error();
    StatusPage page(std::move(fd), *mapped);
    if (page->magic != kMagic || page->version != kVersion || page->loops > kMaxLoops)
        return Error{Status::PluginFailed, "status page: expected one of this build"};
    return page;
}

StatusPage::StatusPage(StatusPage &&other) noexcept
    : fd_(std::move(other.fd_))
    , layout_(std::exchange(other.layout_, nullptr))
{}

StatusPage &StatusPage::operator=(StatusPage &&other) noexcept
{
    std::swap(fd_, other.fd_);
    std::swap(layout_, other.layout_);
    return *this;
}

StatusPage::~StatusPage()
{
    if (layout_ != nullptr) ::munmap(layout_, sizeof(StatusLayout));
}

} // namespace hawser::host
