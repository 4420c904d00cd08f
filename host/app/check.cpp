// Tests: tests/system/cli_test.cpp
#include "app/commands.hpp"
#include "app/completion.hpp"
#include "app/man_page.hpp"
#include "base/text.hpp"
#include "supervisor/rehearsal.hpp"
#include "supervisor/supervisor.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <iostream>

namespace json = boost::json;

namespace hawser::host {
namespace {

std::string count(std::size_t n, const std::string &what)
{
    return std::to_string(n) + ' ' + what + (n == 1 ? "" : "s");
}

void print_summary(const std::string &path, const HostPlan &plan, std::ostream &out)
{
    std::size_t listeners = 0, services = 0, resources = 0;
    for (const CompartmentPlan &compartment : plan.compartments) {
        listeners += compartment.listeners.size();
        for (const NodePlan &node : compartment.nodes) {
            if (node.role == "hawser.service/1")
                ++services;
            else if (node.role != "hawser.protocol/1")
                ++resources;
        }
    }
    out << path << ": ok: " << count(listeners, "listener") << ", " << count(resources, "resource") << ", "
        << count(services, "service") << " in " << count(plan.compartments.size(), "compartment") << '\n';
}

// Creates everything; what fails becomes a problem of the configuration.
void try_all(Loaded &loaded)
{
    Rehearsed result = rehearse(*loaded.plan);
    loaded.status = result.status;
    for (Problem &problem : result.problems)
        loaded.problems.add(problem.at, std::move(problem.text), std::move(problem.hint));
}

} // namespace

void print_problems(const Loaded &loaded, std::ostream &out)
{
    json::array problems;
    for (const Problem &problem : loaded.problems.sorted()) {
        json::object row;
        if (problem.at.file < loaded.sources.size()) row["file"] = valid_utf8(loaded.sources.name(problem.at.file));
        row["line"] = problem.at.line;
        row["column"] = problem.at.column;
        row["text"] = valid_utf8(problem.text);
        if (!problem.hint.empty()) row["hint"] = valid_utf8(problem.hint);
        problems.push_back(std::move(row));
    }
    json::object result;
    result["status"] = static_cast<int>(loaded.status);
    result["problems"] = std::move(problems);
    out << json::serialize(result) << '\n';
}

Status check_command(const Arguments &arguments, const Surroundings &around)
{
    const std::string path = config_path(arguments);
    if (path.empty()) {
        if (arguments.has("json")) {
            Loaded none;
            none.status = Status::NoFile;
            none.problems.add({}, std::string(kNoConfig));
            print_problems(none, around.out);
        }
        return no_config("check", around);
    }
    Loaded loaded = load_config(load_request(path, arguments, around));
    if (loaded.plan && arguments.has("deep")) try_all(loaded);
    if (arguments.has("json")) {
        print_problems(loaded, around.out);
    } else if (loaded.status == Status::Ok) {
        print_summary(path, *loaded.plan, around.out);
    } else {
        around.err << describe_problems(loaded);
        around.err << path << ": " << count(loaded.problems.sorted().size(), "problem") << '\n';
    }
    return loaded.status;
}

Status version_command(const Arguments &arguments, const Surroundings &around)
{
    if (arguments.has("json"))
        around.out << json::serialize(json::object{{"version", kHostVersion}, {"abi", "1.0"}}) << '\n';
    else
        around.out << "hawser " << kHostVersion << " (ABI 1.0)\n";
    return Status::Ok;
}

Status completion_command(const Arguments &arguments, const Surroundings &around)
{
    const std::string &shell = arguments.words.front();
    if (print_completion(shell, around.out)) return Status::Ok;
    around.err << "hawser completion: expected bash, zsh or fish, got \"" << printable(shell) << "\"\n";
    return Status::Usage;
}

Status man_command(const Arguments &arguments, const Surroundings &around)
{
    const std::string &page = arguments.words.front();
    if (print_man_page(page, around.out)) return Status::Ok;
    around.err << "hawser man: expected hawser.1 or hawser.toml.5, got \"" << printable(page) << "\"\n";
    return Status::Usage;
}

Status help_command(const Arguments &arguments, const Surroundings &around)
{
    if (arguments.words.empty()) {
        print_help(around.out);
        return Status::Ok;
    }
    const Command *command = find_command(arguments.words.front());
    if (command == nullptr) {
        around.err << "hawser help: unknown command \"" << printable(arguments.words.front()) << '"'
                   << near_command(arguments.words.front()) << "; see \"hawser help\"\n";
        return Status::Usage;
    }
    print_help(around.out, *command);
    return Status::Ok;
}

} // namespace hawser::host
