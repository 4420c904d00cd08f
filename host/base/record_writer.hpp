// Lines that loops add without ever waiting: a ring for each loop, filled by its thread alone, and one thread that
// writes them out in batches. A line that finds no room, or no disk, is dropped and counted; the log hears of it once a
// minute. ring() is for the loop's thread or before it runs; set_output(), the counts and stop() are for any thread.
#pragma once

#include "base/fd.hpp"
#include "base/log.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

namespace hawser::host {

class RecordWriter {
public:
    static constexpr std::size_t kRing = std::size_t{1} << 20; // bytes of a loop's lines that wait
    static constexpr std::size_t kMostLine = 65536;

    // For loops 0 … loops - 1. `name` is that of the lines in the log: "access". `log` outlives this.
    RecordWriter(Log &log, std::string_view name, unsigned loops);
    ~RecordWriter(); // as stop(), if that was not called
    RecordWriter(const RecordWriter &) = delete;
    RecordWriter &operator=(const RecordWriter &) = delete;

    class Ring;
    // The ring of a loop, made at its first use, with the thread that writes. Null: no memory or no thread, which is
    // logged. Valid as long as this.
    Ring *ring(unsigned loop);
    // One line with its newline. False: it was dropped. For the thread of the ring's loop.
    static bool write(Ring &ring, std::string_view line);

    // Lines go to `fd` from now on; the one before is closed once the write in hand has ended.
    void set_output(Fd fd);

    std::uint64_t written() const;
    std::uint64_t dropped() const;

    // Writes out what waits, for at most `timeout_ns`; what is left then counts as dropped. No line is taken after it.
    // False: a write has not returned (a file system that hangs), and its thread is left to the end of the process;
    // it touches nothing of others any more.
    bool stop(std::uint64_t timeout_ns);

private:
    class Writer;
    std::shared_ptr<Writer> writer_; // shared with its thread, which may outlive this
};

} // namespace hawser::host
