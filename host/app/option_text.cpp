// Tests: tests/system/cli_test.cpp
#include "app/option_text.hpp"

namespace hawser::host {

std::string range_of(const OptionSpec &option)
{
    if (option.min && option.max) return option.min_text + " to " + option.max_text;
    if (option.min) return "from " + option.min_text;
    if (option.max) return "to " + option.max_text;
    std::string all;
    for (const std::string &choice : option.choices) all += (all.empty() ? "" : ", ") + choice;
    return all;
}

std::string type_of(const OptionSpec &option)
{
    std::string type(option_type_name(option.type));
    if (option.type == OptionSpec::Type::List && !option.items.empty()) type += " of " + type_of(option.items[0]);
    if (option.type == OptionSpec::Type::Table && !option.items.empty()) type += " of " + type_of(option.items[0]);
    if (!option.interface.empty()) type += " of " + option.interface;
    return type;
}

std::string default_of(const OptionSpec &option)
{
    if (option.required) return "(required)";
    return option.fallback ? option.default_text : "-";
}

} // namespace hawser::host
