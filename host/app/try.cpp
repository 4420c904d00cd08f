// Tests: tests/system/new_test.cpp
#include "app/commands.hpp"
#include "app/toml_text.hpp"
#include "base/fd.hpp"
#include "base/text.hpp"
#include "plugin/catalogue.hpp"

#include <netinet/in.h>
#include <sys/socket.h>

#include <filesystem>
#include <ostream>

namespace hawser::host {
namespace {

namespace fs = std::filesystem;

// A port of 127.0.0.1 that nobody listens on now; 0: there is none.
std::uint16_t free_port()
{
    const Fd socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto *raw = reinterpret_cast<sockaddr *>(&address);
    if (!socket || ::bind(socket.get(), raw, size) != 0 || ::getsockname(socket.get(), raw, &size) != 0) return 0;
    return ntohs(address.sin_port);
}

// The one that is meant, or null and why.
const KindSpec *choose(const Manifest &manifest, const std::string &wanted, std::string &why)
{
    std::string names;
    for (const KindSpec &kind : manifest.kinds) {
        if (kind.name == wanted || (wanted.empty() && manifest.kinds.size() == 1)) return &kind;
        names += (names.empty() ? "" : ", ") + kind.name;
    }
    why = wanted.empty() ? "it has several kinds: " + names + "; say --kind NAME"
                         : "expected a kind of it, " + names + ", got \"" + printable(wanted) + '"';
    return nullptr;
}

struct Trial {
    std::string text, below; // the configuration; where its options are
    std::string call;        // for people
};

Trial trial_of(const KindSpec &kind, const std::string &directory, std::uint16_t port)
{
    const std::string place = "127.0.0.1:" + std::to_string(port);
    std::string directories = toml_string(directory);
    const std::string others = default_plugin_directory();
    std::error_code error;
    if (!fs::equivalent(directory, others, error)) directories += ", " + toml_string(others);
    const std::string host = "[host]\nplugins = [" + directories + "]\nloops = 1\n";
    const std::string listener = "[listeners.try]\naddress = " + toml_string(place) + "\nprotocol = ";
    if (kind.word == "protocol")
        return {host + listener + toml_string(kind.name) + '\n', "listeners.try.",
                "nc 127.0.0.1 " + std::to_string(port)};
    if (kind.word == "service")
        return {host + "[services.try]\nservice = " + toml_string(kind.name) + '\n', "services.try.",
                "nothing to call: what it does is in the log"};
    return {host + listener + "\"http\"\n[listeners.try.routes.\"/\"]\nresource = " + toml_string(kind.name) + '\n',
            "listeners.try.routes.\"/\".", "curl -i http://" + place + "/"};
}

} // namespace

Status try_command(const Arguments &arguments, const Surroundings &around)
{
    const std::string &file = arguments.words.front();
    const auto refused = [&](const std::string &why, Status status) {
        around.err << "hawser try: " << printable(file) << ": " << why << '\n';
        return status;
    };
    std::error_code error;
    const fs::path path = fs::absolute(file, error).lexically_normal();
    if (!fs::is_regular_file(path, error)) return refused("expected a plugin, a file that ends in .so", Status::NoFile);
    const FoundPlugin found = inspect_plugin(path.string());
    if (!found.refused.empty() || !found.manifest) return refused(found.refused, Status::BadConfig);
    std::string why;
    const KindSpec *kind = choose(*found.manifest, arguments.value("kind"), why);
    if (kind == nullptr) return refused(why, Status::Usage);
    const std::uint16_t port = free_port();
    if (port == 0) return refused("no port is free", Status::System);
    const Trial trial = trial_of(*kind, path.parent_path().string(), port);
    std::vector<std::string> sets;
    for (const std::string &set : arguments.values("set")) sets.push_back(trial.below + set);
    around.out << kind->word << " \"" << kind->name << "\" of " << path.string() << ", until Ctrl-C:\n  " << trial.call
               << std::endl;
    return run_text("try", trial.text, arguments, sets, around);
}

} // namespace hawser::host
