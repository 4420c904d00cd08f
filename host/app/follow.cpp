// Tests: tests/system/events_test.cpp
// hawser events: what happens in the running host, as it happens.
#include "app/commands.hpp"
#include "app/control_client.hpp"
#include "base/text.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>

#include <ostream>
#include <string>

namespace hawser::host {
namespace {

namespace json = boost::json;

std::string text(const json::value &value)
{
    return printable(value.is_string() ? std::string(value.get_string()) : json::serialize(value));
}

// "2026-11-26T10:00:00.000Z info host ready generation=1"
void print_event(const json::object &event, std::ostream &out)
{
    bool first = true;
    for (const auto &[key, value] : event) {
        const bool is_head = key == "ts" || key == "level" || key == "node" || key == "event";
        out << (first ? "" : " ") << (is_head ? "" : std::string(key) + '=') << text(value);
        first = false;
    }
    out << std::endl;
}

// False: it was the last.
bool print_line(const std::string &line, bool as_json, const Surroundings &around)
{
    boost::system::error_code error;
    const json::value parsed = json::parse(line, error);
    const json::object *told = error ? nullptr : parsed.if_object();
    if (told == nullptr || told->contains("end") || told->contains("status")) return false;
    if (const json::value *missed = told->if_contains("missed"); missed != nullptr && !as_json)
        around.err << "hawser events: " << json::serialize(*missed) << " events were missed\n";
    if (as_json) {
        around.out << line << std::endl;
    } else if (const json::value *event = told->if_contains("event"); event != nullptr && event->is_object()) {
        print_event(event->get_object(), around.out);
    }
    return around.out.good();
}

} // namespace

Status events_command(const Arguments &arguments, const Surroundings &around)
{
    const std::string socket = control_socket(arguments, around);
    const bool as_json = arguments.has("json");
    const Status status = follow_host(socket, R"({"id":1,"do":"events","args":{}})",
                                      [&](const std::string &line) { return print_line(line, as_json, around); });
    if (status == Status::NotPermitted)
        around.err << "hawser events: not permitted to ask the host at " << socket << '\n';
    else if (status != Status::Ok)
        around.err << "hawser events: the host is not running or does not answer at " << socket << '\n';
    return status;
}

} // namespace hawser::host
