// Tests: tests/system/cli_test.cpp
#include "app/commands.hpp"
#include "base/text.hpp"
#include "plugin/decision.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <filesystem>
#include <iostream>
#include <sstream>

namespace json = boost::json;

namespace hawser::host {
namespace {

namespace fs = std::filesystem;

std::string_view state_name(Step::State state)
{
    switch (state) {
    case Step::State::Passed:
        return "passed";
    case Step::State::Warning:
        return "warning";
    case Step::State::Failed:
        return "failed";
    case Step::State::Skipped:
        break;
    }
    return "skipped";
}

void print_lines(const std::string &text, std::ostream &out)
{
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) out << "           " << printable(line) << '\n';
}

void print_decision(const std::string &path, const Decision &decision, std::ostream &out)
{
    out << printable(path) << '\n';
    for (const Step &step : decision.steps) {
        const std::string state(state_name(step.state));
        out << "  " << state << std::string(9 - state.size(), ' ') << printable(step.name);
        if (step.text.find('\n') == std::string::npos) {
            out << ": " << printable(step.text) << '\n';
        } else {
            out << ":\n";
            print_lines(step.text, out);
        }
        if (!step.fix.empty() && step.state != Step::State::Passed) out << "           " << printable(step.fix) << '\n';
    }
}

void print_decision_json(const std::string &path, const Decision &decision, Status status, std::ostream &out)
{
    json::array steps;
    for (const Step &step : decision.steps) {
        json::object row{
            {"step", valid_utf8(step.name)}, {"state", state_name(step.state)}, {"text", valid_utf8(step.text)}};
        if (!step.fix.empty()) row["fix"] = valid_utf8(step.fix);
        steps.push_back(std::move(row));
    }
    out << json::serialize(json::object{{"status", static_cast<int>(status)},
                                        {"path", valid_utf8(path)},
                                        {"usable", decision.usable},
                                        {"steps", std::move(steps)}})
        << '\n';
}

} // namespace

Status plugins_why(const Arguments &arguments, const Surroundings &around)
{
    if (arguments.words.size() != 2)
        return refuse("plugins why", "expected one FILE, got none; see \"hawser help plugins\"", Status::Usage,
                      arguments, around);
    Status status = Status::Ok;
    const std::vector<std::string> searched =
        searched_directories("plugins", arguments.value("config"), arguments, around, status);
    if (status != Status::Ok) return status;
    std::error_code error;
    const std::string path = fs::absolute(arguments.words[1], error).string();
    const Decision decision = decide_plugin(path, searched);
    status = decision.usable ? Status::Ok : decision.exists ? Status::BadConfig : Status::NoFile;
    if (arguments.has("json"))
        print_decision_json(path, decision, status, around.out);
    else
        print_decision(path, decision, around.out);
    return status;
}

} // namespace hawser::host
