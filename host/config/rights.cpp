// Tests: tests/config/golden_test.cpp
#include "config/rights.hpp"

#include "config/scalars.hpp"

#include <grp.h>
#include <pwd.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <optional>

namespace hawser::host {
namespace {

constexpr std::size_t kMostEntry = 1 << 20; // bytes of a record of the user database
constexpr std::uint32_t kNobodyAtAll = 0xffffffffU;

struct User {
    std::uint32_t uid = 0;
    std::optional<std::uint32_t> gid; // none: a number without an entry
    std::string name;
};

std::optional<std::uint32_t> number_of(const std::string &text)
{
    std::uint32_t number = 0;
    const char *end = text.data() + text.size();
    const auto read = std::from_chars(text.data(), end, number);
    if (text.empty() || read.ec != std::errc() || read.ptr != end || number == kNobodyAtAll) return std::nullopt;
    return number;
}

// Calls `look` with a larger buffer until it has what it needs.
template<typename Look>
void with_buffer(Look look)
{
    std::string buffer(1024, '\0');
    while (look(buffer) == ERANGE && buffer.size() < kMostEntry) buffer.resize(buffer.size() * 2);
}

// A name before a number: a name of digits is possible.
std::optional<User> find_user(const std::string &text)
{
    std::optional<User> user;
    if (text.find('\0') != std::string::npos) return user;
    const auto take = [&user](const passwd *found) {
        if (found != nullptr) user = User{found->pw_uid, found->pw_gid, found->pw_name};
    };
    with_buffer([&](std::string &buffer) {
        passwd entry{}, *found = nullptr;
        const int error = ::getpwnam_r(text.c_str(), &entry, buffer.data(), buffer.size(), &found);
        take(found);
        return error;
    });
    const auto number = number_of(text);
    if (user || !number) return user;
    with_buffer([&](std::string &buffer) {
        passwd entry{}, *found = nullptr;
        const int error = ::getpwuid_r(*number, &entry, buffer.data(), buffer.size(), &found);
        take(found);
        return error;
    });
    return user ? user : User{*number, std::nullopt, {}};
}

// The groups that the user is in by the database, without `gid`.
std::vector<std::uint32_t> groups_of(const std::string &name, std::uint32_t gid)
{
    int count = 64;
    std::vector<gid_t> all(static_cast<std::size_t>(count));
    while (::getgrouplist(name.c_str(), gid, all.data(), &count) < 0 && all.size() < 65536)
        all.resize(static_cast<std::size_t>(count) > all.size() ? static_cast<std::size_t>(count) : all.size() * 2);
    all.resize(std::min(all.size(), static_cast<std::size_t>(std::max(count, 0))));
    std::vector<std::uint32_t> groups(all.begin(), all.end());
    std::erase(groups, gid);
    std::sort(groups.begin(), groups.end());
    return groups;
}

std::string check_owner(const std::string &text, std::string &hint)
{
    if (find_user(text)) return {};
    hint = "\"getent passwd\" lists them";
    return "expected a user of this machine, by name or number, got " + quoted_short(text);
}

std::string check_user(const std::string &text, std::string &hint)
{
    if (std::string wrong = check_owner(text, hint); !wrong.empty()) return wrong;
    if (find_uid(text) != 0) return {};
    hint = "without the key, workers run as who starts the host";
    return "expected a user other than root, got " + quoted_short(text);
}

std::string check_directory(const std::string &path)
{
    struct stat status {};
    if (::stat(path.c_str(), &status) != 0) return "expected a directory, got " + path + ": " + std::strerror(errno);
    return S_ISDIR(status.st_mode) ? "" : "expected a directory, got the file " + path;
}

std::string check_mode(const std::string &text)
{
    const bool octal = !text.empty() && text.size() <= 4 && text.find_first_not_of("01234567") == std::string::npos;
    if (octal && std::stoi(text, nullptr, 8) <= 0777) return {};
    return "expected octal digits up to 777 like \"027\", got " + quoted_short(text);
}

// Whether `path` is `directory` or below it; both are absolute and normal.
bool lies_in(const std::string &path, const std::string &directory)
{
    if (directory == "/") return true;
    return path.starts_with(directory) && (path.size() == directory.size() || path[directory.size()] == '/');
}

class RightsReader {
public:
    RightsReader(std::string owner, const Value &keys, const std::map<std::string, Position> &at, Problems &problems)
        : owner_(std::move(owner))
        , keys_(keys)
        , at_(at)
        , problems_(problems)
    {}

    void read_host(WorkerRights &rights)
    {
        if (const std::string *text = find("umask")) rights.umask = std::stoi(*text, nullptr, 8);
        if (const std::string *text = find("directory")) rights.directory = *text;
        if (const std::string *text = find("chroot")) rights.chroot = *text;
        read_user(rights);
        if (!rights.chroot.empty() && at_.count("user") == 0)
            problem("chroot", "expected the key \"user\" too: root leaves such a directory at will");
        if (!rights.chroot.empty() && !rights.directory.empty() && !lies_in(rights.directory, rights.chroot))
            problem("directory", "expected a directory below chroot (" + rights.chroot + "), got " + rights.directory);
    }

    void read_user(WorkerRights &rights)
    {
        const std::string *name = find("user"), *group = find("group");
        if (name == nullptr) {
            if (group != nullptr && at_.count("user") == 0) problem("group", "expected the key \"user\" too");
            return;
        }
        const auto user = find_user(*name);
        const auto gid = group != nullptr ? find_gid(*group) : user ? user->gid : std::nullopt;
        if (!user || !gid) {
            if (at_.count("group") == 0)
                problem("user",
                        "expected the key \"group\" too, since no user of this machine has the number " + *name);
            return;
        }
        rights.drops = true;
        rights.uid = user->uid;
        rights.gid = *gid;
        rights.user = *name;
        rights.groups = user->name.empty() ? std::vector<std::uint32_t>() : groups_of(user->name, *gid);
    }

private:
    const std::string *find(std::string_view name) const
    {
        const auto found = std::find_if(keys_.items.begin(), keys_.items.end(),
                                        [name](const Value &value) { return value.key == name; });
        return found != keys_.items.end() && !found->text.empty() ? &found->text : nullptr;
    }

    void problem(const std::string &key, const std::string &text)
    {
        problems_.add(at_.at(key), owner_ + ": " + key + ": " + text);
    }

    const std::string owner_;
    const Value &keys_;
    const std::map<std::string, Position> &at_;
    Problems &problems_;
};

} // namespace

std::optional<std::uint32_t> find_uid(const std::string &text)
{
    const auto user = find_user(text);
    return user ? std::optional(user->uid) : std::nullopt;
}

std::optional<std::uint32_t> find_gid(const std::string &text)
{
    std::optional<std::uint32_t> gid;
    if (text.find('\0') != std::string::npos) return gid;
    with_buffer([&](std::string &buffer) {
        group entry{}, *found = nullptr;
        const int error = ::getgrnam_r(text.c_str(), &entry, buffer.data(), buffer.size(), &found);
        if (found != nullptr) gid = found->gr_gid;
        return error;
    });
    return gid ? gid : number_of(text);
}

std::string check_rights_format(std::string_view format, const std::string &text, std::string &hint)
{
    if (format == "user") return check_user(text, hint);
    if (format == "owner") return check_owner(text, hint);
    if (format == "mode") return check_mode(text);
    if (format == "directory") return check_directory(text);
    if (format != "group" || find_gid(text)) return {};
    hint = "\"getent group\" lists them";
    return "expected a group of this machine, by name or number, got " + quoted_short(text);
}

WorkerRights read_rights(const Value &keys, const std::map<std::string, Position> &at, Problems &problems)
{
    WorkerRights rights;
    RightsReader("[host]", keys, at, problems).read_host(rights);
    return rights;
}

void read_user(const std::string &owner, const Value &keys, const std::map<std::string, Position> &at,
               Problems &problems, WorkerRights &rights)
{
    RightsReader(owner, keys, at, problems).read_user(rights);
}

} // namespace hawser::host
