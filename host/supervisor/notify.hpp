// Tells a service manager how the host is (sd_notify(3)), as datagrams to NOTIFY_SOCKET. For the supervisor's thread.
#pragma once

#include "base/fd.hpp"
#include "base/log.hpp"
#include "supervisor/events.hpp"

#include <cstdint>
#include <string>

namespace hawser::host {

struct NotifySettings {
    std::string socket;              // a path, or "@name" of an abstract socket; empty: nobody listens
    std::uint64_t watchdog_usec = 0; // 0: none
    bool tell_pid = false;           // the process is not the one that was started: --daemon
};

// NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID, taken out of the environment: they are for this process alone.
NotifySettings take_notify_settings();

class Notifier {
public:
    Notifier(Events &events, Log &log, const NotifySettings &settings);
    ~Notifier();

    void ready(const std::string &status); // also after a reload; and begins to feed the watchdog
    void reloading();
    void stopping();

private:
    void send(const std::string &text);
    void feed();

    Events &events_;
    Log &log_;
    NotifySettings settings_;
    Fd socket_;
    Events::Id next_ = 0;
    bool failed_ = false; // and said so
};

} // namespace hawser::host
