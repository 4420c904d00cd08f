// Rows in aligned columns, for people.
#pragma once

#include <iosfwd>
#include <string>
#include <vector>

namespace hawser::host {

class Table {
public:
    explicit Table(std::vector<std::string> heads)
        : rows_{std::move(heads)}
    {}
    void row(std::vector<std::string> cells); // control characters are shown escaped
    bool empty() const { return rows_.size() == 1; }
    // Each line begins with `indent`; the last column is not padded; columns that are empty throughout are left out.
    void print(std::ostream &out, const std::string &indent) const;

private:
    std::vector<std::vector<std::string>> rows_;
};

} // namespace hawser::host
