// Where the lines of a log go: a file, a pipe, a terminal, or the socket of a log daemon. What cannot be written is
// lost and counted, and told in a line "log_lines_lost" of its own once writing works again. write() is for one thread.
#pragma once

#include "base/log.hpp"

#include <atomic>
#include <cstdint>
#include <functional>
#include <string_view>

namespace hawser::host {

class LogOutput {
public:
    // `fd` stays the caller's. `overruns`: how many lines never came here since the queue was full; or empty.
    LogOutput(int fd, LogFormat format, std::function<std::uint64_t()> overruns = {});

    void write(std::string_view record);
    void set(int fd, LogFormat format); // [any-thread]
    int fd() const { return fd_.load(); }
    // [any-thread] From now on who does not read is waited for until `monotonic_ns` at most.
    void hurry(std::uint64_t monotonic_ns) { until_.store(monotonic_ns); }

private:
    bool put(std::string_view record);
    bool put_stream(std::string_view bytes);
    bool put_datagram(std::string_view record);
    bool put_large(int fd, std::string_view record);
    bool wait_writable(int fd);
    void look_at(int fd);

    std::atomic<int> fd_;
    std::atomic<LogFormat> format_;
    std::atomic<std::uint64_t> until_{0}; // 0: without end
    std::function<std::uint64_t()> overruns_;
    std::uint64_t lost_ = 0, told_overruns_ = 0;
    int known_fd_ = -1;
    bool regular_ = false; // a file takes a long line whole, a pipe in parts
    bool torn_ = false;    // a line was cut off: the next begins on a new one
};

} // namespace hawser::host
