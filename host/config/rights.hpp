// [host] user, group, umask, directory and chroot: as whom and where workers run; user and group of a compartment too.
// Names are looked up in the user database of this machine.
#pragma once

#include "config/plan.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace hawser::host {

// The number of a user or group of this machine by its name, or of a number; none: there is no such name.
std::optional<std::uint32_t> find_uid(const std::string &text);
std::optional<std::uint32_t> find_gid(const std::string &text);

// The formats "user", "owner", "group", "mode" and "directory" of config/host_keys.cpp: what is wrong with `text`, or
// empty.
std::string check_rights_format(std::string_view format, const std::string &text, std::string &hint);

// `keys`: the checked keys of [host], a Table; `at`: where each stands. What contradicts itself becomes a problem.
WorkerRights read_rights(const Value &keys, const std::map<std::string, Position> &at, Problems &problems);

// The keys "user" and "group" of `owner`, a compartment, into `rights`: as they are without them.
void read_user(const std::string &owner, const Value &keys, const std::map<std::string, Position> &at,
               Problems &problems, WorkerRights &rights);

} // namespace hawser::host
