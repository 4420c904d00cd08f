// Tests: tests/system/logs_test.cpp
#include "supervisor/running_host.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

namespace hawser::host {
namespace {

constexpr std::uint64_t kLookAgain = 1'000'000'000;

} // namespace

// A file that cannot be opened again stays the old one, and is complained of there.
Reply RunningHost::reopen_logs()
{
    const Outputs::Reopened done = outputs_.reopen();
    const WorkerFiles files = outputs_.files();
    if (done.log) fleet_->pass(Output::Role::Log, files.log);
    if (done.access) fleet_->pass(Output::Role::Access, files.access);
    Reply reply;
    for (const Error &error : done.failed) {
        log_.write(Level::Error, "host", "log_not_reopened", {{"error", error.text}});
        reply.status = error.status;
        reply.problems.push_back(error.text + "; the old file is written on");
    }
    boost::json::array paths;
    std::string all;
    for (const std::string &path : done.paths) {
        paths.emplace_back(path);
        all += (all.empty() ? "" : " ") + path;
    }
    if (!done.paths.empty()) log_.write(Level::Info, "host", "logs_reopened", {{"files", all}});
    reply.result = boost::json::serialize(boost::json::object{{"reopened", std::move(paths)}});
    return reply;
}

// A log daemon that starts again has a new socket; workers cannot reach it by themselves. One look a second.
void RunningHost::follow_daemon()
{
    if (following_ || !outputs_.follows()) return;
    following_ = true;
    events_.after(kLookAgain, [this] {
        following_ = false;
        if (outputs_.follow()) {
            fleet_->pass(Output::Role::Log, outputs_.files().log);
            log_.write(Level::Warning, "host", "log_daemon_restarted");
        }
        follow_daemon();
    });
}

} // namespace hawser::host
