// Tests: tests/unit/plugin/decision_test.cpp
#include "plugin/dynamic.hpp"

#include "base/fd.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <unordered_set>

namespace hawser::host {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMostLibraries = 512;

#if defined(__x86_64__)
constexpr std::string_view kTriplet = "x86_64-linux-gnu";
#elif defined(__aarch64__)
constexpr std::string_view kTriplet = "aarch64-linux-gnu";
#else
constexpr std::string_view kTriplet = "riscv64-linux-gnu";
#endif

// The directories of a system's libraries. What /etc/ld.so.conf adds to them is not read.
std::vector<std::string> usual_directories()
{
    const std::string triplet(kTriplet);
    return {"/lib/" + triplet, "/usr/lib/" + triplet, "/usr/local/lib/" + triplet, "/lib64", "/usr/lib64", "/lib",
            "/usr/lib",        "/usr/local/lib"};
}

Result<Dynamic> read_library(const std::string &path)
{
    const Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
    struct stat status {};
    if (!fd || ::fstat(fd.get(), &status) != 0 || !S_ISREG(status.st_mode))
        return Error{Status::BadConfig, "cannot be read"};
    const Image image(fd.get(), static_cast<std::uint64_t>(status.st_size));
    auto file = ElfFile::open(image);
    if (!file) return std::move(file.error());
    if (auto checked = file->check_segments(); !checked) return std::move(checked.error());
    return read_dynamic(*file);
}

class Resolution {
public:
    std::vector<std::string> run(const Dynamic &dynamic, const std::string &origin, std::vector<std::string> &missing)
    {
        want(dynamic, origin);
        for (std::size_t i = 0; i < wanted_.size() && i < kMostLibraries; ++i) {
            const Wanted wanted = wanted_[i]; // the list grows
            if (!add(wanted)) missing.push_back(wanted.name);
        }
        std::vector<std::string> left;
        std::copy_if(dynamic.undefined.begin(), dynamic.undefined.end(), std::back_inserter(left),
                     [this](const std::string &name) { return defined_.count(name) == 0; });
        return left;
    }

private:
    struct Wanted {
        std::string name;
        std::vector<std::string> directories;
    };

    void want(const Dynamic &dynamic, const std::string &origin)
    {
        std::vector<std::string> directories;
        for (std::string path : dynamic.paths) {
            for (const std::string_view word : {"${ORIGIN}", "$ORIGIN"}) {
                if (const std::size_t at = path.find(word); at != std::string::npos)
                    path.replace(at, word.size(), origin);
            }
            directories.push_back(std::move(path));
        }
        for (std::string &directory : usual_directories()) directories.push_back(std::move(directory));
        for (const std::string &name : dynamic.needed) {
            if (known_.insert(name).second) wanted_.push_back({name, directories});
        }
    }

    bool add(const Wanted &wanted)
    {
        if (wanted.name.find('/') != std::string::npos) return add_file(wanted.name);
        return std::any_of(wanted.directories.begin(), wanted.directories.end(),
                           [&](const std::string &directory) { return add_file(directory + '/' + wanted.name); });
    }

    bool add_file(const std::string &path)
    {
        auto library = read_library(path);
        if (!library) return false;
        defined_.insert(library->exported.begin(), library->exported.end());
        want(*library, fs::path(path).parent_path().string());
        return true;
    }

    std::vector<Wanted> wanted_;
    std::unordered_set<std::string> known_, defined_;
};

} // namespace

std::vector<std::string> unresolved(const Dynamic &dynamic, const std::string &origin,
                                    std::vector<std::string> &missing)
{
    return Resolution().run(dynamic, origin, missing);
}

} // namespace hawser::host
