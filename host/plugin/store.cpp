// Tests: tests/unit/plugin/store_test.cpp, tests/system/store_test.cpp
#include "plugin/store.hpp"

#include "plugin/note.hpp"
#include "plugin/trust.hpp"

#include <fcntl.h>
#include <sha2.h>
#include <sys/file.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <system_error>
#include <vector>

namespace hawser::host {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kChunk = std::size_t{1} << 20;
constexpr std::size_t kMostStem = 100;  // bytes of the plugin's file name in that of the copy
constexpr std::size_t kHashInName = 16; // digits
constexpr int kTries = 100;             // until a copy is neither being removed nor replaced by others
constexpr const char *kUnfinished = ".new-";

Error failed(const std::string &what, int error) { return system_error("plugin store: " + what, error); }

class Sha256 {
public:
    Sha256() { ::SHA256Init(&context_); }
    void add(const char *bytes, std::size_t size)
    {
        ::SHA256Update(&context_, reinterpret_cast<const std::uint8_t *>(bytes), size);
    }
    std::string digits()
    {
        std::array<std::uint8_t, SHA256_DIGEST_LENGTH> digest{};
        ::SHA256Final(digest.data(), &context_);
        std::string text;
        for (const std::uint8_t byte : digest) {
            text += "0123456789abcdef"[byte >> 4];
            text += "0123456789abcdef"[byte & 15];
        }
        return text;
    }

private:
    SHA2_CTX context_{};
};

// Reads `size` bytes and hands them on in pieces; false: fewer came, or `take` said so.
template<typename Take>
bool read_all(int file, std::uint64_t size, const Take &take)
{
    std::vector<char> buffer(kChunk);
    for (std::uint64_t at = 0; at < size;) {
        const auto want = static_cast<std::size_t>(std::min<std::uint64_t>(size - at, buffer.size()));
        const ssize_t n = ::pread(file, buffer.data(), want, static_cast<off_t>(at));
        if (n < 0 && errno == EINTR) continue;
        if (n == 0) errno = ENODATA;
        if (n <= 0 || !take(buffer.data(), static_cast<std::size_t>(n))) return false;
        at += static_cast<std::uint64_t>(n);
    }
    return true;
}

bool write_all(int file, const char *bytes, std::size_t size)
{
    while (size > 0) {
        const ssize_t n = ::write(file, bytes, size);
        if (n < 0 && errno != EINTR) return false;
        if (n > 0) {
            bytes += n;
            size -= static_cast<std::size_t>(n);
        }
    }
    return true;
}

Result<std::string> hash_of(int file, std::uint64_t size, const std::string &path)
{
    Sha256 sum;
    const bool whole = read_all(file, size, [&sum](const char *bytes, std::size_t n) {
        sum.add(bytes, n);
        return true;
    });
    if (!whole) return failed("cannot read " + path, errno);
    return sum.digits();
}

bool is_at(int file, const std::string &path)
{
    struct stat mine {
    }, there{};
    return ::fstat(file, &mine) == 0 && ::lstat(path.c_str(), &there) == 0 && mine.st_dev == there.st_dev &&
           mine.st_ino == there.st_ino;
}

std::string stem_of(const std::string &path, const std::string &version)
{
    return fs::path(path).stem().string().substr(0, kMostStem) + '-' + version.substr(0, kMostStem);
}

// A file being made; gone at the end unless it was put in its place.
class Unfinished {
public:
    explicit Unfinished(const std::string &directory)
        : path_(directory + '/' + kUnfinished + "XXXXXX")
        , file_(::mkostemp(path_.data(), O_CLOEXEC))
    {
        if (file_) ::flock(file_.get(), LOCK_EX | LOCK_NB); // nobody prunes it
    }
    ~Unfinished()
    {
        if (file_ && !placed_) ::unlink(path_.c_str());
    }
    Unfinished(const Unfinished &) = delete;
    Unfinished &operator=(const Unfinished &) = delete;

    const Fd &file() const { return file_; }
    bool place(const std::string &path)
    {
        placed_ = ::fchmod(file_.get(), 0555) == 0 && ::rename(path_.c_str(), path.c_str()) == 0;
        return placed_;
    }

private:
    std::string path_;
    Fd file_;
    bool placed_ = false;
};

Result<void> check_writable_by_nobody_else(const std::string &directory)
{
    struct stat status {};
    if (::lstat(directory.c_str(), &status) != 0) return failed(directory, errno);
    const bool trusted = S_ISDIR(status.st_mode) && (status.st_uid == ::geteuid() || status.st_uid == 0);
    if (trusted && (status.st_mode & (S_IWGRP | S_IWOTH)) == 0) return {};
    return Error{Status::NotPermitted, "plugin store: expected " + directory +
                                           " to be a directory that only this user can write to; use chown and chmod "
                                           "go-w, or set [host] state"};
}

} // namespace

std::string default_state_directory()
{
    const char *given = std::getenv("STATE_DIRECTORY");
    if (given != nullptr && given[0] == '/') return std::string(given).substr(0, std::string_view(given).find(':'));
    if (::geteuid() == 0) return "/var/lib/hawser";
    const char *state = std::getenv("XDG_STATE_HOME"), *home = std::getenv("HOME");
    if (state != nullptr && state[0] == '/') return std::string(state) + "/hawser";
    if (home != nullptr && home[0] == '/' && ::access(home, W_OK) == 0)
        return std::string(home) + "/.local/state/hawser";
    return "/tmp/hawser-" + std::to_string(::geteuid()) + "/state";
}

PluginStore::PluginStore(const std::string &state)
    : directory_(state + "/plugins")
{}

Result<void> PluginStore::open()
{
    std::error_code error;
    const fs::path state = fs::path(directory_).parent_path();
    fs::create_directories(state.parent_path(), error);
    for (const std::string &directory : {state.string(), directory_}) {
        // Whatever the mask is: workers of another user read there.
        const bool made = ::mkdir(directory.c_str(), 0755) == 0 && ::chmod(directory.c_str(), 0755) == 0;
        if (!made && errno != EEXIST) {
            Error told = failed("cannot make the directory " + directory, errno);
            told.text += "; set [host] state";
            return told;
        }
        if (auto checked = check_writable_by_nobody_else(directory); !checked) return checked;
    }
    struct statvfs mounted {};
    if (::statvfs(directory_.c_str(), &mounted) == 0 && (mounted.f_flag & ST_NOEXEC) != 0)
        return Error{Status::System, "plugin store: no code may be run from " + directory_ +
                                         ", whose file system is mounted noexec; set [host] state"};
    return {};
}

Result<StoredPlugin> PluginStore::take(const std::string &path, const std::string &version, std::string_view manifest)
{
    auto source = open_trusted(path);
    if (!source) return Error{source.error().status, path + ": " + source.error().text};
    const Image image(source->fd.get(), static_cast<std::uint64_t>(source->status.st_size));
    auto elf = ElfFile::open(image);
    if (!elf) return Error{elf.error().status, path + ": " + elf.error().text};
    auto stored = copy(source->fd.get(), elf->end(), stem_of(path, version), manifest);
    if (!stored) return Error{stored.error().status, path + ": " + stored.error().text};
    return stored;
}

Result<StoredPlugin> PluginStore::copy(int source, std::uint64_t size, const std::string &stem,
                                       std::string_view manifest)
{
    auto hash = hash_of(source, size, "it");
    if (!hash) return std::move(hash.error());
    const std::string path = directory_ + '/' + stem + '-' + hash->substr(0, kHashInName) + ".so";
    if (const auto kept = kept_.find(*hash); kept != kept_.end() && is_at(kept->second.lock.get(), kept->second.path))
        return StoredPlugin{kept->second.path, *hash};
    for (int i = 0; i < kTries; ++i) {
        auto there = adopt(path, *hash);
        if (there && *there) {
            const Image image(there->get(), size);
            auto elf = ElfFile::open(image);
            auto text = elf ? read_manifest_note(*elf) : Result<std::string>(std::move(elf.error()));
            if (!text || *text != manifest) return Error{Status::System, "it has changed while it was read; try again"};
            kept_[*hash] = {std::move(*there), path};
            return StoredPlugin{path, *hash};
        }
        if (!there && there.error().status == Status::NotPermitted) return std::move(there.error());
        Unfinished made(directory_);
        if (!made.file()) return failed("cannot make a file in " + directory_, errno);
        Sha256 sum;
        const bool whole = read_all(source, size, [&](const char *bytes, std::size_t n) {
            sum.add(bytes, n);
            return write_all(made.file().get(), bytes, n);
        });
        if (!whole) return failed("cannot copy it to " + directory_, errno);
        if (sum.digits() != *hash) return Error{Status::System, "it has changed while it was read; try again"};
        if (!made.place(path)) return failed("cannot make " + path, errno);
    }
    return Error{Status::System, "plugin store: " + path + " changes all the time"};
}

// The copy at `path`, locked; an empty descriptor: there is none yet, or a damaged one to be replaced.
Result<Fd> PluginStore::adopt(const std::string &path, const std::string &hash) const
{
    Fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
    if (!file) return errno == ENOENT ? Result<Fd>(Fd()) : Result<Fd>(failed("cannot open " + path, errno));
    if (::flock(file.get(), LOCK_SH | LOCK_NB) != 0 || !is_at(file.get(), path)) return Fd(); // it is being removed
    struct stat status {};
    if (::fstat(file.get(), &status) != 0) return failed(path, errno);
    const bool trusted = S_ISREG(status.st_mode) && (status.st_uid == ::geteuid() || status.st_uid == 0) &&
                         (status.st_mode & (S_IWGRP | S_IWOTH)) == 0;
    if (!trusted)
        return Error{Status::NotPermitted,
                     "plugin store: expected " + path + " to be a file of this user's; remove it"};
    const auto content = hash_of(file.get(), static_cast<std::uint64_t>(status.st_size), path);
    if (!content || *content != hash) return Fd(); // cut off by a crash of the machine
    return file;
}

void PluginStore::keep_only(const std::set<std::string> &hashes)
{
    std::erase_if(kept_, [&](const auto &each) { return hashes.count(each.first) == 0; });
    prune();
}

void PluginStore::prune() const
{
    std::set<std::string> mine;
    for (const auto &[hash, kept] : kept_) mine.insert(kept.path);
    std::error_code error;
    for (fs::directory_iterator each(directory_, error), end; !error && each != end; each.increment(error)) {
        const std::string path = each->path().string(), name = each->path().filename().string();
        const bool ours = name.ends_with(".so") || name.starts_with(kUnfinished);
        if (!ours || mine.count(path) > 0) continue;
        const Fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
        if (file && ::flock(file.get(), LOCK_EX | LOCK_NB) == 0 && is_at(file.get(), path)) ::unlink(path.c_str());
    }
}

} // namespace hawser::host
