// Tests: tests/system/notify_test.cpp
#include "supervisor/notify.hpp"

#include "loop/loop.hpp"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstddef>
#include <cstdlib>
#include <cstring>

namespace hawser::host {
namespace {

std::string take_variable(const char *name)
{
    const char *value = std::getenv(name);
    std::string text = value != nullptr ? value : "";
    ::unsetenv(name);
    return text;
}

std::uint64_t number_of(const std::string &text)
{
    std::uint64_t number = 0;
    std::from_chars(text.data(), text.data() + text.size(), number);
    return number;
}

} // namespace

NotifySettings take_notify_settings()
{
    NotifySettings settings;
    settings.socket = take_variable("NOTIFY_SOCKET");
    settings.watchdog_usec = number_of(take_variable("WATCHDOG_USEC"));
    const std::string pid = take_variable("WATCHDOG_PID");
    if (!pid.empty() && number_of(pid) != static_cast<std::uint64_t>(::getpid())) settings.watchdog_usec = 0;
    return settings;
}

Notifier::Notifier(Events &events, Log &log, const NotifySettings &settings)
    : events_(events)
    , log_(log)
    , settings_(settings)
{
    if (!settings_.socket.empty()) socket_.reset(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
}

Notifier::~Notifier() { events_.cancel(next_); }

void Notifier::ready(const std::string &status)
{
    send("READY=1\nSTATUS=" + status + (settings_.tell_pid ? "\nMAINPID=" + std::to_string(::getpid()) : ""));
    if (settings_.watchdog_usec > 0 && next_ == 0 && socket_) feed();
}

void Notifier::reloading()
{
    send("RELOADING=1\nMONOTONIC_USEC=" + std::to_string(monotonic_now() / 1000) + "\nSTATUS=reloading");
}

void Notifier::stopping() { send("STOPPING=1\nSTATUS=finishing what is in flight"); }

// From the event loop only: one that does not turn is what the watchdog is for.
void Notifier::feed()
{
    send("WATCHDOG=1");
    next_ = events_.after(settings_.watchdog_usec * 500, [this] { feed(); });
}

void Notifier::send(const std::string &text)
{
    if (!socket_) return;
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    const std::string &name = settings_.socket;
    int error = ENAMETOOLONG;
    if (name.size() < sizeof address.sun_path) {
        std::copy(name.begin(), name.end(), address.sun_path);
        const bool abstract = name[0] == '@'; // its name has a zero first and no end
        if (abstract) address.sun_path[0] = '\0';
        const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size() + (abstract ? 0 : 1));
        const ssize_t n = ::sendto(socket_.get(), text.data(), text.size(), MSG_NOSIGNAL,
                                   reinterpret_cast<const sockaddr *>(&address), size);
        error = n < 0 ? errno : 0;
    }
    if (error != 0 && !failed_)
        log_.write(Level::Warning, "host", "notify_failed", {{"socket", name}, {"error", std::strerror(error)}});
    failed_ = error != 0;
}

} // namespace hawser::host
