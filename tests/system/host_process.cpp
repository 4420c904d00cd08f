#include "host_process.hpp"

#include <gtest/gtest.h>

#include <csignal>
#include <fstream>
#include <sstream>

namespace hawser::test {

std::string Host::complete(const std::string &toml) const
{
    if (toml.find("[host]") != std::string::npos) return toml;
    return "[host]\nplugins = [\"" HAWSER_PLUGINS "\", \"" HAWSER_BUILD "/test-plugins\"]\ncontrol = \"" + control() +
           "\"\n" + toml;
}

Host::Host(const std::string &toml, const std::vector<std::string> &arguments, const ProcessOptions &options)
{
    rewrite(toml);
    std::vector<std::string> all{options.program.empty() ? HAWSER_PROGRAM : options.program, "run", config()};
    // Not in the file: tests know the numbers of its lines.
    if (toml.find("[host]") == std::string::npos)
        all.insert(all.end(), {"--set", "host.state=" + directory_ / "state"});
    all.insert(all.end(), arguments.begin(), arguments.end());
    process_ = Process(all, options);
    ready_ = process_.wait_for_error_text("\"event\":\"ready\"");
}

void Host::rewrite(const std::string &toml)
{
    const std::string path = config();
    std::ofstream(path, std::ios::binary) << complete(toml);
}

std::string Host::address(const std::string &listener, std::size_t n) const
{
    const std::string &log = process_.err();
    std::size_t at = log.find("\"event\":\"ready\"");
    for (std::size_t i = 0;; ++i) {
        const std::size_t quoted = log.find('"' + listener + '=', at), spaced = log.find(' ' + listener + '=', at);
        at = std::min(quoted, spaced);
        if (at == std::string::npos) return "none";
        at += listener.size() + 2;
        if (i == n) return log.substr(at, log.find_first_of(" \"", at) - at);
    }
}

Ended Host::command(std::vector<std::string> words) const
{
    words.push_back("--control");
    words.push_back(control());
    return hawser(words);
}

std::vector<int> Host::workers() const
{
    const std::string pid = std::to_string(process_.pid());
    std::vector<int> all;
    std::ifstream in("/proc/" + pid + "/task/" + pid + "/children");
    for (int child; in >> child;) all.push_back(child);
    return all;
}

Host::~Host()
{
    const std::string &log = process_.err();
    const std::size_t at = log.find("contract_broken");
    if (at != std::string::npos && !broken_expected_) ADD_FAILURE() << log.substr(log.rfind('\n', at) + 1, 500);
}

int Host::stop()
{
    process_.signal(SIGTERM);
    return process_.wait();
}

Ended hawser(const std::vector<std::string> &words, const ProcessOptions &options)
{
    std::vector<std::string> all{HAWSER_PROGRAM};
    all.insert(all.end(), words.begin(), words.end());
    return run(all, options);
}

std::string first_line(const std::string &text) { return text.substr(0, text.find('\n')); }

std::size_t count(const std::string &text, const std::string &part)
{
    std::size_t n = 0;
    for (std::size_t at = 0; (at = text.find(part, at)) != std::string::npos; at += part.size()) ++n;
    return n;
}

std::size_t resident_bytes(int pid)
{
    std::ifstream in("/proc/" + std::to_string(pid) + "/status");
    for (std::string line; std::getline(in, line);) {
        if (line.starts_with("VmRSS:")) return std::stoul(line.substr(6)) * 1024;
    }
    return 0;
}

} // namespace hawser::test
