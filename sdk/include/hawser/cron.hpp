// hawser/cron.hpp: calls at times of the calendar.
//
//     hawser::Cron nightly{node, "30 3 * * *", "Europe/Berlin", [this]() -> hawser::Task<> { co_await clean_up(); }};
//     void start() { nightly.start(); }
//
// An expression has five fields: minute, hour, day of the month, month (or jan to dec), day of the week (0 to 7, or sun
// to sat); each "*", a number, a range "1-5", a step "*/15" or "10-50/20", or a list of those with commas. If both days
// are given either is enough. Also @hourly, @daily, @weekly, @monthly, @yearly. Where clocks are put forward, what
// would be in the hour that is left out comes right after it; where they are put back, what is in the hour that comes
// twice comes in the first one. An expression for every hour comes in every hour that there is.
#pragma once

#include "hawser/async.hpp"
#include "hawser/scope.hpp"
#include "hawser/time_zone.hpp"

#include <array>
#include <bitset>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace hawser {

class CronExpression {
public:
    // Throws Error that names the field.
    explicit CronExpression(std::string_view text)
        : text_(text)
    {
        constexpr std::pair<std::string_view, std::string_view> kNames[] = {{"@hourly", "0 * * * *"},
                                                                            {"@daily", "0 0 * * *"},
                                                                            {"@weekly", "0 0 * * 0"},
                                                                            {"@monthly", "0 0 1 * *"},
                                                                            {"@yearly", "0 0 1 1 *"}};
        for (const auto &[name, stands_for] : kNames)
            if (text == name) text = stands_for;
        constexpr std::array<Field, 5> kFields{{{"minute", 0, 59, {}},
                                                {"hour", 0, 23, {}},
                                                {"day of the month", 1, 31, {}},
                                                {"month", 1, 12, kMonths},
                                                {"day of the week", 0, 7, kDays}}};
        for (std::size_t i = 0; i < kFields.size(); ++i) {
            const std::string_view field = next(text, ' ');
            if (field.empty()) throw Error("\"" + text_ + "\": expected five fields, got " + std::to_string(i));
            any_[i] = field == "*";
            read(kFields[i], field, sets_[i]);
        }
        if (text.find_first_not_of(' ') != std::string_view::npos)
            throw Error("\"" + text_ + "\": expected five fields, got more");
        if (sets_[4][7]) sets_[4][0] = true;
    }
    // The first time after `after` (seconds since 1970); nothing: never, as for 30 February.
    std::optional<std::int64_t> next_after(std::int64_t after, const TimeZone &zone) const
    {
        const std::int64_t now = after + zone.offset_at(after);
        const std::int64_t today = detail::floor_days(now);
        constexpr std::int64_t kYears = 9; // 29 February is not in 1900 and 2100
        // Clocks that are put back show yesterday's or this day's times again.
        for (std::int64_t day = today - 1; day < today + kYears * 366; ++day) {
            if (!is_day(day)) continue;
            for (std::int64_t minute = 0; minute < 1440; ++minute) {
                if (!sets_[1][static_cast<std::size_t>(minute / 60)] ||
                    !sets_[0][static_cast<std::size_t>(minute % 60)])
                    continue;
                const std::int64_t local = day * 86'400 + minute * 60;
                if (local < now - 2 * 86'400) continue;
                if (const auto found = time_of(local, after, zone)) return found;
            }
        }
        return std::nullopt;
    }

private:
    struct Field {
        const char *name;
        unsigned least, most;
        std::string_view names; // three letters each, from `least` on
    };
    using Set = std::bitset<60>;
    static constexpr std::string_view kMonths = "janfebmaraprmayjunjulaugsepoctnovdec";
    static constexpr std::string_view kDays = "sunmontuewedthufrisat";

    static std::string_view next(std::string_view &list, char separator)
    {
        while (separator == ' ' && !list.empty() && list.front() == ' ') list.remove_prefix(1);
        const std::size_t end = std::min(list.find(separator), list.size());
        const std::string_view part = list.substr(0, end);
        list.remove_prefix(std::min(end + 1, list.size()));
        return part;
    }
    [[noreturn]] void wrong(const Field &field, std::string_view got) const
    {
        throw Error("\"" + text_ + "\": " + field.name + ": expected " + std::to_string(field.least) + " to " +
                    std::to_string(field.most) + ", a range, a step or a list, got \"" + std::string(got) + '"');
    }
    unsigned number(const Field &field, std::string_view text) const
    {
        if (text.size() == 3) {
            std::string small(text);
            for (char &c : small) c = static_cast<char>(c | 0x20);
            for (std::size_t at = 0; at < field.names.size(); at += 3)
                if (field.names.substr(at, 3) == small) return field.least + static_cast<unsigned>(at / 3);
        }
        unsigned value = 0;
        for (const char c : text) {
            if (c < '0' || c > '9') wrong(field, text);
            value = value * 10 + static_cast<unsigned>(c - '0');
        }
        if (text.empty() || text.size() > 2 || value < field.least || value > field.most) wrong(field, text);
        return value;
    }
    void read(const Field &field, std::string_view list, Set &set) const
    {
        while (!list.empty()) {
            std::string_view part = next(list, ',');
            const std::string_view whole = part;
            const std::string_view range = next(part, '/');
            unsigned from = field.least, to = field.most, step = 1;
            const bool has_step = whole.size() > range.size();
            if (has_step) {
                step = 0;
                for (const char c : part)
                    step = c >= '0' && c <= '9' && step < 100 ? step * 10 + static_cast<unsigned>(c - '0') : 1000;
                if (part.empty() || step == 0 || step > field.most) wrong(field, whole);
            }
            if (range != "*") {
                const std::size_t dash = range.find('-');
                from = number(field, range.substr(0, dash));
                if (dash != std::string_view::npos)
                    to = number(field, range.substr(dash + 1));
                else if (!has_step)
                    to = from;
                if (to < from) wrong(field, whole);
            }
            for (unsigned value = from; value <= to; value += step) set[value] = true;
        }
    }
    bool is_day(std::int64_t days) const
    {
        const detail::Date date = detail::date_of(days);
        if (!sets_[3][date.month]) return false;
        const bool of_month = sets_[2][date.day], of_week = sets_[4][detail::weekday_of(days)];
        return any_[2] || any_[4] ? of_month && of_week : of_month || of_week;
    }
    std::optional<std::int64_t> time_of(std::int64_t local, std::int64_t after, const TimeZone &zone) const
    {
        const auto times = zone.times_of(local);
        if (times.empty() && !any_[1]) {
            // Left out: the first moment after the gap.
            std::int64_t low = local - 86'400 - zone.offset_at(local - 86'400), high = low + 2 * 86'400;
            const std::int64_t before = zone.offset_at(low);
            while (high - low > 1) {
                const std::int64_t middle = low + (high - low) / 2;
                (zone.offset_at(middle) == before ? low : high) = middle;
            }
            return high > after ? std::optional(high) : std::nullopt;
        }
        for (std::size_t i = 0; i < times.size() && (i == 0 || any_[1]); ++i)
            if (times[i] > after) return times[i];
        return std::nullopt;
    }
    std::string text_;
    std::array<Set, 5> sets_;
    std::array<bool, 5> any_{};
};

// Calls a function at the times of an expression; never before its last call has ended, a task included. What it throws
// is logged as cron_failed, and the next time comes all the same. [loop]
class Cron {
public:
    // Throws Error for an expression or a zone that is none. `zone`: see TimeZone::named().
    template<typename F>
    Cron(const Node &node, std::string_view expression, const std::string &zone, F f)
        : node_(node)
        , expression_(expression)
        , zone_(TimeZone::named(zone))
        , timer_(node)
        , scope_(node, failed, this, ended)
        , call_([this, f = std::move(f)]() mutable { run(f); })
    {}
    Cron(const Cron &) = delete;
    Cron &operator=(const Cron &) = delete;

    void start() { plan(); }
    void stop()
    {
        timer_.cancel();
        next_.reset();
    }
    // When it calls next, in seconds since 1970; nothing: it is stopped, or never.
    std::optional<std::int64_t> next() const { return next_; }

private:
    template<typename F>
    void run(F &f)
    {
        if constexpr (detail::kIsTask<std::invoke_result_t<F &>>) {
            scope_.spawn(f());
        } else {
            detail::guarded_call([&] { f(); },
                                 [&](std::string_view why) {
                                     node_.error("cron_failed", {{"error", why}});
                                 });
            plan();
        }
    }
    std::int64_t now() const { return node_.loop()->wall / 1'000'000'000; }
    void plan()
    {
        next_ = expression_.next_after(now(), zone_);
        wait();
    }
    // The clock on the wall may be set meanwhile: looks again every minute.
    void wait()
    {
        if (!next_) return;
        const std::int64_t left = *next_ * 1'000'000'000 - node_.loop()->wall;
        constexpr std::int64_t kMost = 60'000'000'000;
        timer_.start(std::chrono::nanoseconds(std::min(left, kMost)), [this] {
            if (next_ && now() < *next_) return wait();
            if (scope_.empty()) call_(); // or what runs still plans at its end
        });
    }
    static void failed(void *self, const std::exception_ptr &thrown) noexcept
    {
        static_cast<Cron *>(self)->node_.error("cron_failed", {{"error", detail::what(thrown)}});
    }
    static void ended(void *self) noexcept
    {
        auto &cron = *static_cast<Cron *>(self);
        if (cron.next_) cron.plan();
    }
    Node node_;
    CronExpression expression_;
    TimeZone zone_;
    std::optional<std::int64_t> next_;
    Timer timer_;
    Scope scope_;
    std::function<void()> call_;
};

} // namespace hawser
