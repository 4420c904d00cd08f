// A file, pipe or socket that whole lines are written to. For one thread.
#pragma once

#include "base/fd.hpp"

#include <array>
#include <atomic>
#include <cstdint>
#include <string_view>

namespace hawser::host {

class RecordOutput {
public:
    explicit RecordOutput(Fd fd);

    struct Done {
        std::uint64_t written = 0, lost = 0; // lines
        int error = 0;                       // errno of the last failure; 0: none
    };
    using Parts = std::array<std::string_view, 2>; // whole lines when put together
    // Writes all of it, or gives the rest up at the first error. A pipe whose reader is slow is waited for until the
    // steady clock reaches `until` (ns; 0: for ever, but it may be set meanwhile).
    Done write(const Parts &parts, const std::atomic<std::uint64_t> &until);

    static std::uint64_t lines_of(const Parts &parts);

private:
    std::int64_t write_some(const Parts &rest, const std::atomic<std::uint64_t> &until); // as write(2)
    std::size_t write_all(const Parts &parts, const std::atomic<std::uint64_t> &until, int &error);
    bool wait(const std::atomic<std::uint64_t> &until) const;

    Fd fd_;
    bool is_file_ = false;
    bool in_line_ = false; // the last line was not written to its end
};

} // namespace hawser::host
