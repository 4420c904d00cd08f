// One declared key or option as a JSON Schema.
#pragma once

#include "config/manifest.hpp"

#include <boost/json/object.hpp>

#include <functional>
#include <vector>

namespace hawser::host {

class OptionSchema {
public:
    // `object` makes the schema of an option that names or holds other kinds.
    explicit OptionSchema(std::function<boost::json::object(const OptionSpec &)> object)
        : object_(std::move(object))
    {}

    boost::json::object option(const OptionSpec &spec) const;
    // A table with these keys and no others. Keys that this build does not have are left out.
    boost::json::object table(const std::vector<OptionSpec> &specs) const;

private:
    boost::json::object plain(const OptionSpec &spec) const;
    boost::json::object list(const OptionSpec &spec) const;

    std::function<boost::json::object(const OptionSpec &)> object_;
};

boost::json::object variable(); // a string in which "$" stands: what it will be is not known here

} // namespace hawser::host
