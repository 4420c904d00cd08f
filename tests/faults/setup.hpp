// A host with the plugin that fails (plugins/fault.hpp), alone in a directory under the name that says how.
#pragma once

#include "host_process.hpp"

#include <string>
#include <vector>

namespace hawser::test {

inline bool sanitized() { return std::string(HAWSER_SANITIZER) != ""; }
inline std::string fault_library() { return HAWSER_FAULTS "/fault.so"; }

class Faulty {
public:
    // `library`: "fault", or "fault_alone" with a C++ runtime of its own.
    explicit Faulty(const std::string &name = "fault", const std::string &library = "fault");
    std::string host(const std::string &more = {}) const; // the table [host]
    Ended run(const std::string &toml) const;             // a host that is expected to end by itself
    TempDir directory;
};

// Services, listeners and routes that fail in `at`, by `how`.
std::string service(const std::string &at, const std::string &how = "throw");
std::string listener(const std::string &name, const std::string &at, const std::string &how = "throw");
// Something beside them that serves: protocol echo in a compartment of its own.
std::string neighbour();
bool serves(Host &host, const std::string &listener = "neighbour");

} // namespace hawser::test
