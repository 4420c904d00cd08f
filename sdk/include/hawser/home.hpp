// hawser/home.hpp: a node to log with where no object of it is at hand: one of the plugin's own on this loop.
#pragma once

#include "hawser/node.hpp"

#include <cstdio>
#include <source_location>
#include <string>
#include <string_view>

namespace hawser::detail {

// An error that nobody took. Goes to the log of an instance of this plugin on this loop; to stderr where there is none.
inline void report_unhandled(std::string_view text, const std::source_location &where)
{
    const std::string place = std::string(where.file_name()) + ":" + std::to_string(where.line());
    if (const Node *home = find_home(); home != nullptr)
        home->error("deferred_failed", {{"error", text}, {"made_at", place}});
    else
        std::fprintf(stderr, "%s: an error that nobody handled: %.*s\n", place.c_str(), static_cast<int>(text.size()),
                     text.data());
}

// A task that nobody awaited or gave to a scope: what it was to do was never begun.
inline void report_forgotten(const std::source_location &where) noexcept
{
    guarded_call(
        [&] {
            const std::string place = std::string(where.file_name()) + ":" + std::to_string(where.line());
            if (const Node *home = find_home(); home != nullptr)
                home->error("task_forgotten", {{"task", where.function_name()}, {"at", place}});
            else
                std::fprintf(stderr, "%s: a task that nobody awaited: %s\n", place.c_str(), where.function_name());
        },
        [](std::string_view) {});
}

} // namespace hawser::detail
