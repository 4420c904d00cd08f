// Tests: tests/system/logs_test.cpp
#include "supervisor/outputs.hpp"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace hawser::host {
namespace {

constexpr const char *kLogKey = "[log]: output", *kAccessKey = "[log]: access.output";

Result<Fd> open_file(const std::string &key, const std::string &path)
{
    Fd fd(::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOCTTY, 0640));
    if (!fd) return system_error(key + ": cannot open " + path, errno);
    return fd;
}

// Which socket lies at a path: a daemon that starts again makes another one.
std::string identity(const std::string &path)
{
    struct stat status {};
    if (::stat(path.c_str(), &status) != 0) return {};
    return std::to_string(status.st_dev) + ' ' + std::to_string(status.st_ino) + ' ' +
           std::to_string(status.st_ctim.tv_sec) + ' ' + std::to_string(status.st_ctim.tv_nsec);
}

Result<Fd> connect_datagrams(const std::string &path)
{
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.size() >= sizeof address.sun_path) return system_error(path, ENAMETOOLONG);
    std::copy(path.begin(), path.end(), address.sun_path);
    Fd socket(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    if (!socket || ::connect(socket.get(), reinterpret_cast<const sockaddr *>(&address), sizeof address) != 0)
        return system_error("cannot reach its daemon at " + path, errno);
    return socket;
}

bool put_in_place(const Fd &opened, const Fd &place) { return ::dup3(opened.get(), place.get(), O_CLOEXEC) >= 0; }

} // namespace

Result<void> Outputs::connect_to(const std::string &key, const std::string &path)
{
    daemon_ = path;
    seen_ = identity(path);
    auto socket = connect_datagrams(path);
    if (!socket)
        return Error{socket.error().status, key + ": " + socket.error().text + "; start it, or set another output"};
    log_ = std::move(*socket);
    return {};
}

Result<void> Outputs::open(const LogPlan &plan, bool detached)
{
    plan_ = plan;
    detached_ = detached;
    null_.reset(::open("/dev/null", O_RDWR | O_CLOEXEC));
    if (!null_) return system_error("cannot open /dev/null", errno);
    if (plan.output == LogPlan::Output::File) {
        auto file = open_file(kLogKey, plan.path);
        if (!file) return std::move(file.error());
        log_ = std::move(*file);
    } else if (plan.output == LogPlan::Output::Syslog) {
        if (auto done = connect_to(std::string(kLogKey) + ": syslog", daemons_.syslog); !done) return done;
    } else if (plan.output == LogPlan::Output::Journald) {
        if (auto done = connect_to(std::string(kLogKey) + ": journald", daemons_.journal); !done) return done;
    }
    if (plan.access.format != AccessFormat::Off && !plan.access.path.empty()) {
        auto file = open_file(kAccessKey, plan.access.path);
        if (!file) return std::move(file.error());
        access_ = std::move(*file);
    }
    return {};
}

LogSettings Outputs::log() const
{
    LogSettings settings{plan_.level, LogFormat::Json, log_ ? log_.get() : STDERR_FILENO};
    if (plan_.output == LogPlan::Output::Syslog)
        settings.format = LogFormat::Syslog;
    else if (plan_.output == LogPlan::Output::Journald)
        settings.format = LogFormat::Journal;
    else if (plan_.format == LogPlan::Format::Text ||
             (plan_.format == LogPlan::Format::Auto && ::isatty(settings.fd) != 0))
        settings.format = LogFormat::Text;
    return settings;
}

WorkerFiles Outputs::files() const
{
    WorkerFiles files;
    files.log = log_ ? log_.get() : STDERR_FILENO;
    if (plan_.output == LogPlan::Output::File)
        files.standard_error = files.log;
    else if (detached_)
        files.standard_error = null_.get();
    if (plan_.access.format != AccessFormat::Off) files.access = access_ ? access_.get() : STDERR_FILENO;
    return files;
}

Outputs::Reopened Outputs::reopen()
{
    Reopened all;
    const auto again = [&all](const char *key, const std::string &path, const Fd &place, bool &done) {
        auto file = open_file(key, path);
        if (file && !put_in_place(*file, place)) file = system_error(std::string(key) + ": " + path, errno);
        done = file.ok();
        if (done)
            all.paths.push_back(path);
        else
            all.failed.push_back(file.error());
    };
    if (plan_.output == LogPlan::Output::File) again(kLogKey, plan_.path, log_, all.log);
    if (access_) again(kAccessKey, plan_.access.path, access_, all.access);
    return all;
}

bool Outputs::follow()
{
    if (daemon_.empty()) return false;
    const std::string now = identity(daemon_);
    if (now.empty() || now == seen_) return false;
    auto socket = connect_datagrams(daemon_);
    if (!socket || !put_in_place(*socket, log_)) return false; // not yet: tried again at the next look
    seen_ = now;
    return true;
}

} // namespace hawser::host
