// Tests: tests/faults/crash_test.cpp
#include "supervisor/crash_report.hpp"

#include "base/text.hpp"
#include "base/version.hpp"
#include "plugin/symbols.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <filesystem>
#include <memory>
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

std::string own_path()
{
    std::error_code error;
    return fs::read_symlink("/proc/self/exe", error).string();
}

// A copy of what the worker left, with every count within bounds and every path ended.
std::unique_ptr<CrashRecord> checked_copy(const CrashRecord &left)
{
    auto record = std::make_unique<CrashRecord>();
    std::memcpy(record.get(), &left, sizeof *record);
    record->frames = record->state == 2 ? std::min(record->frames, CrashRecord::kMostFrames) : 0;
    record->modules = std::min(record->modules, CrashRecord::kMostModules);
    for (std::uint32_t i = 0; i < record->modules; ++i) record->module[i].path[CrashModule::kMostPath - 1] = '\0';
    return record;
}

class Report {
public:
    Report(const CrashRecord &record, const CompartmentPlan &plan)
        : record_(record)
        , plan_(plan)
    {}

    // "text.so+0x1169 (on_request)", or the bare address.
    std::string place(std::uint64_t address) const
    {
        for (std::uint32_t i = 0; i < record_.modules; ++i) {
            const CrashModule &module = record_.module[i];
            if (address < module.begin || address >= module.end) continue;
            const std::uint64_t offset = address - module.bias;
            const std::string path = module.path;
            std::string text = printable(shown(path)) + '+' + hexadecimal(offset);
            const std::string name = function_at(path == "hawser" ? own_path() : path, offset);
            return name.empty() ? text : text + " (" + printable(name) + ')';
        }
        return hexadecimal(address);
    }

    // Where the innermost plugin was, or else where the crash was itself.
    std::string blamed() const
    {
        for (std::uint32_t i = 0; i < record_.frames; ++i) {
            const std::uint64_t address = record_.frame[i] - (i > 0 && record_.frame[i] > 0 ? 1 : 0);
            for (std::uint32_t m = 0; m < record_.modules; ++m) {
                const CrashModule &module = record_.module[m];
                if (address >= module.begin && address < module.end && is_plugin(module.path)) return place(address);
            }
        }
        return place(record_.instruction);
    }

    std::string text(const WorkerHandle &worker, const WorkerEnd &end, const std::string &crumb,
                     const std::string &config) const
    {
        std::string out = "hawser " + std::string(kHostVersion) + ", a worker crashed\n\n";
        const auto line = [&out](const std::string &name, const std::string &value) {
            out += name + std::string(name.size() < 15 ? 15 - name.size() : 1, ' ') + printable(value) + '\n';
        };
        line("time", time_text(std::time(nullptr), false));
        if (!config.empty()) line("configuration", config);
        line("compartment", plan_.name + ", generation " + std::to_string(worker.generation()) + ", pid " +
                                std::to_string(worker.pid()));
        line("end", describe_end(end));
        line("address", hexadecimal(record_.address));
        line("in", crumb.empty() ? "no plugin" : crumb);
        line("at", blamed());
        line("instruction", place(record_.instruction));
        out += "\nbacktrace\n";
        for (std::uint32_t i = 0; i < record_.frames; ++i) {
            // Of a caller the address is that of the next instruction.
            const std::uint64_t address = record_.frame[i];
            out += "  #" + std::to_string(i) + ' ' + place(i == 0 || address == 0 ? address : address - 1) + '\n';
        }
        if (record_.frames == 0) out += "  none: the crashed thread could not be unwound\n";
        out += "\nplugins\n";
        for (const PluginRef &plugin : plan_.plugins)
            out += "  " + plugin.name + ' ' + plugin.version + "  " + printable(plugin.path) + "  sha256 " +
                   plugin.version_tag + '\n';
        return out;
    }

private:
    static std::string describe_end(const WorkerEnd &end)
    {
        if (end.signal == 0) return "status " + std::to_string(end.status);
        return "signal " + std::to_string(end.signal) + " (" + strsignal(end.signal) + ')';
    }

    bool is_plugin(const std::string &path) const
    {
        return std::any_of(plan_.plugins.begin(), plan_.plugins.end(),
                           [&path](const PluginRef &plugin) { return plugin.copy == path; });
    }

    // The file that people know, where it is a copy of a plugin.
    std::string shown(const std::string &path) const
    {
        for (const PluginRef &plugin : plan_.plugins) {
            if (plugin.copy == path) return fs::path(plugin.path).filename().string();
        }
        return fs::path(path).filename().string();
    }

    const CrashRecord &record_;
    const CompartmentPlan &plan_;
};

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
    const auto record = checked_copy(worker.page()->crash);
    // The alarm ends one whose unwinder waits for ever.
    if (record->state == 0 || (record->signal != end.signal && end.signal != SIGALRM)) return {};
    const Report report(*record, *worker.plan());
    std::vector<std::pair<std::string, std::string>> fields{{"at", report.blamed()}};
    const std::string name =
        time_text(std::time(nullptr), true) + '-' + worker.plan()->name + '-' + std::to_string(worker.pid()) + ".txt";
    std::string path = write_report(directory, name, report.text(worker, end, worker.last_crumb(), config));
    if (!path.empty()) fields.emplace_back("report", std::move(path));
    return fields;
}

} // namespace hawser::host
