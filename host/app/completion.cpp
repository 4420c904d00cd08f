// Tests: tests/unit/app/completion_test.cpp, tests/system/completion_test.cpp
#include "app/completion.hpp"

#include "app/command.hpp"
#include "app/usage_words.hpp"

#include <algorithm>
#include <ostream>
#include <string>

namespace hawser::host {
namespace {

constexpr std::size_t kPositions = 2; // no command has more words

std::vector<const Command *> shown()
{
    std::vector<const Command *> all;
    for (const Command &command : commands()) {
        if (!command.hidden && command.run != nullptr) all.push_back(&command);
    }
    return all;
}

// In single quotes of a shell.
std::string quoted(std::string_view text, std::string_view quote)
{
    std::string out = "'";
    for (const char c : text) {
        if (c == '\'')
            out += quote;
        else
            out += c;
    }
    return out + '\'';
}

std::string names_of_commands()
{
    std::string all;
    for (const Command *command : shown()) all += (all.empty() ? "" : " ") + std::string(command->name);
    return all;
}

std::string option_words(const Command &command)
{
    std::string all;
    for (const Option &option : command.options) all += "--" + std::string(option.name) + ' ';
    return all + "--help";
}

// bash ---------------------------------------------------------------------------------------------------------------

std::string bash_function(Complete what)
{
    switch (what) {
    case Complete::Config:
        return "_hawser_configs";
    case Complete::File:
        return "_hawser_files";
    case Complete::Directory:
        return "_hawser_directories";
    case Complete::Command:
        return "_hawser_words \"$commands\"";
    case Complete::Shell:
        return "_hawser_words 'bash zsh fish'";
    case Complete::Nothing:
        break;
    }
    return ":";
}

void bash_command(const Command &command, std::ostream &out)
{
    out << "    " << command.name << ")\n        options='" << option_words(command) << "'\n        case $prev in\n";
    for (const Option &option : command.options) {
        if (!option.value.empty())
            out << "        --" << option.name << ") " << bash_function(complete_as(option.value)) << "; return ;;\n";
    }
    out << "        esac\n        case $position in\n";
    const Alternatives all = alternatives(command.arguments);
    for (std::size_t i = 0; i < kPositions; ++i) {
        const Offered offered = offered_at(all, i);
        if (offered.words.empty() && offered.values.empty()) continue;
        out << "        " << i << ")";
        for (const std::string &word : offered.words) out << " _hawser_words '" << word << "';";
        for (const Complete value : offered.values) out << ' ' << bash_function(value) << ';';
        out << " ;;\n";
    }
    out << "        esac\n        ;;\n";
}

void print_bash(std::ostream &out)
{
    out << R"(# Completions of hawser for bash: source this, or keep it as
# /usr/share/bash-completion/completions/hawser
_hawser_add() { local line; while IFS= read -r line; do COMPREPLY+=("$line"); done; }
_hawser_words() { _hawser_add < <(compgen -W "$1" -- "$cur"); }
_hawser_files() { compopt -o filenames 2>/dev/null; _hawser_add < <(compgen -f -- "$cur"); }
_hawser_directories() { compopt -o filenames 2>/dev/null; _hawser_add < <(compgen -d -- "$cur"); }
_hawser_configs() { _hawser_directories; _hawser_add < <(compgen -f -X '!*.toml' -- "$cur"); }
_hawser() {
    local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} command=${COMP_WORDS[1]}
    local commands=')"
        << names_of_commands() << R"(' options='' position=0 i
    COMPREPLY=()
    if ((COMP_CWORD == 1)); then
        _hawser_words "$commands --help --version"
        return
    fi
    for ((i = 2; i < COMP_CWORD; ++i)); do
        case ${COMP_WORDS[i]} in
        )";
    std::string valued;
    for (const Command *command : shown()) {
        for (const Option &option : command->options) {
            const std::string name = "--" + std::string(option.name);
            if (!option.value.empty() && (valued + '|').find(name + '|') == std::string::npos)
                valued += (valued.empty() ? "" : "|") + name;
        }
    }
    out << valued << R"() ((++i)) ;;
        -*) ;;
        *) ((++position)) ;;
        esac
    done
    case $command in
)";
    for (const Command *command : shown()) bash_command(*command, out);
    out << R"(    esac
    if [[ $cur == -* ]]; then
        COMPREPLY=()
        _hawser_words "$options"
    fi
}
complete -F _hawser hawser
)";
}

// zsh ----------------------------------------------------------------------------------------------------------------

std::string zsh_action(Complete what)
{
    switch (what) {
    case Complete::Config:
        return "_files -g \"*.toml(-.)\"";
    case Complete::File:
        return "_files";
    case Complete::Directory:
        return "_files -/";
    case Complete::Command:
        return "(" + names_of_commands() + ")";
    case Complete::Shell:
        return "(bash zsh fish)";
    case Complete::Nothing:
        break;
    }
    return " ";
}

// In a specification of _arguments, where brackets and colons mean something.
std::string zsh_escaped(std::string_view text)
{
    std::string out;
    for (const char c : text) {
        if (c == ':' || c == '[' || c == ']' || c == '\\') out += '\\';
        out += c;
    }
    return out;
}

void zsh_command(const Command &command, std::ostream &out)
{
    out << "    " << command.name << ")\n        _arguments";
    for (const Option &option : command.options) {
        const std::string many = option.name == "set" ? "*" : "";
        std::string spec = many + "--" + std::string(option.name) + '[' + zsh_escaped(option.text) + ']';
        if (!option.value.empty())
            spec += ':' + zsh_escaped(option.value) + ':' + zsh_action(complete_as(option.value));
        out << ' ' << quoted(spec, "'\\''");
    }
    out << " '--help[show help]'";
    const Alternatives all = alternatives(command.arguments);
    for (std::size_t i = 0; i < kPositions; ++i) {
        const Offered offered = offered_at(all, i);
        if (offered.words.empty() && offered.values.empty()) continue;
        std::string action = offered.values.empty() ? " " : zsh_action(offered.values.front());
        if (!offered.words.empty()) {
            action = "(";
            for (const std::string &word : offered.words) action += (action.size() > 1 ? " " : "") + word;
            action += ')';
        }
        out << ' ' << quoted(std::to_string(i + 1) + "::argument:" + action, "'\\''");
    }
    out << "\n        ;;\n";
}

void print_zsh(std::ostream &out)
{
    out << "#compdef hawser\n# Completions of hawser for zsh: keep it as _hawser in a directory of $fpath, or source "
           "it "
           "after compinit.\n_hawser() {\n    local -a commands\n    commands=(\n";
    for (const Command *command : shown())
        out << "        " << quoted(std::string(command->name) + ':' + zsh_escaped(command->text), "'\\''") << '\n';
    out << "    )\n    if ((CURRENT == 2)); then\n        _describe command commands\n        return\n    fi\n"
           "    local command=$words[2]\n    shift words\n    ((CURRENT--))\n    case $command in\n";
    for (const Command *command : shown()) zsh_command(*command, out);
    out << "    esac\n}\nif [[ $funcstack[1] == _hawser ]]; then\n    _hawser \"$@\"\nelse\n    compdef _hawser "
           "hawser\nfi\n";
}

// fish ---------------------------------------------------------------------------------------------------------------

std::string fish_arguments(Complete what)
{
    switch (what) {
    case Complete::Config:
        return "(__fish_complete_suffix .toml)";
    case Complete::File:
        return "(__fish_complete_path)";
    case Complete::Directory:
        return "(__fish_complete_directories)";
    case Complete::Command:
        return names_of_commands();
    case Complete::Shell:
        return "bash zsh fish";
    case Complete::Nothing:
        break;
    }
    return {};
}

// A word that stands for itself first, then what follows it.
void fish_words(const Command &command, std::ostream &out)
{
    const std::string seen = "__fish_seen_subcommand_from ";
    const Alternatives all = alternatives(command.arguments);
    std::string words;
    for (const std::string &word : offered_at(all, 0).words) words += ' ' + word;
    for (const std::vector<std::string> &tokens : all) {
        std::string when = seen + std::string(command.name);
        for (std::size_t i = 0; i < tokens.size(); ++i) {
            const std::string before = i == 0 && !words.empty() ? "; and not " + seen + words.substr(1) : "";
            const std::string offered = is_word(tokens[i]) ? tokens[i] : fish_arguments(complete_as(tokens[i]));
            if (!offered.empty())
                out << "complete -c hawser -n '" << when << before << "' -a " << quoted(offered, "\\'") << '\n';
            if (is_word(tokens[i])) when += "; and " + seen + tokens[i];
        }
    }
}

void print_fish(std::ostream &out)
{
    const auto q = [](std::string_view text) { return quoted(text, "\\'"); };
    out << "# Completions of hawser for fish: source this, or keep it as ~/.config/fish/completions/hawser.fish\n"
           "complete -c hawser -f\n";
    for (const Command *command : shown()) {
        out << "complete -c hawser -n __fish_use_subcommand -a " << command->name << " -d " << q(command->text) << '\n';
    }
    for (const Command *command : shown()) {
        const std::string when =
            "complete -c hawser -n '__fish_seen_subcommand_from " + std::string(command->name) + "'";
        for (const Option &option : command->options) {
            out << when << " -l " << option.name;
            const std::string values = fish_arguments(complete_as(option.value));
            if (!option.value.empty()) out << " -x";
            if (!values.empty()) out << " -a " << q(values);
            out << " -d " << q(option.text) << '\n';
        }
        out << when << " -l help -d 'show help'\n";
        fish_words(*command, out);
    }
}

} // namespace

bool print_completion(std::string_view shell, std::ostream &out)
{
    if (shell == "bash")
        print_bash(out);
    else if (shell == "zsh")
        print_zsh(out);
    else if (shell == "fish")
        print_fish(out);
    else
        return false;
    return true;
}

} // namespace hawser::host
