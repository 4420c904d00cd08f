// Tests: tests/faults/crash_test.cpp
#include "supervisor/crash_report.hpp"

#include "base/text.hpp"
#include "base/version.hpp"
#include "supervisor/code_places.hpp"
#include "supervisor/culprit.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <ctime>
#include <filesystem>
#include <system_error>

namespace hawser::host {
namespace {

namespace fs = std::filesystem;

std::string hexadecimal(std::uint64_t number)
{
    char text[24];
    std::snprintf(text, sizeof text, "0x%llx", static_cast<unsigned long long>(number));
    return text;
}

// "2026-11-26T18:40:22Z"; with `compact`, for the name of a file.
std::string time_text(std::time_t at, bool compact)
{
    std::tm utc{};
    ::gmtime_r(&at, &utc);
    char text[32];
    std::strftime(text, sizeof text, compact ? "%Y%m%dT%H%M%SZ" : "%Y-%m-%dT%H:%M:%SZ", &utc);
    return text;
}

std::string text_of(const CodePlaces &places, WorkerHandle &worker, const WorkerEnd &end, const std::string &crumb,
                    const std::string &config, const std::string &at)
{
    const CrashRecord &record = places.record();
    std::string out = "hawser " + std::string(kHostVersion) + ", a worker crashed\n\n";
    const auto line = [&out](const std::string &name, const std::string &value) {
        out += name + std::string(name.size() < 15 ? 15 - name.size() : 1, ' ') + printable(value) + '\n';
    };
    line("time", time_text(std::time(nullptr), false));
    if (!config.empty()) line("configuration", config);
    line("compartment", worker.plan()->name + ", generation " + std::to_string(worker.generation()) + ", pid " +
                            std::to_string(worker.pid()));
    line("end", describe(end));
    if (describe(worker, end) != describe(end)) line("cause", describe(worker, end));
    line("address", hexadecimal(record.address));
    line("in", crumb.empty() ? "no plugin" : crumb);
    line("at", at);
    line("instruction", places.at(record.instruction));
    out += "\nbacktrace\n";
    std::size_t number = 0;
    for (const std::string &frame : places.all(record.frame, record.frames))
        out += "  #" + std::to_string(number++) + ' ' + frame + '\n';
    if (number == 0) out += "  none: the crashed thread could not be unwound\n";
    out += "\nplugins\n";
    for (const PluginRef &plugin : worker.plan()->plugins)
        out += "  " + plugin.name + ' ' + plugin.version + "  " + printable(plugin.path) + "  sha256 " +
               plugin.version_tag + '\n';
    return out;
}

void remove_old(const std::string &directory)
{
    std::vector<std::string> reports; // their names begin with the time
    std::error_code error;
    for (fs::directory_iterator each(directory, error), end; !error && each != end; each.increment(error)) {
        if (each->path().extension() == ".txt") reports.push_back(each->path().string());
    }
    std::sort(reports.begin(), reports.end());
    for (std::size_t i = 0; i + kMostReports < reports.size(); ++i) fs::remove(reports[i], error);
}

// Its path; "" and why not, where it cannot be written.
std::string write_report(const std::string &directory, const std::string &name, const std::string &text)
{
    if (::mkdir(directory.c_str(), 0700) != 0 && errno != EEXIST) return {};
    std::string path = directory + '/' + name;
    const Fd file(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (!file) return {};
    const bool whole = ::write(file.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size());
    if (!whole) ::unlink(path.c_str());
    remove_old(directory);
    return whole ? path : std::string();
}

} // namespace

std::vector<std::pair<std::string, std::string>> report_crash(WorkerHandle &worker, const WorkerEnd &end,
                                                              const std::string &directory, const std::string &config)
{
    const CodePlaces places(worker.page()->crash, *worker.plan());
    const CrashRecord &record = places.record();
    // The alarm ends one whose unwinder waits for ever.
    if (record.state == 0 || (record.signal != end.signal && end.signal != SIGALRM)) return {};
    std::string at = places.in_plugin(record.frame, record.frames);
    if (at.empty()) at = places.at(record.instruction);
    const std::string name =
        time_text(std::time(nullptr), true) + '-' + worker.plan()->name + '-' + std::to_string(worker.pid()) + ".txt";
    std::string path =
        write_report(directory, name, text_of(places, worker, end, find_culprit(worker, end).in, config, at));
    std::vector<std::pair<std::string, std::string>> fields{{"at", std::move(at)}};
    if (!path.empty()) fields.emplace_back("report", std::move(path));
    return fields;
}

} // namespace hawser::host
