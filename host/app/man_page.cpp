// Tests: tests/system/man_page_test.cpp
#include "app/man_page.hpp"

#include "app/command.hpp"
#include "app/option_text.hpp"
#include "base/version.hpp"
#include "config/host_keys.hpp"

#include <ostream>
#include <string>

namespace hawser::host {
namespace {

// Text of man(7): a backslash begins an escape, a dash would be a hyphen, a line must not begin like a request.
std::string escaped(std::string_view text)
{
    std::string out;
    for (const char c : text) {
        if (c == '\n') {
            out += '\n';
            continue;
        }
        const bool begins = out.empty() || out.back() == '\n';
        if (begins && (c == '.' || c == '\'')) out += "\\&";
        if (c == '\\')
            out += "\\e";
        else if (c == '-')
            out += "\\-";
        else
            out += c;
    }
    return out;
}

// Texts of the table begin small, as they stand behind names there.
std::string sentence(std::string_view text)
{
    std::string out(text);
    if (!out.empty() && out[0] >= 'a' && out[0] <= 'z') out[0] = static_cast<char>(out[0] - 'a' + 'A');
    return out.ends_with('.') ? out : out + '.';
}

// An argument of a request, which ends at a space otherwise.
std::string argument(std::string_view text)
{
    std::string out = "\"";
    for (const char c : escaped(text)) out += c == '"' ? std::string("\\(dq") : std::string(1, c);
    return out + '"';
}

void heading(std::ostream &out, std::string_view title) { out << ".SH " << argument(title) << '\n'; }

void item(std::ostream &out, std::string_view term, const std::string &text)
{
    out << ".TP\n.B " << argument(term) << '\n' << escaped(text) << '\n';
}

void title(std::ostream &out, std::string_view name, char section)
{
    out << ".\\\" Made by the program itself from its own tables.\n.TH " << argument(name) << ' ' << section << ' '
        << kHostDate << ' ' << argument("hawser " + std::string(kHostVersion)) << '\n';
}

void option(std::ostream &out, const Option &option)
{
    item(out, "--" + std::string(option.name) + (option.value.empty() ? "" : ' ' + std::string(option.value)),
         sentence(option.text));
}

void command(std::ostream &out, const Command &command)
{
    out << ".SS " << argument(command.name) << "\n.B " << argument("hawser " + std::string(command.name)) << '\n';
    if (!command.options.empty()) out << "[OPTIONS]\n";
    if (!command.arguments.empty()) out << escaped(command.arguments) << '\n';
    out << ".PP\n" << escaped(sentence(command.text)) << '\n';
    if (!command.details.empty()) out << escaped(command.details) << '\n';
    for (const Option &each : command.options) option(out, each);
}

void program_page(std::ostream &out)
{
    title(out, "hawser", '1');
    heading(out, "NAME");
    out << "hawser \\- server host for plugins\n";
    heading(out, "SYNOPSIS");
    out << ".B hawser\nCOMMAND [OPTIONS] [ARGUMENTS]\n";
    heading(out, "DESCRIPTION");
    out << "Shared libraries in a directory, named in one TOML file, serve on ports: protocols, resources and "
           "services.\n"
           "A supervisor, which runs none of their code, owns the listening sockets; workers load the plugins, are\n"
           "replaced at a reload with no lost connection, and are started again if they crash.\n";
    heading(out, "COMMANDS");
    for (const Command &each : commands()) {
        if (!each.hidden && each.run != nullptr) command(out, each);
    }
    heading(out, "SIGNALS");
    item(out, "TERM, INT",
         "Stop: accept no more, finish what is in flight (drain_timeout), end. A second one ends at once.");
    item(out, "QUIT", "End at once.");
    item(out, "HUP", "Reload, as the command does.");
    item(out, "USR1", "Open log files again, as \"logs reopen\" does.");
    heading(out, "ENVIRONMENT");
    item(out, "NOTIFY_SOCKET, WATCHDOG_USEC, WATCHDOG_PID", "A service manager that is told, see sd_notify(3).");
    item(out, "LISTEN_FDS, LISTEN_FDNAMES, LISTEN_PID",
         "Sockets for addresses \"systemd:NAME\", see sd_listen_fds(3).");
    item(out, "XDG_RUNTIME_DIR", "Where the control socket lies by default, unless root starts the host.");
    out << ".PP\nVariables that the configuration names as ${NAME} are not passed on to workers.\n";
    heading(out, "FILES");
    item(out, "hawser.toml, conf/hawser.toml, /etc/hawser/hawser.toml",
         "The configuration, the first that exists, unless one is named.");
    item(out, "/run/hawser", "Control sockets of hosts that root started.");
    heading(out, "EXIT STATUS");
    for (const auto &[status, text] : {std::pair("0", "success"),
                                       {"64", "wrong usage"},
                                       {"66", "file not found"},
                                       {"69", "the host is not running"},
                                       {"70", "a plugin failed"},
                                       {"71", "the system refused"},
                                       {"75", "work was cut off"},
                                       {"77", "not permitted"},
                                       {"78", "the configuration is wrong"}})
        item(out, status, sentence(text));
    heading(out, "SEE ALSO");
    out << ".BR hawser.toml (5)\n";
}

// Keys of this build; those of a table by their paths.
void keys(std::ostream &out, const std::vector<OptionSpec> &specs, const std::string &prefix)
{
    for (const OptionSpec &spec : specs) {
        if (spec.has == OptionSpec::Has::No) continue;
        std::string text = type_of(spec);
        if (const std::string range = range_of(spec); !range.empty()) text += ", " + range;
        for (const std::string &word : spec.words) text += ", or \"" + word + '"';
        if (spec.required) text += ", required";
        if (spec.fallback && !spec.default_text.empty()) text += "; default " + spec.default_text;
        item(out, prefix + spec.name, text + ".\n" + sentence(spec.text));
        keys(out, spec.keys, prefix + spec.name + '.');
    }
}

void section(std::ostream &out, const char *name, const char *text, const std::vector<OptionSpec> &specs)
{
    heading(out, name);
    out << escaped(text) << '\n';
    keys(out, specs, "");
}

void configuration_page(std::ostream &out)
{
    const HostKeys &all = host_keys();
    title(out, "hawser.toml", '5');
    heading(out, "NAME");
    out << "hawser.toml \\- configuration of the server host hawser\n";
    heading(out, "DESCRIPTION");
    out << escaped(
        "TOML 1.0. Relative paths are relative to the file they stand in. \"${NAME}\" and \"${NAME:-default}\" in a\n"
        "string are environment variables, \"$$\" is a \"$\". Durations are strings like \"250ms\", \"10s\", \"2m\", "
        "\"1h\";\n"
        "sizes like \"64B\", \"64KiB\", \"1MiB\". A key that is not known is an error. Listeners and services also "
        "have\n"
        "the options of their kind, which \"hawser plugins NAME\" shows.\n");
    section(out, "TOP LEVEL", "Beside the tables below:", {all.root.front()});
    section(out, "[host]", "The host as a whole.", all.host);
    section(out, "[log]", "What is written, and where to.", all.log);
    section(out, "[listeners.NAME]", "Where a protocol is served.", all.listener);
    section(out, "[services.NAME]", "What runs beside the listeners.", all.service);
    section(out, "[compartments.NAME]", "Worker processes; \"main\" is always there.", all.compartment);
    heading(out, "SEE ALSO");
    out << ".BR hawser (1)\n";
}

} // namespace

bool print_man_page(std::string_view page, std::ostream &out)
{
    if (page == "hawser.1")
        program_page(out);
    else if (page == "hawser.toml.5")
        configuration_page(out);
    else
        return false;
    return true;
}

} // namespace hawser::host
