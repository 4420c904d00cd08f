// Tests: tests/system/serving_test.cpp
#include "app/commands.hpp"
#include "app/toml_text.hpp"
#include "base/processors.hpp"
#include "plugin/catalogue.hpp"
#include "seam/sealed.hpp"
#include "supervisor/supervisor.hpp"
#include "supervisor/take_over.hpp"
#include "worker/worker.hpp"

#include <fcntl.h>

#include <algorithm>
#include <filesystem>
#include <iostream>
#include <optional>
#include <set>

namespace hawser::host {
namespace {

namespace fs = std::filesystem;

// What this process was executed for, before it opens anything of its own.
std::optional<Status> take_over(SupervisorOptions &options, Fd &state, const Surroundings &around)
{
    TakeOver taken = take_take_over();
    std::set<int> others;
    if (taken.state && !taken.tries) {
        const auto bytes = read_sealed(taken.state.get());
        auto before = bytes ? decode_state(*bytes) : Result<HostState>(bytes.error());
        if (!before) {
            around.err << "hawser: " << before.error().text << '\n';
            return before.error().status;
        }
        options.before = std::move(*before);
        for (const int fd : options.before->descriptors()) {
            ::fcntl(fd, F_SETFD, FD_CLOEXEC);
            others.insert(fd);
        }
        for (const int fd : options.before->inherited) others.erase(fd);
    }
    if (taken.tries) {
        state = std::move(taken.state);
        options.trial = state.get();
    } else {
        options.inherited = InheritedSockets::take(around.environment, others);
    }
    return std::nullopt;
}

Status supervise(SupervisorOptions options, const Arguments &arguments, const Surroundings &around)
{
    options.control = arguments.value("control");
    options.single = arguments.has("single");
    options.run_worker = run_worker;
    if (options.single && arguments.has("daemon")) {
        around.err << "hawser run: expected --daemon or --single, got both; see \"hawser help run\"\n";
        return Status::Usage;
    }
    if (arguments.has("pidfile")) {
        std::error_code error;
        options.pidfile = fs::absolute(arguments.value("pidfile"), error).lexically_normal().string();
    }
    options.notify = take_notify_settings();
    Daemon daemon;
    if (arguments.has("daemon")) {
        const bool begins = !options.before && options.trial < 0;
        if (const auto status = begins ? daemon.begin(around.err) : std::nullopt) return *status;
        options.daemon = &daemon;
        options.notify.tell_pid = true;
    }
    const Status status = run_supervisor(options, around.err);
    daemon.ended(status);
    return status;
}

} // namespace

std::string default_plugin_directory()
{
    std::error_code error;
    const fs::path program = fs::read_symlink("/proc/self/exe", error);
    const fs::path beside = program.parent_path() / "plugins";
    if (fs::is_directory(beside, error)) return beside.string();
    return (program.parent_path().parent_path() / "lib" / "hawser" / "plugins").string();
}

std::string config_path(const Arguments &arguments)
{
    if (!arguments.words.empty()) return arguments.words.front();
    for (const char *path : {"hawser.toml", "conf/hawser.toml", "/etc/hawser/hawser.toml"}) {
        std::error_code error;
        if (fs::exists(path, error)) return path;
    }
    return {};
}

Status no_config(std::string_view command, const Surroundings &around)
{
    around.err << "hawser " << command << ": " << kNoConfig << '\n';
    return Status::NoFile;
}

LoadRequest load_request(const std::string &path, const Arguments &arguments, const Surroundings &around)
{
    LoadRequest request;
    request.path = path;
    request.sets = arguments.values("set");
    request.default_plugin_directory = default_plugin_directory();
    const auto processors = allowed_processors();
    request.cores = processors ? static_cast<unsigned>(std::clamp<std::size_t>(processors->size(), 1, 64)) : 1;
    request.environment = around.environment;
    request.find_plugins = find_plugins;
    return request;
}

Status run_command(const Arguments &arguments, const Surroundings &around)
{
    SupervisorOptions options;
    Fd state;
    if (const auto status = take_over(options, state, around)) return *status;
    const std::string path = config_path(arguments);
    if (path.empty()) return no_config("run", around);
    options.load = load_request(path, arguments, around);
    return supervise(std::move(options), arguments, around);
}

Status run_text(const std::string &name, const std::string &text, const Arguments &arguments,
                const std::vector<std::string> &sets, const Surroundings &around)
{
    SupervisorOptions options;
    Fd state;
    if (const auto status = take_over(options, state, around)) return *status;
    options.load = load_request("", arguments, around);
    options.load.name = name;
    options.load.text = text;
    options.load.sets = sets;
    return supervise(std::move(options), arguments, around);
}

Status serve_command(const Arguments &arguments, const Surroundings &around)
{
    std::error_code error;
    const fs::path root = fs::absolute(arguments.words.front(), error);
    if (!fs::is_directory(root, error)) {
        around.err << "hawser serve: " << arguments.words.front() << ": expected a directory\n";
        return Status::NoFile;
    }
    const std::string address = arguments.has("address") ? arguments.value("address") : "127.0.0.1:8080";
    const std::string text =
        "[listeners.web]\naddress = " + toml_string(address) +
        "\nprotocol = \"http\"\nroutes = { \"/\" = { resource = \"static\", root = " + toml_string(root.string()) +
        " } }\n";
    return run_text("serve", text, arguments, arguments.values("set"), around);
}

Status worker_command(const Arguments &, const Surroundings &around)
{
    const Status status = worker_main(run_worker);
    if (status == Status::Usage)
        around.err << "hawser worker: expected to be started by the supervisor; see \"hawser help run\"\n";
    return status;
}

} // namespace hawser::host
