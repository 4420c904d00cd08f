// Tests: tests/unit/net/inherited_test.cpp
#include "net/inherited.hpp"

#include "net/address.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <memory>
#include <set>

namespace hawser::host {
namespace {

constexpr int kFirstOfSystemd = 3;
constexpr int kMostOfSystemd = 20'000;

bool is_listening_stream(int fd)
{
    int listens = 0, type = 0;
    socklen_t size = sizeof listens;
    if (::getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &size) != 0 || listens == 0) return false;
    size = sizeof type;
    return ::getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size) == 0 && type == SOCK_STREAM;
}

std::optional<int> number(const std::optional<std::string> &text)
{
    int value = 0;
    if (!text) return std::nullopt;
    const char *end = text->data() + text->size();
    const auto read = std::from_chars(text->data(), end, value);
    if (read.ec != std::errc() || read.ptr != end) return std::nullopt;
    return value;
}

std::set<int> open_descriptors()
{
    std::set<int> open;
    const std::unique_ptr<DIR, int (*)(DIR *)> directory(::opendir("/proc/self/fd"), ::closedir);
    if (!directory) return open;
    while (const dirent *entry = ::readdir(directory.get())) {
        if (const auto fd = number(std::string(entry->d_name)); fd && *fd != ::dirfd(directory.get())) open.insert(*fd);
    }
    return open;
}

std::string quoted(const std::string &text) { return '"' + text + '"'; }

} // namespace

InheritedSockets InheritedSockets::take(const std::function<std::optional<std::string>(const std::string &)> &variable,
                                        const std::set<int> &others)
{
    InheritedSockets taken;
    for (const int fd : open_descriptors()) {
        if (others.count(fd) > 0 || !is_listening_stream(fd)) continue;
        ::fcntl(fd, F_SETFD, FD_CLOEXEC);
        taken.sockets_.emplace(fd, Fd(fd));
    }
    // Meant for another process, if the number says so: an ancestor that forgot to take them back.
    if (number(variable("LISTEN_PID")) != ::getpid()) return taken;
    const int count = number(variable("LISTEN_FDS")).value_or(0);
    const std::string names = variable("LISTEN_FDNAMES").value_or("");
    std::size_t at = 0;
    for (int i = 0; i < count && i < kMostOfSystemd; ++i) {
        const std::size_t end = std::min(names.find(':', at), names.size());
        const std::string name = names.substr(std::min(at, names.size()), end - std::min(at, names.size()));
        at = end + 1;
        const int fd = kFirstOfSystemd + i;
        if (taken.sockets_.count(fd) > 0) taken.names_.emplace(name.empty() ? "unknown" : name, fd);
    }
    return taken;
}

std::vector<int> InheritedSockets::descriptors() const
{
    std::vector<int> numbers;
    for (const auto &[number, socket] : sockets_) numbers.push_back(number);
    return numbers;
}

Result<ListenGroup> InheritedSockets::missing(const Endpoint &endpoint) const
{
    std::string have;
    if (endpoint.scheme == Endpoint::Scheme::Systemd) {
        for (auto each = names_.begin(); each != names_.end(); each = names_.upper_bound(each->first))
            have += (have.empty() ? "" : ", ") + quoted(each->first);
        return Error{Status::System, endpoint.text() + ": expected a socket of this name from systemd, got " +
                                         (have.empty() ? "none" : have) + "; set FileDescriptorName= in its unit"};
    }
    for (const auto &[fd, socket] : sockets_) have += (have.empty() ? "" : ", ") + std::to_string(fd);
    return Error{Status::System, endpoint.text() +
                                     ": expected the number of a listening stream socket that the host was started "
                                     "with, got none; " +
                                     (have.empty() ? "it was started without any" : "there are " + have)};
}

Result<ListenGroup> InheritedSockets::group(const Endpoint &endpoint, const ListenOptions &options) const
{
    std::vector<int> wanted;
    if (endpoint.scheme == Endpoint::Scheme::Fd) {
        if (sockets_.count(endpoint.fd) > 0) wanted.push_back(endpoint.fd);
    } else {
        const auto [begin, end] = names_.equal_range(endpoint.path);
        for (auto each = begin; each != end; ++each) wanted.push_back(each->second);
    }
    if (wanted.empty()) return missing(endpoint);
    ListenGroup group;
    group.shared = true;
    group.endpoint = endpoint;
    for (const int fd : wanted) {
        Fd copy(::fcntl(sockets_.at(fd).get(), F_DUPFD_CLOEXEC, 3));
        if (!copy) return system_error(endpoint.text() + ": cannot be duplicated", errno);
        ::fcntl(copy.get(), F_SETFL, ::fcntl(copy.get(), F_GETFL) | O_NONBLOCK);
        apply_listen_options(copy.get(), options);
        SocketAddress bound;
        if (local_address(copy.get(), bound)) group.bound += (group.bound.empty() ? "" : ",") + bound.text;
        group.sockets.push_back(std::move(copy));
    }
    return group;
}

} // namespace hawser::host
