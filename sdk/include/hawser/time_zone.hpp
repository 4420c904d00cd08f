// hawser/time_zone.hpp: what clocks on the wall show: time zones as the system knows them (RFC 8536, TZif files). Times
// are seconds since 1970, UTC.
#pragma once

#include "hawser/error.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace hawser {
namespace detail {

// Days since 1970 of a date of the Gregorian calendar, and the way back (Hinnant, chrono-compatible date algorithms).
constexpr std::int64_t days_of(std::int64_t year, unsigned month, unsigned day)
{
    year -= month <= 2 ? 1 : 0;
    const std::int64_t era = (year >= 0 ? year : year - 399) / 400;
    const auto of_era = static_cast<unsigned>(year - era * 400);
    const unsigned of_year = (153 * (month + (month > 2 ? -3U : 9U)) + 2) / 5 + day - 1;
    return era * 146'097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719'468;
}
struct Date {
    std::int64_t year;
    unsigned month, day;
};
constexpr Date date_of(std::int64_t days)
{
    days += 719'468;
    const std::int64_t era = (days >= 0 ? days : days - 146'096) / 146'097;
    const auto of_era = static_cast<unsigned>(days - era * 146'097);
    const unsigned year = (of_era - of_era / 1460 + of_era / 36'524 - of_era / 146'096) / 365;
    const unsigned of_year = of_era - (365 * year + year / 4 - year / 100);
    const unsigned month = (5 * of_year + 2) / 153;
    return {static_cast<std::int64_t>(year) + era * 400 + (month >= 10 ? 1 : 0), month < 10 ? month + 3 : month - 9,
            of_year - (153 * month + 2) / 5 + 1};
}
constexpr unsigned weekday_of(std::int64_t days) // 0: Sunday
{
    return static_cast<unsigned>(((days % 7) + 11) % 7);
}
constexpr std::int64_t floor_days(std::int64_t seconds) { return (seconds >= 0 ? seconds : seconds - 86'399) / 86'400; }

// The rule that a file ends with, for all times after its table: "CET-1CEST,M3.5.0,M10.5.0/3" (POSIX, RFC 8536 § 3.3).
class ZoneRule {
public:
    // Throws Error for what is none. Empty: no rule.
    explicit ZoneRule(std::string_view text = {})
        : rest_(text)
    {
        if (text.empty()) return;
        name();
        standard_ = -seconds();
        summer_ = standard_;
        if (!rest_.empty()) {
            name();
            summer_ = rest_.empty() || rest_.front() == ',' ? standard_ + 3600 : -seconds();
            for (Change *change : {&begin_, &end_}) {
                expect(',');
                change->read(*this);
            }
            changes_ = true;
        }
        if (!rest_.empty()) wrong();
    }
    std::int64_t offset_at(std::int64_t time) const
    {
        if (!changes_) return standard_;
        const std::int64_t year = date_of(floor_days(time + standard_)).year;
        const std::int64_t begin = begin_.at(year) - standard_, end = end_.at(year) - summer_;
        const bool summer = begin < end ? time >= begin && time < end : time >= begin || time < end;
        return summer ? summer_ : standard_;
    }

private:
    struct Change {
        char form = 'M'; // M: month, week, day; J: day 1 to 365 without 29 February; n: day 0 to 365
        unsigned month = 0, week = 0, day = 0;
        std::int64_t time = 7200;
        void read(ZoneRule &of)
        {
            if (of.take('M')) {
                month = of.number(1, 12);
                of.expect('.');
                week = of.number(1, 5);
                of.expect('.');
                day = of.number(0, 6);
            } else {
                form = of.take('J') ? 'J' : 'n';
                day = of.number(form == 'J' ? 1 : 0, 365);
            }
            if (of.take('/')) time = of.seconds();
        }
        std::int64_t at(std::int64_t year) const // local seconds
        {
            const std::int64_t january = days_of(year, 1, 1);
            if (form != 'M') {
                const bool leap = days_of(year + 1, 1, 1) - january == 366;
                const unsigned of_year = form == 'n' ? day : day - (leap && day > 59 ? 0U : 1U);
                return (january + of_year) * 86'400 + time;
            }
            const std::int64_t first = days_of(year, month, 1);
            const std::int64_t next = month == 12 ? days_of(year + 1, 1, 1) : days_of(year, month + 1, 1);
            std::int64_t found = first + (day + 7 - weekday_of(first)) % 7 + (static_cast<std::int64_t>(week) - 1) * 7;
            while (found >= next) found -= 7;
            return found * 86'400 + time;
        }
    };
    [[noreturn]] static void wrong() { throw Error("a time zone has a rule that is none"); }
    bool take(char c)
    {
        if (rest_.empty() || rest_.front() != c) return false;
        rest_.remove_prefix(1);
        return true;
    }
    void expect(char c)
    {
        if (!take(c)) wrong();
    }
    void name()
    {
        if (take('<')) {
            while (!take('>')) {
                if (rest_.empty()) wrong();
                rest_.remove_prefix(1);
            }
            return;
        }
        std::size_t n = 0;
        while (n < rest_.size() && ((rest_[n] | 0x20) >= 'a' && (rest_[n] | 0x20) <= 'z')) ++n;
        if (n == 0) wrong();
        rest_.remove_prefix(n);
    }
    unsigned number(unsigned least, unsigned most)
    {
        unsigned value = 0;
        std::size_t n = 0;
        for (; n < rest_.size() && n < 4 && rest_[n] >= '0' && rest_[n] <= '9'; ++n)
            value = value * 10 + static_cast<unsigned>(rest_[n] - '0');
        if (n == 0 || value < least || value > most) wrong();
        rest_.remove_prefix(n);
        return value;
    }
    std::int64_t seconds() // "-1", "5:30", "+02:00:00"
    {
        const bool negative = take('-');
        if (!negative) take('+');
        std::int64_t sum = static_cast<std::int64_t>(number(0, 167)) * 3600;
        if (take(':')) sum += static_cast<std::int64_t>(number(0, 59)) * 60;
        if (take(':')) sum += number(0, 59);
        return negative ? -sum : sum;
    }
    std::string_view rest_; // while it is read
    std::int64_t standard_ = 0, summer_ = 0;
    bool changes_ = false;
    Change begin_, end_;
};

} // namespace detail

class TimeZone {
public:
    TimeZone() = default; // UTC

    // "Europe/Berlin", "UTC"; "": that of the system, by TZ or /etc/localtime. Throws Error for one that is not known.
    static TimeZone named(const std::string &name)
    {
        if (name == "UTC") return {};
        std::string path = "/etc/localtime", wanted = name;
        if (const char *set = std::getenv("TZ"); wanted.empty() && set != nullptr) wanted = *set == ':' ? set + 1 : set;
        if (!wanted.empty()) {
            if (wanted.find("..") != std::string::npos || wanted.front() == '/')
                throw Error("expected the name of a time zone like \"Europe/Berlin\", got \"" + wanted + '"');
            path = "/usr/share/zoneinfo/" + wanted;
        }
        std::ifstream file(path, std::ios::binary);
        if (!file && name.empty()) return {};
        if (!file) throw Error("expected the name of a time zone like \"Europe/Berlin\", got \"" + wanted + '"');
        return TimeZone(std::string(std::istreambuf_iterator<char>(file), {}), wanted);
    }
    // Seconds that clocks there are ahead of UTC.
    std::int64_t offset_at(std::int64_t time) const
    {
        const auto after = std::upper_bound(changes_.begin(), changes_.end(), time,
                                            [](std::int64_t at, const Change &change) { return at < change.at; });
        if (after == changes_.end() && has_rule_) return rule_.offset_at(time);
        return after == changes_.begin() ? first_ : std::prev(after)->offset;
    }
    // When clocks there show `local` (seconds since 1970 as if it were UTC): never, once or twice, in order.
    std::vector<std::int64_t> times_of(std::int64_t local) const
    {
        std::vector<std::int64_t> found;
        for (const std::int64_t near : {local - 86'400, local + 86'400}) {
            const std::int64_t time = local - offset_at(near);
            if (time + offset_at(time) == local && (found.empty() || found.back() != time)) found.push_back(time);
        }
        std::sort(found.begin(), found.end());
        return found;
    }

private:
    struct Change {
        std::int64_t at, offset;
    };
    TimeZone(const std::string &bytes, const std::string &name)
        : name_(name)
    {
        constexpr std::size_t kHead = 44;
        if (!bytes.starts_with("TZif") || bytes.size() < kHead || bytes[4] < '2') wrong();
        // The first part is for readers of 32 bits.
        const auto skip = [&](std::size_t head, std::size_t width) {
            return kHead + number(bytes, head + 32, 4) * (width + 1) + number(bytes, head + 36, 4) * 6 +
                   number(bytes, head + 40, 4) + number(bytes, head + 28, 4) * (width + 4) +
                   number(bytes, head + 24, 4) + number(bytes, head + 20, 4);
        };
        const std::size_t head = skip(0, 4);
        const std::size_t count = number(bytes, head + 32, 4), kinds = number(bytes, head + 36, 4);
        const std::size_t times = head + kHead, which = times + count * 8, offsets = which + count;
        if (count > bytes.size() || kinds == 0 || kinds > 256) wrong();
        const auto offset = [&](std::size_t kind) {
            if (kind >= kinds) wrong();
            return static_cast<std::int64_t>(static_cast<std::int32_t>(number(bytes, offsets + kind * 6, 4)));
        };
        first_ = offset(0);
        for (std::size_t i = 0; i < count; ++i)
            changes_.push_back(
                {static_cast<std::int64_t>(number(bytes, times + i * 8, 8)), offset(number(bytes, which + i, 1))});
        const std::size_t foot = head + skip(head, 8);
        if (foot + 2 > bytes.size() || bytes[foot] != '\n') return;
        const std::size_t end = bytes.find('\n', foot + 1);
        if (end == std::string::npos || end == foot + 1) return;
        rule_ = detail::ZoneRule(std::string_view(bytes).substr(foot + 1, end - foot - 1));
        has_rule_ = true;
    }
    std::uint64_t number(const std::string &bytes, std::size_t at, std::size_t size) const
    {
        if (at > bytes.size() || bytes.size() - at < size) wrong();
        std::uint64_t value = 0;
        for (std::size_t i = 0; i < size; ++i) value = value << 8 | static_cast<unsigned char>(bytes[at + i]);
        return value;
    }
    [[noreturn]] void wrong() const { throw Error("the file of the time zone \"" + name_ + "\" is damaged"); }

    std::string name_;
    std::int64_t first_ = 0;
    std::vector<Change> changes_;
    bool has_rule_ = false;
    detail::ZoneRule rule_;
};

} // namespace hawser
