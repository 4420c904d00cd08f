// hawser/plugin.hpp: HAWSER_PLUGIN(kind, kind …), once in a plugin: its one exported function.
#pragma once

#include "hawser/abi.h"

#include <array>
#include <tuple>

namespace hawser::detail {

template<typename Tuple>
constexpr auto list_kinds(const Tuple &kinds)
{
    return std::apply(
        [](const auto &...each) { return std::array<const hawser_kind *, sizeof...(each)>{&each.kind...}; }, kinds);
}

} // namespace hawser::detail

// Each argument is what protocol<…>(), service<…>() or http::resource<…>() gave, or a table of the plugin's own.
#define HAWSER_PLUGIN(...)                                                                                             \
    extern "C" HAWSER_PUBLIC const hawser_plugin *HAWSER_CALL hawser_plugin_v1(const hawser_host *, hawser_error *)    \
    {                                                                                                                  \
        static constexpr auto kinds = std::make_tuple(__VA_ARGS__);                                                    \
        static constexpr auto list = hawser::detail::list_kinds(kinds);                                                \
        static constexpr hawser_plugin plugin{sizeof(hawser_plugin), 0, list.data(), list.size()};                     \
        return &plugin;                                                                                                \
    }
