// Child processes and temporary directories for tests. Everything that is started ends with the object that holds it.
#pragma once

#include <chrono>
#include <string>
#include <utility>
#include <vector>

namespace hawser::test {

inline constexpr std::chrono::seconds kDeadline{60}; // for what should be quick; sanitizers are slow

class TempDir {
public:
    TempDir();
    ~TempDir();
    TempDir(const TempDir &) = delete;
    TempDir &operator=(const TempDir &) = delete;
    const std::string &path() const { return path_; }
    std::string operator/(const std::string &name) const { return path_ + '/' + name; }
    // Writes a file below it and returns its path.
    std::string write(const std::string &name, const std::string &text) const;

private:
    std::string path_;
};

// The bytes of a file; empty if it cannot be read.
std::string content(const std::string &path);

struct ProcessOptions {
    std::string directory;                                      // to run in; empty: this one's
    std::vector<std::pair<std::string, std::string>> variables; // beside the inherited environment
    unsigned descriptors = 0;                                   // RLIMIT_NOFILE; 0: inherited
    std::vector<std::string> wrapper = {};                      // a command that executes what is started: {"env", …}
    std::string program = {};                                   // of a Host; empty: the one that was built
};

// A child with its output read through pipes.
class Process {
public:
    Process() = default;
    Process(const std::vector<std::string> &arguments, const ProcessOptions &options = {});
    ~Process(); // kills what still runs
    Process(Process &&other) noexcept;
    Process &operator=(Process &&other) noexcept;

    int pid() const { return pid_; }
    void signal(int number) const;
    // Reads on until `text` has come on standard error; false: it ended, or the deadline passed.
    bool wait_for_output_text(const std::string &text, std::chrono::milliseconds deadline = kDeadline);
    bool wait_for_error_text(const std::string &text, std::chrono::milliseconds deadline = kDeadline);
    // Waits for its end: the exit status, or 1000 + the signal that ended it, or -1 after the deadline.
    int wait(std::chrono::milliseconds deadline = kDeadline);
    const std::string &out() const { return out_; }
    const std::string &err() const { return err_; }
    void close_input();

private:
    bool wait_for_text(const std::string &output, const std::string &text, std::chrono::milliseconds deadline);
    bool read_some(std::chrono::milliseconds deadline);
    int pid_ = -1, in_ = -1, out_fd_ = -1, err_fd_ = -1;
    int status_ = -1;
    std::string out_, err_;
};

// A directory of plugins as every user may read it: a copy, if it lies where others may not go.
std::string open_copy(const std::string &directory);

// Whether a test may have file systems of its own: root without a container's bounds.
bool has_mount_namespaces();

struct Ended {
    int status = -1;
    std::string out, err;
};
// Runs a program to its end.
Ended run(const std::vector<std::string> &arguments, const ProcessOptions &options = {});

// Waits until `holds` is true, looking again every few milliseconds; false after the deadline. For what nobody tells.
template<typename Holds>
bool eventually(Holds holds, std::chrono::milliseconds deadline = kDeadline)
{
    const auto end = std::chrono::steady_clock::now() + deadline;
    while (!holds()) {
        if (std::chrono::steady_clock::now() > end) return false;
        run({"/bin/sleep", "0.01"});
    }
    return true;
}

} // namespace hawser::test
