// Tests: tests/unit/app/schema_test.cpp
#include "app/json_text.hpp"

#include <boost/json/serialize.hpp>

#include <algorithm>
#include <ostream>
#include <string>

namespace json = boost::json;

namespace hawser::host {
namespace {

bool is_plain(const json::value &value) { return !value.is_object() && !value.is_array(); }

bool on_one_line(const json::value &value)
{
    if (const json::array *array = value.if_array()) return std::all_of(array->begin(), array->end(), is_plain);
    const json::object *object = value.if_object();
    return object == nullptr || object->empty();
}

void print(const json::value &value, const std::string &indent, std::ostream &out)
{
    if (on_one_line(value)) {
        out << json::serialize(value);
        return;
    }
    const std::string inner = indent + "  ";
    const char *before = "\n";
    if (const json::array *array = value.if_array()) {
        out << '[';
        for (const json::value &each : *array) {
            out << before << inner;
            print(each, inner, out);
            before = ",\n";
        }
        out << '\n' << indent << ']';
        return;
    }
    out << '{';
    for (const auto &[key, each] : value.get_object()) {
        out << before << inner << json::serialize(json::string(key)) << ": ";
        print(each, inner, out);
        before = ",\n";
    }
    out << '\n' << indent << '}';
}

} // namespace

void print_indented(const json::value &value, std::ostream &out)
{
    print(value, "", out);
    out << '\n';
}

} // namespace hawser::host
