// Tests: tests/unit/app/table_test.cpp
#include "app/table.hpp"

#include "base/text.hpp"

#include <algorithm>
#include <ostream>

namespace hawser::host {
namespace {

// Characters, not bytes.
std::size_t width(const std::string &text)
{
    return static_cast<std::size_t>(
        std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }));
}

} // namespace

void Table::row(std::vector<std::string> cells)
{
    for (std::string &cell : cells) {
        cell = printable(cell);
        std::replace(cell.begin(), cell.end(), '\t', ' ');
    }
    rows_.push_back(std::move(cells));
}

void Table::print(std::ostream &out, const std::string &indent) const
{
    std::vector<std::size_t> widths(rows_.front().size(), 0);
    for (std::size_t c = 0; c < widths.size(); ++c) {
        bool used = false;
        for (std::size_t r = 0; r < rows_.size(); ++r) {
            widths[c] = std::max(widths[c], width(rows_[r][c]));
            used = used || (r > 0 && !rows_[r][c].empty());
        }
        if (!used) widths[c] = 0;
    }
    for (const std::vector<std::string> &row : rows_) {
        std::string line = indent;
        for (std::size_t c = 0; c < row.size(); ++c) {
            if (widths[c] == 0) continue;
            line += row[c];
            line.append(widths[c] - width(row[c]) + 2, ' ');
        }
        line.erase(line.find_last_not_of(' ') + 1);
        out << line << '\n';
    }
}

} // namespace hawser::host
