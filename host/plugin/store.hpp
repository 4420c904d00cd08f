// The private store: plugins are loaded from copies that nobody else can write, named by their content. A file that is
// overwritten, cut or deleted in a plugin directory touches no worker, and a worker that died starts again with exactly
// what it had. Several hosts may share a directory. For one thread.
#pragma once

#include "base/fd.hpp"
#include "base/result.hpp"

#include <map>
#include <set>
#include <string>
#include <string_view>

namespace hawser::host {

// [host] state where it is not set: $STATE_DIRECTORY (systemd.exec(5)), /var/lib/hawser for root, else
// $XDG_STATE_HOME/hawser, ~/.local/state/hawser, or a directory of this user's in /tmp.
std::string default_state_directory();

struct StoredPlugin {
    std::string path; // of the copy
    std::string hash; // SHA-256 of it, in hexadecimal digits
};

class PluginStore {
public:
    // `state`: its copies lie in plugins/ below.
    explicit PluginStore(const std::string &state);

    // Makes the directories, and checks that nobody else may write there and that programs may be run from it. Errors
    // say what to do.
    Result<void> open();
    // A copy of the plugin file `path`, made unless there is one, kept until keep_only(). `manifest`: what was read
    // from the file before; another one in the copy is an error, since the file has changed meanwhile. What lies behind
    // the last byte that the file itself speaks of is left out.
    Result<StoredPlugin> take(const std::string &path, const std::string &version, std::string_view manifest);
    // Lets go of all other copies, and removes those that no host keeps any more.
    void keep_only(const std::set<std::string> &hashes);

private:
    Result<StoredPlugin> copy(int source, std::uint64_t size, const std::string &stem, std::string_view manifest);
    Result<Fd> adopt(const std::string &path, const std::string &hash) const;
    void prune() const;

    struct Kept {
        Fd lock; // shared: other hosts leave the copy alone
        std::string path;
    };
    std::string directory_;
    std::map<std::string, Kept> kept_; // by hash
};

} // namespace hawser::host
