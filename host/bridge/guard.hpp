// What calls into plugins need beside the call. No exception may leave a plugin's function (abi.h, rule 6); one that
// does is stopped where it would enter the host: the call counts as failed, and the log names the plugin and the
// function. That costs nothing while nobody throws. Where the host cannot stop it (it passed a function of the host's
// that a plugin had called, or another plugin's), the worker ends, and its crumb names who threw.
#pragma once

#include <string>

#include <unistd.h>

namespace hawser::host {

// Only while an exception is handled: what it says. Any language's and any runtime's.
std::string thrown_text() noexcept;

// Runs `call`; if that throws, the result is that of failed(text). Every crumb is left outside of it: an exception that
// must not be stopped (a thread's cancellation) ends the process here, with the crumb in place.
template<typename Call, typename Failed>
auto contain(const Call &call, const Failed &failed) -> decltype(call())
{
    try {
        return call();
    } catch (...) {
        return failed(thrown_text());
    }
}

// For calls during which a plugin might fork: a child that returns from them as if it were the worker ends at once. It
// would answer the supervisor and take connections a second time.
class OneProcess {
public:
    OneProcess()
        : pid_(::getpid())
    {}
    ~OneProcess()
    {
        if (::getpid() != pid_) ::_exit(0);
    }
    OneProcess(const OneProcess &) = delete;
    OneProcess &operator=(const OneProcess &) = delete;

private:
    pid_t pid_;
};

} // namespace hawser::host
