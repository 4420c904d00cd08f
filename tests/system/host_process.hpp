// The running host: started with a configuration of the test, on free ports, and known by its log.
#pragma once

#include "client.hpp"
#include "process.hpp"

#include <string>
#include <vector>

namespace hawser::test {

class Host {
public:
    // `toml` is written to hawser.toml in a directory of its own; [host] with the plugin directories and a control
    // socket is put in front unless it has one. Waits for `ready` unless it ends first.
    explicit Host(const std::string &toml, const std::vector<std::string> &arguments = {},
                  const ProcessOptions &options = {});

    // A host that says of a plugin that it broke its contract fails the test, unless that is what it is about.
    ~Host();
    Host(const Host &) = delete;
    Host &operator=(const Host &) = delete;
    void expect_broken_contracts() { broken_expected_ = true; }

    bool ready() const { return ready_; }
    Process &process() { return process_; }
    TempDir &directory() { return directory_; }
    std::string config() const { return directory_ / "hawser.toml"; }
    std::string control() const { return directory_ / "control.sock"; }
    void rewrite(const std::string &toml); // the configuration, for a reload
    // The n-th bound address of a listener, as the log says.
    std::string address(const std::string &listener, std::size_t n = 0) const;
    Client connect(const std::string &listener = "web", std::size_t n = 0) const
    {
        return Client(address(listener, n));
    }

    // Another command of the program for this host: {"reload"}.
    Ended command(std::vector<std::string> words) const;
    std::vector<int> workers() const; // process ids
    bool log_has(const std::string &text, std::chrono::milliseconds deadline = kDeadline)
    {
        return process_.wait_for_error_text(text, deadline);
    }
    // SIGTERM, then its exit status.
    int stop();

private:
    std::string complete(const std::string &toml) const;
    TempDir directory_;
    Process process_;
    bool ready_ = false, broken_expected_ = false;
};

Ended hawser(const std::vector<std::string> &words, const ProcessOptions &options = {});
std::size_t count(const std::string &text, const std::string &part);
std::string first_line(const std::string &text); // without its end
std::size_t resident_bytes(int pid);

} // namespace hawser::test
