// Tests: tests/unit/base/record_writer_test.cpp
#include "base/record_writer.hpp"

#include "base/counters.hpp"
#include "base/record_output.hpp"

#include <poll.h>
#include <pthread.h>
#include <sys/eventfd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstring>
#include <mutex>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

namespace hawser::host {
namespace {

constexpr int kGather = 20; // ms in which lines come together before they are written
constexpr std::uint64_t kTellEvery = 60'000'000'000;
constexpr std::uint64_t kLastWords = 1'000'000'000; // of a writer that nobody stops

std::uint64_t now() { return static_cast<std::uint64_t>(std::chrono::steady_clock::now().time_since_epoch().count()); }

} // namespace

// Bytes of whole lines between tail and head, both counted on for ever.
class RecordWriter::Ring {
public:
    explicit Ring(Writer &writer)
        : writer_(writer)
        , bytes_(new char[kRing])
    {}

    bool push(std::string_view line);
    bool empty() const { return head_.load(std::memory_order_seq_cst) == tail_.load(std::memory_order_relaxed); }
    // What waits, in one or two stretches.
    std::array<std::string_view, 2> waiting() const
    {
        const std::uint64_t tail = tail_.load(std::memory_order_relaxed);
        const auto n = static_cast<std::size_t>(head_.load(std::memory_order_acquire) - tail);
        const std::size_t at = tail % kRing;
        const std::size_t first = std::min(n, kRing - at);
        return {std::string_view(bytes_.get() + at, first), std::string_view(bytes_.get(), n - first)};
    }
    void take(std::size_t n) { tail_.store(tail_.load(std::memory_order_relaxed) + n, std::memory_order_release); }
    std::uint64_t dropped() const { return dropped_.get(); }

private:
    alignas(64) std::atomic<std::uint64_t> head_{0}; // the loop's, with what follows
    Writer &writer_;
    std::unique_ptr<char[]> bytes_;
    Counter dropped_;
    alignas(64) std::atomic<std::uint64_t> tail_{0}; // the writer's
};

class RecordWriter::Writer {
public:
    Writer(Log &log, std::string_view name, unsigned loops)
        : log_(log)
        , name_(name)
        , bell_(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC))
        , made_(loops)
        , rings_(loops)
    {}

    Ring *ring(unsigned loop, const std::shared_ptr<Writer> &self)
    {
        const std::lock_guard lock(mutex_);
        if (loop >= rings_.size() || ending_) return nullptr;
        try {
            if (!made_[loop]) made_[loop] = std::make_unique<Ring>(*this);
            if (!running_) {
                thread_ = std::thread([self] { self->run(); });
                running_ = true;
            }
        } catch (const std::exception &thrown) {
            log_.write(Level::Error, name_, "lines_not_written", {{"error", thrown.what()}});
            return nullptr;
        }
        rings_[loop].store(made_[loop].get(), std::memory_order_release);
        return made_[loop].get();
    }

    void set_output(Fd fd)
    {
        auto output = std::make_shared<RecordOutput>(std::move(fd));
        const std::lock_guard lock(mutex_);
        output_ = std::move(output);
    }

    // A ring has something new. One system call wakes the writer for all that comes until it has slept again.
    void heard(bool half_full)
    {
        const std::uint32_t state = state_.load(std::memory_order_seq_cst);
        if (state == kBusy || (state == kGathers && !half_full)) return;
        if (state_.exchange(kBusy, std::memory_order_seq_cst) != kBusy) ring_bell();
    }
    bool takes() const { return takes_.load(std::memory_order_relaxed); }

    std::uint64_t written() const { return written_.load(std::memory_order_relaxed); }
    std::uint64_t dropped() const
    {
        std::uint64_t sum = lost_.load(std::memory_order_relaxed);
        for (const auto &each : rings_) {
            const Ring *ring = each.load(std::memory_order_acquire);
            if (ring != nullptr) sum += ring->dropped();
        }
        return sum;
    }

    bool stop(std::uint64_t timeout_ns)
    {
        std::unique_lock lock(mutex_);
        takes_.store(false, std::memory_order_relaxed);
        if (!running_) {
            ending_ = true;
            return true;
        }
        if (!ending_) until_.store(now() + timeout_ns, std::memory_order_relaxed);
        ending_ = true;
        ring_bell();
        // A write that was begun may end a little later than the last that was allowed to begin.
        const auto patience = std::chrono::nanoseconds(timeout_ns) + std::chrono::milliseconds(500);
        const bool ended = ended_changed_.wait_for(lock, patience, [this] { return ended_; });
        left_alone_ = !ended;
        lock.unlock();
        if (!thread_.joinable()) return ended;
        if (ended)
            thread_.join();
        else
            thread_.detach();
        return ended;
    }

private:
    enum State : std::uint32_t { kBusy, kSleeps, kGathers };

    void ring_bell() const
    {
        const std::uint64_t one = 1;
        static_cast<void>(!::write(bell_.get(), &one, sizeof one));
    }
    void wait(int timeout_ms) const
    {
        pollfd fd{bell_.get(), POLLIN, 0};
        std::uint64_t rings = 0;
        if (::poll(&fd, 1, timeout_ms) > 0) static_cast<void>(!::read(bell_.get(), &rings, sizeof rings));
    }

    bool nothing_waits() const
    {
        return std::all_of(rings_.begin(), rings_.end(), [](const std::atomic<Ring *> &each) {
            const Ring *ring = each.load(std::memory_order_acquire);
            return ring == nullptr || ring->empty();
        });
    }
    bool ends()
    {
        const std::lock_guard lock(mutex_);
        return ending_;
    }

    void run()
    {
        pthread_setname_np(pthread_self(), "records");
        for (;;) {
            const bool last = ends();
            write_out();
            tell(last);
            if (last) break;
            state_.store(kSleeps, std::memory_order_seq_cst);
            if (nothing_waits()) wait(-1);
            state_.store(kGathers, std::memory_order_seq_cst);
            if (!ends()) wait(kGather);
            state_.store(kBusy, std::memory_order_seq_cst);
        }
        const std::lock_guard lock(mutex_);
        ended_ = true;
        ended_changed_.notify_all();
    }

    // Everything that waits now, ring by ring.
    void write_out()
    {
        std::shared_ptr<RecordOutput> output;
        {
            const std::lock_guard lock(mutex_);
            output = output_;
        }
        for (const auto &each : rings_) {
            Ring *ring = each.load(std::memory_order_acquire);
            if (ring == nullptr) continue;
            const auto parts = ring->waiting();
            if (parts[0].empty()) continue;
            const RecordOutput::Done done =
                output ? output->write(parts, until_) : RecordOutput::Done{0, RecordOutput::lines_of(parts), EBADF};
            written_.fetch_add(done.written, std::memory_order_relaxed);
            lost_.fetch_add(done.lost, std::memory_order_relaxed);
            if (done.error != 0) error_ = done.error;
            ring->take(parts[0].size() + parts[1].size());
        }
    }

    // Once a minute and at the end, if lines were lost since.
    void tell(bool last)
    {
        const std::uint64_t dropped = this->dropped();
        if (dropped == told_ || (!last && told_at_ != 0 && now() - told_at_ < kTellEvery)) return;
        const std::lock_guard lock(mutex_);
        if (left_alone_) return;
        const std::string lines = std::to_string(dropped - told_);
        std::array<char, 128> text{};
        const char *why =
            error_ != 0 ? strerror_r(error_, text.data(), text.size()) : "more lines came than could be written";
        log_.write(Level::Error, name_, "lines_dropped", {{"lines", lines}, {"error", why}});
        told_ = dropped;
        told_at_ = now();
        error_ = 0;
    }

    Log &log_;
    std::string name_;
    Fd bell_;
    std::mutex mutex_;
    std::shared_ptr<RecordOutput> output_;
    std::vector<std::unique_ptr<Ring>> made_;
    std::thread thread_;
    std::condition_variable ended_changed_;
    bool running_ = false, ending_ = false, ended_ = false, left_alone_ = false;

    std::vector<std::atomic<Ring *>> rings_; // of made_, for whoever does not lock
    std::atomic<std::uint32_t> state_{kBusy};
    std::atomic<bool> takes_{true};
    std::atomic<std::uint64_t> until_{0}; // when writing ends at the latest; 0: not yet known
    std::atomic<std::uint64_t> written_{0}, lost_{0};
    // The thread's own.
    std::uint64_t told_ = 0, told_at_ = 0;
    int error_ = 0;
};

bool RecordWriter::Ring::push(std::string_view line)
{
    const std::uint64_t head = head_.load(std::memory_order_relaxed);
    const std::uint64_t used = head - tail_.load(std::memory_order_acquire);
    if (line.size() > kRing - used || !writer_.takes()) {
        dropped_.add(1);
        return false;
    }
    const std::size_t at = head % kRing;
    const std::size_t first = std::min(line.size(), kRing - at);
    std::memcpy(bytes_.get() + at, line.data(), first);
    if (first < line.size()) std::memcpy(bytes_.get(), line.data() + first, line.size() - first);
    // Before the look at whether the writer sleeps, as it looks here after it has said so.
    head_.store(head + line.size(), std::memory_order_seq_cst);
    writer_.heard(used + line.size() > kRing / 2);
    return true;
}

RecordWriter::RecordWriter(Log &log, std::string_view name, unsigned loops)
    : writer_(std::make_shared<Writer>(log, name, loops))
{}

RecordWriter::~RecordWriter() { writer_->stop(kLastWords); }

RecordWriter::Ring *RecordWriter::ring(unsigned loop) { return writer_->ring(loop, writer_); }
bool RecordWriter::write(Ring &ring, std::string_view line) { return ring.push(line); }
void RecordWriter::set_output(Fd fd) { writer_->set_output(std::move(fd)); }
std::uint64_t RecordWriter::written() const { return writer_->written(); }
std::uint64_t RecordWriter::dropped() const { return writer_->dropped(); }
bool RecordWriter::stop(std::uint64_t timeout_ns) { return writer_->stop(timeout_ns); }

} // namespace hawser::host
