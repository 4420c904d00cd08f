// JSON for people and for files under version control: indented, one member a line.
#pragma once

#include <boost/json/value.hpp>

#include <iosfwd>

namespace hawser::host {

// Ends with a newline. Lists of plain values stay on one line.
void print_indented(const boost::json::value &value, std::ostream &out);

} // namespace hawser::host
