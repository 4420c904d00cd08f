// Tests: tests/system/cli_test.cpp
#include "app/command.hpp"

#include "app/commands.hpp"
#include "base/text.hpp"
#include "config/scalars.hpp"

#include <boost/program_options/cmdline.hpp>
#include <boost/program_options/options_description.hpp>
#include <boost/program_options/parsers.hpp>

#include <algorithm>
#include <iomanip>
#include <iostream>

namespace po = boost::program_options;

namespace hawser::host {
namespace {

constexpr Option kJson{"json", "", "print JSON"};
constexpr Option kConfig{"config", "CONFIG", "the configuration whose plugin directories are searched"};
constexpr Option kControl{"control", "SOCKET", "the control socket of the running host"};
constexpr Option kSet{"set", "KEY=VALUE", "override a key of the configuration; may be given again"};

constexpr Option kRunOptions[] = {kSet,
                                  {"single", "", "no supervisor, one process; for debuggers"},
                                  kControl,
                                  {"daemon", "", "return once the host serves; it goes on in the background"},
                                  {"pidfile", "FILE", "write the host's process id here, locked while it lives"}};
constexpr Option kServeOptions[] = {{"address", "A", "where to listen; default 127.0.0.1:8080"},
                                    kSet,
                                    {"single", "", "no supervisor, one process"},
                                    kControl};
constexpr Option kCheckOptions[] = {
    kSet, kJson, {"deep", "", "create everything in a throwaway process; serve nothing"}};
constexpr Option kPluginsOptions[] = {kConfig, {"directory", "DIR", "search this directory"}, kJson};
constexpr Option kSchemaOptions[] = {{"directory", "DIR", "search this directory"}};
constexpr Option kClientOptions[] = {kControl, kJson};
constexpr Option kReloadOptions[] = {kControl,
                                     kJson,
                                     {"plan", "", "say what would be replaced and why; change nothing"},
                                     {"now", "", "do not wait for the oldest generation to drain: end it"}};
constexpr Option kStopOptions[] = {kControl, kJson, {"now", "", "cut off what is in flight"}};
constexpr Option kVersionOptions[] = {kJson};
constexpr Option kNewOptions[] = {{"language", "LANGUAGE", "cpp (as it is), c or rust"},
                                  {"directory", "DIR", "where to; default: a directory of that name"}};
constexpr Option kTryOptions[] = {{"kind", "KIND", "which of its kinds, if it has several"},
                                  {"set", "OPTION=VALUE", "an option of the kind; may be given again"}};
constexpr Option kDevOptions[] = {
    kSet, {"build", "SHELL_COMMAND", "how to build; default: cmake or cargo, as the directory says"}};

constexpr std::string_view kConfigText =
    "CONFIG defaults to hawser.toml, then conf/hawser.toml, then /etc/hawser/hawser.toml.";

constexpr std::string_view kCheckText =
    "CONFIG defaults to hawser.toml, then conf/hawser.toml, then /etc/hawser/hawser.toml. With --deep, plugins are\n"
    "loaded, and all that the configuration names is created and destroyed, in a process that has no sockets and "
    "starts\n"
    "no service; a crash or a wait that is too long is told with the plugin's name.";

constexpr std::string_view kPluginsText = "With NAME: its options with type, default and text. With \"why FILE\": "
                                          "every rule by which FILE is a usable plugin or\n"
                                          "not, one by one, with what to do about those that it breaks.";
constexpr std::string_view kNewText = "KIND: protocol, resource or service.";
constexpr std::string_view kDevText = "Builds the plugin in this directory, runs CONFIG with watch = true, and builds "
                                      "again whenever a source changes: a\n"
                                      "build that fails leaves what runs as it is.";
constexpr std::string_view kCompletionText = "For this shell only: source <(hawser completion bash)";
constexpr std::string_view kSchemaText =
    "CONFIG says which directories are searched for plugins. An editor that knows TOML schemas, as with taplo, reads\n"
    "the file that a configuration names in its first line: #:schema schema.json";

constexpr Command kCommands[] = {
    {"run", "[CONFIG]", "start the host in the foreground", kConfigText, kRunOptions, 0, 1, run_command},
    {"serve", "DIRECTORY", "serve a directory over HTTP, without a file", "", kServeOptions, 1, 1, serve_command},
    {"check", "[CONFIG]", "validate configuration and plugin options; run no plugin code", kCheckText, kCheckOptions, 0,
     1, check_command},
    {"plugins", "[NAME] | why FILE", "list the plugins found, or one with its options; run no plugin code",
     kPluginsText, kPluginsOptions, 0, 2, plugins_command},
    {"schema", "[CONFIG]", "print the JSON Schema of the configuration, options of all plugins found included",
     kSchemaText, kSchemaOptions, 0, 1, schema_command},
    {"tree", "[CONFIG]", "show the service tree of the running host", "", kClientOptions, 0, 1, tree_command},
    {"status", "[CONFIG]", "summarize the running host", "", kClientOptions, 0, 1, status_command},
    {"reload", "[CONFIG]", "make the running host read its configuration and plugins again", "", kReloadOptions, 0, 1,
     reload_command},
    {"stop", "[CONFIG]", "drain and stop the running host", "", kStopOptions, 0, 1, stop_command},
    {"new", "KIND NAME", "make a plugin of your own that builds, tests and loads as it stands", kNewText, kNewOptions,
     2, 2, new_command},
    {"try", "PLUGIN.so", "run one plugin on a free port, with the line to call it", "", kTryOptions, 1, 1, try_command},
    {"dev", "[CONFIG]", "build on save, and reload the plugin that changed", kDevText, kDevOptions, 0, 1, dev_command},
    {"top", "", "live table of the running host", "", {}, 0, 99, nullptr},
    {"events", "[CONFIG]", "print what happens in the running host until it ends",
     "What the supervisor writes to its log, one line an event; with --json as one object a line.", kClientOptions, 0,
     1, events_command},
    {"upgrade", "[CONFIG]", "replace the running program by the one that is on disk now, without a pause", "",
     kClientOptions, 0, 1, upgrade_command},
    {"logs", "reopen [CONFIG]", "make the running host open its log files again", "", kClientOptions, 1, 2,
     logs_command},
    {"completion",
     "SHELL",
     "print completions for a shell: bash, zsh or fish",
     kCompletionText,
     {},
     1,
     1,
     completion_command},
    {"version", "", "print the version", "", kVersionOptions, 0, 0, version_command},
    {"help", "[COMMAND]", "show help", "", {}, 0, 1, help_command},
    {"man", "PAGE", "print a manual page, hawser.1 or hawser.toml.5", "", {}, 1, 1, man_command, true},
    {"worker", "", "started by the supervisor", "", {}, 0, 0, worker_command, true},
};

po::options_description describe(const Command &command)
{
    po::options_description described;
    auto add = described.add_options();
    add("help", "");
    for (const Option &option : command.options) {
        const std::string name(option.name);
        if (option.value.empty())
            add(name.c_str(), "");
        else
            add(name.c_str(), po::value<std::string>(), "");
    }
    return described;
}

} // namespace

std::span<const Command> commands() { return kCommands; }

const Command *find_command(std::string_view name)
{
    const auto *found = std::find_if(std::begin(kCommands), std::end(kCommands),
                                     [name](const Command &each) { return each.name == name; });
    return found != std::end(kCommands) ? found : nullptr;
}

bool Arguments::has(std::string_view name) const
{
    return std::any_of(given.begin(), given.end(), [name](const Given &each) { return each.name == name; });
}

std::string Arguments::value(std::string_view name) const
{
    const std::vector<std::string> all = values(name);
    return all.empty() ? std::string() : all.back();
}

std::vector<std::string> Arguments::values(std::string_view name) const
{
    std::vector<std::string> all;
    for (const Given &each : given) {
        if (each.name == name) all.push_back(each.value);
    }
    return all;
}

// Wrong usage of one command. For people, and with --json for programs too.
class Usage {
public:
    Usage(const Command &command, const std::vector<std::string> &words, const Surroundings &around)
        : command_(command)
        , around_(around)
    {
        const bool known = std::any_of(command.options.begin(), command.options.end(),
                                       [](const Option &option) { return option.name == "json"; });
        if (known && std::find(words.begin(), words.end(), "--json") != words.end())
            json_.given.push_back({"json", ""});
    }

    std::nullopt_t refuse(const std::string &why) const
    {
        host::refuse(command_.name, why + "; see \"hawser help " + std::string(command_.name) + '"', Status::Usage,
                     json_, around_);
        return std::nullopt;
    }
    std::nullopt_t refuse_option(const std::string &option) const
    {
        std::vector<std::string> known{"--help"};
        for (const Option &each : command_.options) known.push_back("--" + std::string(each.name));
        const std::string hint = meant(option.substr(0, option.find('=')), known);
        return refuse("unknown option \"" + option + '"' + (hint.empty() ? "" : ", " + hint));
    }

private:
    const Command &command_;
    const Surroundings &around_;
    Arguments json_;
};

std::string near_command(const std::string &name)
{
    std::vector<std::string> known;
    for (const Command &each : kCommands) {
        if (!each.hidden) known.emplace_back(each.name);
    }
    const std::string hint = meant(name, known);
    return hint.empty() ? "" : ", " + hint;
}

std::optional<Arguments> parse_arguments(const Command &command, const std::vector<std::string> &words,
                                         const Surroundings &around)
{
    using namespace po::command_line_style;
    Arguments arguments;
    const Usage usage(command, words, around);
    const po::options_description described = describe(command);
    try {
        po::command_line_parser parser(words);
        parser.options(described).style(allow_long | long_allow_adjacent | long_allow_next).allow_unregistered();
        for (const po::option &option : parser.run().options) {
            if (option.position_key != -1 || option.string_key.empty()) {
                arguments.words.push_back(option.original_tokens.front());
            } else if (option.unregistered) {
                return usage.refuse_option(option.original_tokens.front());
            } else {
                arguments.given.push_back({option.string_key, option.value.empty() ? "" : option.value.front()});
            }
        }
    } catch (const po::error_with_option_name &error) {
        const std::string name = error.get_option_name();
        const auto option = std::find_if(command.options.begin(), command.options.end(),
                                         [&](const Option &each) { return name == "--" + std::string(each.name); });
        if (option == command.options.end()) return usage.refuse(error.what());
        const std::string value(option->value);
        return usage.refuse(name + ": expected " + (value.empty() ? "no value, got one" : value + ", got none"));
    } catch (const po::error &error) {
        return usage.refuse(error.what());
    }
    for (const Option &option : command.options) {
        if (option.text == "not available in this build" && arguments.has(option.name))
            return usage.refuse("--" + std::string(option.name) + " is not available in this build");
    }
    if (arguments.has("help")) return arguments;
    for (const std::string &word : arguments.words) {
        if (word.size() > 1 && word[0] == '-') return usage.refuse_option(word);
    }
    const std::size_t count = arguments.words.size();
    if (count < command.least_words || count > command.most_words) {
        return usage.refuse("expected " + (command.arguments.empty() ? "no argument" : std::string(command.arguments)) +
                            ", got " + std::to_string(count) + " argument" + (count == 1 ? "" : "s"));
    }
    return arguments;
}

void print_help(std::ostream &out)
{
    out << "hawser: moors plugins to ports\n\nusage: hawser COMMAND [ARGUMENTS]\n\n";
    for (const Command &command : kCommands) {
        if (command.hidden || command.run == nullptr) continue;
        out << "  " << std::left << std::setw(12) << command.name << command.text << '\n';
    }
    out << "\n\"hawser help COMMAND\" says more. Exit status: 0 success, 64 wrong usage, 66 file not found, 69 the "
           "host is\n"
           "not running, 70 a plugin failed, 71 the system refused, 75 work was cut off, 77 not permitted, 78 the\n"
           "configuration is wrong.\n";
}

void print_help(std::ostream &out, const Command &command)
{
    out << "hawser " << command.name << ": " << command.text << "\n\nusage: hawser " << command.name;
    if (!command.options.empty()) out << " [OPTIONS]";
    if (!command.arguments.empty()) out << ' ' << command.arguments;
    out << '\n';
    if (!command.details.empty()) out << '\n' << command.details << '\n';
    if (command.run == nullptr) out << "\nnot available in this build\n";
    out << "\noptions:\n";
    const auto line = [&out](const std::string &name, std::string_view text) {
        out << "  " << std::left << std::setw(20) << name << ' ' << text << '\n';
    };
    for (const Option &option : command.options) {
        std::string name = "--" + std::string(option.name);
        if (!option.value.empty()) name += ' ' + std::string(option.value);
        line(name, option.text);
    }
    line("--help", "show this");
}

Status run_program(const std::vector<std::string> &words, const Surroundings &around)
{
    if (words.empty()) {
        print_help(around.err);
        return Status::Usage;
    }
    if (words[0] == "--help" || words[0] == "-h") {
        print_help(around.out);
        return Status::Ok;
    }
    const std::string &name = words[0] == "--version" ? "version" : words[0];
    const Command *command = find_command(name);
    if (command == nullptr) {
        around.err << "hawser: unknown command \"" << printable(name) << '"' << near_command(name)
                   << "; see \"hawser help\"\n";
        return Status::Usage;
    }
    const bool wants_help = std::find(words.begin() + 1, words.end(), "--help") != words.end();
    if (command->run == nullptr && !wants_help) {
        around.err << "hawser " << name << ": not available in this build\n";
        return Status::Usage;
    }
    if (wants_help) {
        print_help(around.out, *command);
        return Status::Ok;
    }
    const auto arguments = parse_arguments(*command, {words.begin() + 1, words.end()}, around);
    return arguments ? command->run(*arguments, around) : Status::Usage;
}

} // namespace hawser::host
