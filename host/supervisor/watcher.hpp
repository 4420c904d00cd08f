// Looks at directories and says when what changed in them has settled: files closed or moved into place, nothing more
// for a while. For the supervisor's thread.
#pragma once

#include "base/fd.hpp"
#include "base/log.hpp"
#include "supervisor/events.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <string>

namespace hawser::host {

class Watcher {
public:
    // Which names count, by the directory that they are in.
    struct Place {
        std::set<std::string> names; // these
        bool libraries = false;      // whatever ends in .so
        bool all = false;            // whatever is not hidden
    };
    using Places = std::map<std::string, Place>;

    // `settled` gets the paths that changed, for people.
    Watcher(Events &events, Log &log, std::function<void(const std::string &what)> settled);
    ~Watcher();
    Watcher(const Watcher &) = delete;
    Watcher &operator=(const Watcher &) = delete;

    // From now on these and no others. A directory that cannot be watched is logged.
    void watch(const Places &places);

private:
    void readable();
    void changed(int watch, std::uint32_t mask, const std::string &name);
    void settle();

    Events &events_;
    Log &log_;
    std::function<void(const std::string &)> settled_;
    Fd inotify_;
    Places places_;
    std::map<int, std::string> directories_; // by watch
    std::set<std::string> changed_, open_;   // paths: to be told; being written
    std::uint64_t first_ = 0;                // when the first of changed_ was seen
    Events::Id on_readable_ = 0, timer_ = 0;
};

} // namespace hawser::host
