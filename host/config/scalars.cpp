// Tests: tests/unit/config/scalars_test.cpp
#include "config/scalars.hpp"

#include <algorithm>
#include <charconv>
#include <limits>
#include <span>

namespace hawser::host {
namespace {

struct Unit {
    std::string_view name;
    std::int64_t factor;
};

constexpr Unit kTimes[] = {{"ns", 1},
                           {"us", 1'000},
                           {"ms", 1'000'000},
                           {"s", 1'000'000'000},
                           {"m", 60'000'000'000},
                           {"h", 3600'000'000'000},
                           {"d", 86'400'000'000'000}};
constexpr Unit kSizes[] = {{"B", 1}, {"KiB", 1LL << 10}, {"MiB", 1LL << 20}, {"GiB", 1LL << 30}, {"TiB", 1LL << 40}};

std::optional<std::int64_t> parse_quantity(std::string_view text, std::span<const Unit> units)
{
    if (text == "0") return 0;
    std::int64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc() || text.starts_with('-') || end == text.data()) return std::nullopt;
    const std::string_view name = text.substr(static_cast<std::size_t>(end - text.data()));
    for (const Unit &unit : units) {
        if (unit.name != name) continue;
        if (number > std::numeric_limits<std::int64_t>::max() / unit.factor) return std::nullopt;
        return number * unit.factor;
    }
    return std::nullopt;
}

bool is_name(std::string_view text)
{
    if (text.empty() || (text.front() >= '0' && text.front() <= '9')) return false;
    return std::all_of(text.begin(), text.end(), [](char c) {
        return c == '_' || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    });
}

Result<std::string> value_of(std::string_view inside, const Environment &environment)
{
    const std::size_t dash = inside.find(":-");
    const std::string name(inside.substr(0, dash));
    if (!is_name(name))
        // What stands there may be part of a secret that has a "$" in it.
        return Error{Status::BadConfig,
                     "expected the name of an environment variable in \"${…}\", got other characters; \"$$\" is a "
                     "literal \"$\""};
    if (const auto value = environment ? environment(name) : std::nullopt) return *value;
    if (dash != std::string_view::npos) return std::string(inside.substr(dash + 2));
    return Error{Status::BadConfig, "the environment variable " + name + " is not set"};
}

// Edits from `a` to `b`: insert, delete, replace, swap of neighbours.
std::size_t distance(std::string_view a, std::string_view b)
{
    std::vector<std::size_t> before2, before(b.size() + 1), now(b.size() + 1);
    for (std::size_t j = 0; j <= b.size(); ++j) before[j] = j;
    for (std::size_t i = 1; i <= a.size(); ++i) {
        now[0] = i;
        for (std::size_t j = 1; j <= b.size(); ++j) {
            now[j] = std::min({before[j] + 1, now[j - 1] + 1, before[j - 1] + (a[i - 1] != b[j - 1] ? 1U : 0U)});
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                now[j] = std::min(now[j], before2[j - 2] + 1);
        }
        before2 = before;
        before = now;
    }
    return before[b.size()];
}

} // namespace

std::optional<std::int64_t> parse_duration(std::string_view text) { return parse_quantity(text, kTimes); }
std::optional<std::int64_t> parse_size(std::string_view text) { return parse_quantity(text, kSizes); }

Result<std::string> substitute(std::string_view text, const Environment &environment)
{
    std::string out;
    while (!text.empty()) {
        const std::size_t dollar = text.find('$');
        out += text.substr(0, dollar);
        if (dollar == std::string_view::npos) break;
        text.remove_prefix(dollar + 1);
        if (text.starts_with('$')) {
            out += '$';
            text.remove_prefix(1);
            continue;
        }
        if (!text.starts_with('{'))
            return Error{Status::BadConfig, "expected \"${NAME}\" or \"$$\", got a single \"$\""};
        const std::size_t end = text.find('}');
        if (end == std::string_view::npos)
            return Error{Status::BadConfig, "expected \"}\" after \"${\", got none; \"$$\" is a literal \"$\""};
        auto value = value_of(text.substr(1, end - 1), environment);
        if (!value) return value;
        out += *value;
        text.remove_prefix(end + 1);
    }
    return out;
}

std::string quoted_short(std::string_view text)
{
    constexpr std::size_t kMost = 200;
    if (text.size() <= kMost) return '"' + std::string(text) + '"';
    std::size_t end = kMost;
    while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) --end;
    return '"' + std::string(text.substr(0, end)) + "…\"";
}

std::optional<std::string> nearest(std::string_view word, const std::vector<std::string> &known)
{
    std::optional<std::string> best;
    std::size_t least = std::max<std::size_t>(1, word.size() / 3) + 1;
    if (word.size() > 64) return best;
    for (const std::string &candidate : known) {
        const std::size_t d = candidate.size() > 64 ? least : distance(word, candidate);
        if (d >= least) continue;
        least = d;
        best = candidate;
    }
    return best;
}

std::string meant(std::string_view word, const std::vector<std::string> &known)
{
    const auto best = nearest(word, known);
    return best ? "did you mean \"" + *best + "\"" : "";
}

} // namespace hawser::host
