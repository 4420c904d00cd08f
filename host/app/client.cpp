// Tests: tests/system/supervision_test.cpp
#include "app/commands.hpp"
#include "app/control_client.hpp"
#include "app/table.hpp"
#include "base/text.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>

#include <iostream>
#include <sstream>

namespace json = boost::json;

namespace hawser::host {
namespace {

constexpr int kQuick = 5'000, kSlow = 120'000;

std::string text(const json::object &object, std::string_view key)
{
    const json::value *value = object.if_contains(key);
    if (value == nullptr || value->is_null()) return {};
    return value->is_string() ? std::string(value->get_string()) : json::serialize(*value);
}

const json::array &list(const json::object &object, std::string_view key)
{
    static const json::array kNone;
    const json::value *value = object.if_contains(key);
    return value != nullptr && value->is_array() ? value->get_array() : kNone;
}

// What went wrong before there was a reply; with --json in the shape of one.
void refuse_reply(std::string_view verb, const std::string &why, const Arguments &arguments, const Surroundings &around,
                  Status status)
{
    around.err << "hawser " << verb << ": " << printable(why) << '\n';
    if (!arguments.has("json")) return;
    around.out << json::serialize(json::object{
                      {"id", 1}, {"status", static_cast<int>(status)}, {"problems", json::array{valid_utf8(why)}}})
               << '\n';
}

// The configuration says where the host listens: what to do if it does not say it any more.
std::string config_hint(const Arguments &arguments, const Surroundings &around)
{
    const std::string path = config_path(arguments);
    if (arguments.has("control") || path.empty()) return {};
    LoadRequest request = load_request(path, arguments, around);
    request.find_plugins = {};
    const Loaded loaded = load_config(request);
    if (!loaded.unreadable && loaded.status != Status::NoFile && loaded.status != Status::NotPermitted) return {};
    const Problem first = loaded.problems.sorted().front();
    return ", the default for " + path + ", which cannot be read (" +
           (first.at.line != 0 ? "line " + std::to_string(first.at.line) + ": " : "") + first.text +
           "); name the socket with --control";
}

// The result of a request; problems are printed, and `status` is what to end with.
std::optional<json::object> ask(std::string_view verb, const json::object &args, const Arguments &arguments,
                                const Surroundings &around, int timeout_ms, Status &status)
{
    const std::string socket = control_socket(arguments, around);
    const json::object request{{"id", 1}, {"do", verb}, {"args", args}};
    const Asked asked = ask_host(socket, json::serialize(request), timeout_ms);
    if (asked.status != Status::Ok) {
        status = asked.status;
        refuse_reply(verb,
                     (status == Status::NotPermitted ? "not permitted to ask the host at "
                                                     : "the host is not running or does not answer at ") +
                         socket + config_hint(arguments, around),
                     arguments, around, status);
        return std::nullopt;
    }
    boost::system::error_code error;
    const json::value parsed = json::parse(asked.line, error);
    const json::object *reply = error ? nullptr : parsed.if_object();
    const json::value *number = reply != nullptr ? reply->if_contains("status") : nullptr;
    if (number == nullptr || !number->is_int64()) {
        status = Status::NotRunning;
        refuse_reply(verb, "expected a reply of a host, got other bytes from " + socket, arguments, around, status);
        return std::nullopt;
    }
    status = static_cast<Status>(number->get_int64());
    if (arguments.has("json")) {
        around.out << asked.line << '\n';
        return std::nullopt;
    }
    for (const json::value &problem : list(*reply, "problems")) {
        const std::string line = problem.is_string() ? std::string(problem.get_string()) : json::serialize(problem);
        around.err << line << (line.ends_with('\n') ? "" : "\n");
    }
    if (status != Status::Ok) return std::nullopt;
    const json::value *result = reply->if_contains("result");
    return result != nullptr && result->is_object() ? result->get_object() : json::object();
}

void print_node(const json::object &node, const std::string &indent, const std::string &branch, Table &table)
{
    std::string what = text(node, "kind");
    if (!text(node, "plugin").empty()) what += " of " + text(node, "plugin");
    if (!text(node, "pid").empty()) what += ", pid " + text(node, "pid") + ", generation " + text(node, "generation");
    std::string remark = text(node, "detail");
    if (const std::string error = text(node, "error"); !error.empty())
        remark += (remark.empty() ? "" : "; ") + ("last error: " + error);
    const std::string restarts = text(node, "restarts");
    table.row({indent + branch + text(node, "name"), text(node, "state"), text(node, "since"),
               restarts == "0" ? "" : restarts, what, remark});
    const json::array &children = list(node, "children");
    const std::string below = branch.empty() ? indent : indent + (branch == "└─ " ? "   " : "│  ");
    for (std::size_t i = 0; i < children.size(); ++i) {
        if (children[i].is_object())
            print_node(children[i].get_object(), below, i + 1 < children.size() ? "├─ " : "└─ ", table);
    }
}

// "memory 64 MiB, cpu 0.5 (not enforced)" of a compartment.
std::string limits_of(const json::object &compartment)
{
    std::string all;
    const json::value *limits = compartment.if_contains("limits");
    if (limits == nullptr || !limits->is_object()) return all;
    for (const auto &[name, value] : limits->get_object()) {
        if (!value.is_object()) continue;
        const json::object &limit = value.get_object();
        const json::value *most = limit.if_contains("limit");
        std::ostringstream number;
        if (most != nullptr && most->is_double())
            number << most->get_double();
        else if (name == "memory" && most != nullptr && most->is_int64())
            number << size_text(static_cast<std::uint64_t>(most->get_int64()));
        else
            number << text(limit, "limit");
        all += (all.empty() ? "" : ", ") + std::string(name) + ' ' + number.str();
        if (text(limit, "enforced") != "true") all += " (not enforced)";
    }
    return all;
}

std::string duration(const std::string &milliseconds)
{
    const long long seconds = milliseconds.empty() ? 0 : std::stoll(milliseconds) / 1000;
    if (seconds < 60) return std::to_string(seconds) + " s";
    if (seconds < 3600) return std::to_string(seconds / 60) + " min " + std::to_string(seconds % 60) + " s";
    return std::to_string(seconds / 3600) + " h " + std::to_string(seconds / 60 % 60) + " min";
}

} // namespace

Status tree_command(const Arguments &arguments, const Surroundings &around)
{
    Status status = Status::Ok;
    const auto result = ask("tree", {}, arguments, around, kQuick, status);
    if (!result) return status;
    Table table({"NAME", "STATE", "SINCE", "RESTARTS", "KIND", "DETAIL"});
    print_node(*result, "", "", table);
    table.print(around.out, "");
    return status;
}

Status status_command(const Arguments &arguments, const Surroundings &around)
{
    Status status = Status::Ok;
    const auto result = ask("status", {}, arguments, around, kQuick, status);
    if (!result) return status;
    around.out << "hawser " << text(*result, "version") << ", " << text(*result, "state") << ", pid "
               << text(*result, "pid") << ", generation " << text(*result, "generation") << ", up "
               << duration(text(*result, "uptime_ms")) << '\n';
    if (!text(*result, "config").empty()) around.out << text(*result, "config") << '\n';
    if (const std::string who = text(*result, "reload_waits_for"); !who.empty())
        around.out << "a reload waits for " << who << "; \"hawser reload --now\" ends it\n";
    Table listeners({"LISTENER", "ADDRESS", "PROTOCOL"});
    for (const json::value &row : list(*result, "listeners")) {
        if (row.is_object())
            listeners.row({text(row.get_object(), "name"), text(row.get_object(), "address"),
                           text(row.get_object(), "protocol")});
    }
    if (!listeners.empty()) around.out << '\n';
    if (!listeners.empty()) listeners.print(around.out, "");
    Table workers({"COMPARTMENT", "STATE", "PID", "GENERATION", "LOOPS", "CONNECTIONS", "LIMITS"});
    for (const json::value &row : list(*result, "compartments")) {
        if (!row.is_object()) continue;
        const json::object &worker = row.get_object();
        workers.row({text(worker, "name"), text(worker, "state"), text(worker, "pid"), text(worker, "generation"),
                     text(worker, "loops"), text(worker, "connections"), limits_of(worker)});
    }
    around.out << '\n';
    workers.print(around.out, "");
    return status;
}

namespace {

std::string joined(const json::array &from, std::string_view between)
{
    std::string all;
    for (const json::value &each : from)
        all += (all.empty() ? "" : std::string(between)) + std::string(each.is_string() ? each.get_string() : "");
    return all;
}

std::string or_none(const std::string &text) { return text.empty() ? "none" : text; }

void print_plan(const json::object &plan, std::ostream &out)
{
    const json::value *why = plan.if_contains("why");
    for (const json::value &name : list(plan, "changed")) {
        const std::string compartment(name.is_string() ? name.get_string() : "");
        out << "would replace " << compartment;
        if (why != nullptr && why->is_object()) out << ": " << joined(list(why->get_object(), compartment), "; ");
        out << '\n';
    }
    for (const json::value &name : list(plan, "removed"))
        out << "would end " << (name.is_string() ? name.get_string() : "") << '\n';
    out << "untouched: " << or_none(joined(list(plan, "unchanged"), ", ")) << '\n';
    if (const std::string who = text(plan, "waits_for"); !who.empty()) out << "would wait for " << who << '\n';
}

void print_drain(const json::object &drain, std::ostream &out)
{
    out << "generation " << text(drain, "generation") << " of " << text(drain, "compartment");
    if (drain.contains("open"))
        out << " drains on, " << text(drain, "open") << " connections open\n";
    else
        out << " drained in " << text(drain, "ms") << " ms: " << text(drain, "moved") << " connections moved, "
            << text(drain, "finished") << " finished, " << text(drain, "cut") << " cut\n";
}

} // namespace

Status reload_command(const Arguments &arguments, const Surroundings &around)
{
    Status status = Status::Ok;
    const json::object args{{"plan", arguments.has("plan")}, {"now", arguments.has("now")}};
    const auto result = ask("reload", args, arguments, around, kSlow, status);
    if (!result) return status;
    if (arguments.has("plan")) {
        print_plan(*result, around.out);
        return status;
    }
    around.out << "generation " << text(*result, "generation")
               << " serves; replaced: " << or_none(joined(list(*result, "changed"), ", "))
               << "; untouched: " << or_none(joined(list(*result, "unchanged"), ", ")) << '\n';
    for (const json::value &drain : list(*result, "drains")) {
        if (drain.is_object()) print_drain(drain.get_object(), around.out);
    }
    return status;
}

Status upgrade_command(const Arguments &arguments, const Surroundings &around)
{
    Status status = Status::Ok;
    const auto result = ask("upgrade", {}, arguments, around, kSlow, status);
    if (result) {
        around.out << "version " << text(*result, "version") << " serves, after " << text(*result, "from")
                   << "; generation " << text(*result, "generation") << ", pid " << text(*result, "pid") << '\n';
    }
    return status;
}

Status stop_command(const Arguments &arguments, const Surroundings &around)
{
    Status status = Status::Ok;
    const auto result = ask("stop", {{"now", arguments.has("now")}}, arguments, around, kQuick, status);
    if (result) around.out << "the host with pid " << text(*result, "pid") << " is stopping\n";
    return status;
}

Status logs_command(const Arguments &arguments, const Surroundings &around)
{
    if (arguments.words.front() != "reopen") {
        return refuse("logs", "expected \"reopen\", got \"" + arguments.words.front() + "\"; see \"hawser help logs\"",
                      Status::Usage, arguments, around);
    }
    Arguments rest = arguments;
    rest.words.erase(rest.words.begin());
    Status status = Status::Ok;
    const auto result = ask("logs reopen", {}, rest, around, kQuick, status);
    if (!result) return status;
    const json::array &paths = list(*result, "reopened");
    if (paths.empty()) around.out << "the host writes to no file\n";
    for (const json::value &path : paths)
        around.out << "reopened " << (path.is_string() ? printable(path.get_string()) : "") << '\n';
    return status;
}

} // namespace hawser::host
