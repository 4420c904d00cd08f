// The command line: one table of commands, from which help is printed and by which each is found. A command is a
// function of its arguments and of what surrounds it, so that tests run it without a process.
#pragma once

#include "base/exit_status.hpp"

#include <functional>
#include <iosfwd>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace hawser::host {

// What surrounds a command.
struct Surroundings {
    std::ostream &out;
    std::ostream &err;
    std::function<std::optional<std::string>(const std::string &)> environment;
    bool terminal = false; // `out` is one
};

struct Option {
    std::string_view name;  // "json"
    std::string_view value; // "SOCKET", or empty for a flag
    std::string_view text;
};

// The arguments of a command after parsing.
class Arguments {
public:
    std::vector<std::string> words; // positional
    bool has(std::string_view name) const;
    std::string value(std::string_view name) const; // the last one given, or empty
    std::vector<std::string> values(std::string_view name) const;

    struct Given {
        std::string name, value;
    };
    std::vector<Given> given;
};

struct Command {
    std::string_view name;
    std::string_view arguments; // "[CONFIG] [--set KEY=VALUE]…"
    std::string_view text;      // one line
    std::string_view details;   // further lines for its own help, or empty
    std::span<const Option> options;
    unsigned least_words = 0, most_words = 0;
    Status (*run)(const Arguments &, const Surroundings &) = nullptr; // null: not available in this build
    bool hidden = false;
};

std::span<const Command> commands();
const Command *find_command(std::string_view name);

// ", did you mean "check"" for a name that is none, or "".
std::string near_command(const std::string &name);

// The whole program, without its name: {"check", "site.toml"}.
Status run_program(const std::vector<std::string> &words, const Surroundings &around);

// Checks `words` against the command; prints what is wrong with the usage.
std::optional<Arguments> parse_arguments(const Command &command, const std::vector<std::string> &words,
                                         const Surroundings &around);
void print_help(std::ostream &out);
void print_help(std::ostream &out, const Command &command);

} // namespace hawser::host
