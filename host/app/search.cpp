// Tests: tests/system/cli_test.cpp
#include "app/commands.hpp"
#include "base/text.hpp"
#include "supervisor/supervisor.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <filesystem>
#include <iostream>

namespace json = boost::json;

namespace hawser::host {

namespace fs = std::filesystem;

Status refuse(std::string_view command, const std::string &why, Status status, const Arguments &arguments,
              const Surroundings &around)
{
    around.err << "hawser " << command << ": " << printable(why) << '\n';
    if (!arguments.has("json")) return status;
    json::array problems{json::object{{"text", valid_utf8(why)}}};
    around.out << json::serialize(json::object{{"status", static_cast<int>(status)}, {"problems", std::move(problems)}})
               << '\n';
    return status;
}

std::vector<std::string> searched_directories(std::string_view command, const std::string &config,
                                              const Arguments &arguments, const Surroundings &around, Status &status)
{
    std::error_code error;
    if (arguments.has("directory") && !config.empty()) {
        status =
            refuse(command,
                   "expected a configuration or --directory, got both; see \"hawser help " + std::string(command) + '"',
                   Status::Usage, arguments, around);
        return {};
    }
    if (arguments.has("directory")) {
        const fs::path directory = fs::absolute(arguments.value("directory"), error).lexically_normal();
        if (fs::status(directory, error).type() == fs::file_type::not_found)
            status =
                refuse(command, directory.string() + ": there is no such directory", Status::NoFile, arguments, around);
        return {directory.string()};
    }
    Arguments named;
    if (!config.empty()) named.words.push_back(config);
    const std::string path = config_path(named);
    if (path.empty()) return {default_plugin_directory()};
    LoadRequest request = load_request(path, arguments, around);
    request.find_plugins = {};
    const Loaded loaded = load_config(request);
    // Other mistakes do not matter here; without its text the directories would be wrong ones.
    if (loaded.status == Status::NoFile || loaded.status == Status::NotPermitted || loaded.unreadable) {
        status = loaded.status;
        if (arguments.has("json")) print_problems(loaded, around.out);
        around.err << describe_problems(loaded);
    }
    return loaded.plugin_directories;
}

} // namespace hawser::host
