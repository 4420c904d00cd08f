// Tests: tests/system/serving_test.cpp
#include "supervisor/outputs.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

namespace hawser::host {
namespace {

Result<Fd> open_file(const std::string &key, const std::string &path)
{
    Fd fd(::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0640));
    if (!fd) return system_error(key + ": cannot open " + path, errno);
    return fd;
}

} // namespace

Result<void> Outputs::open(const LogPlan &plan)
{
    if (plan.output == LogPlan::Output::File) {
        auto file = open_file("[log]: output", plan.path);
        if (!file) return std::move(file.error());
        log_ = std::move(*file);
    }
    access_on_ = plan.access.format != AccessFormat::Off;
    if (access_on_ && !plan.access.path.empty()) {
        auto file = open_file("[log]: access.output", plan.access.path);
        if (!file) return std::move(file.error());
        access_ = std::move(*file);
    }
    return {};
}

int Outputs::log_fd() const { return log_ ? log_.get() : STDERR_FILENO; }

int Outputs::access_fd() const
{
    if (!access_on_) return -1;
    return access_ ? access_.get() : STDERR_FILENO;
}

LogFormat Outputs::log_format(const LogPlan &plan) const
{
    const bool text =
        plan.format == LogPlan::Format::Text || (plan.format == LogPlan::Format::Auto && ::isatty(log_fd()) != 0);
    return text ? LogFormat::Text : LogFormat::Json;
}

} // namespace hawser::host
