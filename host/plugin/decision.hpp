// Why a file is a usable plugin or not: every rule of the catalogue one by one, and what is worth knowing of how the
// library was linked. Runs none of its code.
#pragma once

#include <string>
#include <vector>

namespace hawser::host {

struct Step {
    enum class State { Passed, Warning, Failed, Skipped }; // Skipped: a step before it failed
    std::string name;                                      // "file", "owner and mode", "manifest" …
    State state = State::Passed;
    std::string text; // what was found; may have several lines
    std::string fix;  // what to do, or empty
};

struct Decision {
    std::vector<Step> steps;
    bool exists = false;
    bool usable = false; // neither a search of `directories` nor loading would refuse it
};

// `path` is absolute; `directories` are those that are searched for plugins.
Decision decide_plugin(const std::string &path, const std::vector<std::string> &directories);

} // namespace hawser::host
