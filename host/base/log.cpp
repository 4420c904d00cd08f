// Tests: tests/unit/base/log_test.cpp
#include "base/log.hpp"

#include "base/log_output.hpp"

#include <spdlog/async.h>
#include <spdlog/async_logger.h>
#include <spdlog/sinks/base_sink.h>

#include <fcntl.h>
#include <unistd.h>

#include <chrono>
#include <condition_variable>

namespace hawser::host {
namespace {

constexpr std::size_t kQueuedLines = 8192;
constexpr std::size_t kEarlyLines = 1024;
constexpr std::uint64_t kAtEnd = 2'000'000'000; // ns that whoever does not read is waited for

class Sink final : public spdlog::sinks::base_sink<std::mutex> {
public:
    Sink(int fd, LogFormat format, std::function<std::uint64_t()> overruns)
        : output_(fd, format, std::move(overruns))
    {}
    LogOutput &output() { return output_; }
    std::uint64_t flushed()
    {
        const std::lock_guard lock(flushed_mutex_);
        return flushed_;
    }
    void wait_past(std::uint64_t count)
    {
        std::unique_lock lock(flushed_mutex_);
        flushed_changed_.wait_for(lock, std::chrono::seconds(2), [&] { return flushed_ > count; });
    }

protected:
    void sink_it_(const spdlog::details::log_msg &message) override
    {
        output_.write({message.payload.data(), message.payload.size()});
    }
    void flush_() override
    {
        const std::lock_guard lock(flushed_mutex_);
        ++flushed_;
        flushed_changed_.notify_all();
    }

private:
    LogOutput output_;
    std::mutex flushed_mutex_;
    std::condition_variable flushed_changed_;
    std::uint64_t flushed_ = 0;
};

std::int64_t wall_now()
{
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    return std::chrono::duration_cast<std::chrono::nanoseconds>(now).count();
}

} // namespace

// A line that was written before there was an output.
struct Log::Early {
    std::int64_t wall_ns;
    Level level;
    std::string node, event;
    std::vector<std::pair<std::string, std::string>> fields;

    std::string record(LogFormat format) const
    {
        std::vector<LogField> views;
        for (const auto &[name, value] : fields) views.push_back({name, value});
        return format_record(format, {wall_ns, level, node, event, views});
    }
};

class Log::Writer {
public:
    Writer(int fd, LogFormat format)
        : pool_(std::make_shared<spdlog::details::thread_pool>(kQueuedLines, 1))
        , sink_(std::make_shared<Sink>(fd, format, [pool = pool_.get()] { return pool->overrun_counter(); }))
        , logger_(std::make_shared<spdlog::async_logger>("hawser", sink_, pool_,
                                                         spdlog::async_overflow_policy::overrun_oldest))
    {
        logger_->set_level(spdlog::level::trace);
    }
    ~Writer()
    {
        const auto now = std::chrono::steady_clock::now().time_since_epoch();
        const auto ns = std::chrono::duration_cast<std::chrono::nanoseconds>(now).count();
        output().hurry(static_cast<std::uint64_t>(ns) + kAtEnd);
        // The pool's end joins its thread after the queue is empty; the lines in the queue hold the logger.
        logger_.reset();
        pool_.reset();
    }

    void line(std::string_view text)
    {
        logger_->log(spdlog::level::info, spdlog::string_view_t(text.data(), text.size()));
    }
    std::uint64_t dropped() const { return pool_->overrun_counter(); }
    void flush()
    {
        const std::lock_guard lock(flushing_); // one at a time: the sink counts flushes, it does not tell them apart
        const std::uint64_t before = sink_->flushed();
        logger_->flush();
        sink_->wait_past(before);
    }
    LogOutput &output() { return sink_->output(); }

private:
    std::shared_ptr<spdlog::details::thread_pool> pool_;
    std::shared_ptr<Sink> sink_;
    std::shared_ptr<spdlog::async_logger> logger_;
    std::mutex flushing_;
};

Log::Log() = default;

Log::Log(const LogSettings &settings) { open(settings); }

Log::~Log()
{
    if (writer_ || early_.empty()) return;
    LogOutput err(STDERR_FILENO, LogFormat::Text);
    for (const Early &line : early_) {
        if (line.level <= Level::Info) err.write(line.record(LogFormat::Text));
    }
}

void Log::open(const LogSettings &settings)
{
    level_ = settings.level;
    format_ = settings.format;
    writer_ = std::make_unique<Writer>(settings.fd, settings.format);
    for (const Early &line : early_) {
        if (enabled(line.level)) writer_->line(line.record(settings.format));
    }
    early_.clear();
}

void Log::change(const LogSettings &settings)
{
    writer_->flush();
    level_ = settings.level;
    format_ = settings.format;
    writer_->output().set(settings.fd, settings.format);
}

bool Log::replace(const Fd &file)
{
    const int mine = writer_->output().fd();
    return ::dup3(file.get(), mine, mine > STDERR_FILENO ? O_CLOEXEC : 0) >= 0;
}

void Log::keep(std::int64_t wall_ns, Level level, std::string_view node, std::string_view event,
               std::span<const LogField> fields)
{
    const std::lock_guard lock(keeping_);
    if (early_.size() >= kEarlyLines) return;
    Early line{wall_ns, level, std::string(node), std::string(event), {}};
    for (const LogField &field : fields) line.fields.emplace_back(field.name, field.value);
    early_.push_back(std::move(line));
}

void Log::write(Level level, std::string_view node, std::string_view event, std::span<const LogField> fields)
{
    if (!enabled(level)) return;
    if (!writer_) {
        keep(wall_now(), level, node, event, fields);
        return;
    }
    const LogEvent said{wall_now(), level, node, event, fields};
    writer_->line(format_record(format_.load(std::memory_order_relaxed), said));
    if (hear_) hear_(said);
}

std::uint64_t Log::dropped() const { return writer_ ? writer_->dropped() : 0; }

void Log::flush()
{
    if (writer_) writer_->flush();
}

} // namespace hawser::host
