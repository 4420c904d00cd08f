// Tests: tests/system/upgrade_test.cpp
#include "supervisor/take_over.hpp"

#include "seam/sealed.hpp"

#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string_view>

namespace hawser::host {

Execution::Execution(const std::vector<std::string> &variables)
{
    std::ifstream in("/proc/self/cmdline", std::ios::binary);
    const std::string line{std::istreambuf_iterator<char>(in), {}};
    for (std::size_t at = 0; at < line.size();) {
        const std::size_t end = std::min(line.find('\0', at), line.size());
        texts.push_back(line.substr(at, end - at));
        at = end + 1;
    }
    const std::size_t count = texts.size();
    texts.insert(texts.end(), variables.begin(), variables.end());
    for (std::size_t i = 0; i < texts.size(); ++i) (i < count ? arguments : environment).push_back(texts[i].data());
    for (char **each = environ; *each != nullptr; ++each) environment.push_back(*each);
    arguments.push_back(nullptr);
    environment.push_back(nullptr);
}

TakeOver take_take_over()
{
    TakeOver taken;
    const char *value = std::getenv(kStateVariable);
    const std::string_view text = value != nullptr ? value : "";
    int fd = -1;
    const auto read = std::from_chars(text.data(), text.data() + text.size(), fd);
    const bool is_one = read.ec == std::errc() && ::fcntl(fd, F_GET_SEALS) >= 0;
    taken.tries = std::getenv(kTrialVariable) != nullptr;
    if (is_one) taken.state.reset(fd);
    if (is_one) ::fcntl(fd, F_SETFD, FD_CLOEXEC);
    ::unsetenv(kStateVariable);
    ::unsetenv(kTrialVariable);
    return taken;
}

Error take_my_place(int binary, const HostState &state)
{
    const auto bytes = write_sealed("hawser-state", encode_state(state));
    if (!bytes) return bytes.error();
    std::vector<int> kept = state.descriptors();
    kept.push_back(bytes->get());
    const Execution how({std::string(kStateVariable) + '=' + std::to_string(bytes->get())});
    // The next program hears what comes meanwhile.
    sigset_t all, before;
    ::sigfillset(&all);
    ::pthread_sigmask(SIG_SETMASK, &all, &before);
    for (const int fd : kept) ::fcntl(fd, F_SETFD, 0);
    ::syscall(SYS_execveat, binary, "", how.arguments.data(), how.environment.data(), AT_EMPTY_PATH);
    const int error = errno;
    for (const int fd : kept) ::fcntl(fd, F_SETFD, FD_CLOEXEC);
    ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
    return system_error("it cannot be executed", error);
}

} // namespace hawser::host
