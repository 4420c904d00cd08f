// hawser/context.hpp: what goes along with a request through all that is done for it: its id, fields for the log. A
// task has it from whoever spawned it; it is there after every wait, in work on the pool, and in what is posted to a
// loop.
//
//     hawser::set_context({.id = "r-17", .fields = {{"user", name}}});     // for this task and all it starts from now
//     on hawser::log_info(node, "saved");                                     // has request=r-17 user=ada
#pragma once

#include "hawser/node.hpp"
#include "hawser/turns.hpp"

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace hawser {

// That of the task that runs, of the work on the pool, of the post; empty where there is none. [any-thread]
inline const Context &context()
{
    static const Context kNone{};
    const std::shared_ptr<const Context> &current = detail::current_context();
    return current ? *current : kNone;
}

// For the task that runs, whoever awaits it and what they start from now on. Outside of a task nothing.
inline void set_context(Context with)
{
    if (detail::Root *root = detail::Turns::mine().current(); root != nullptr)
        root->context = std::make_shared<const Context>(std::move(with));
}

// Log events that have the fields of the context beside their own. [any-thread]
inline void log_with_context(const Node &node, std::uint32_t level, std::string_view event,
                             std::initializer_list<Field> fields = {})
{
    std::vector<hawser_field> all;
    const Context &of = context();
    if (!of.id.empty()) all.push_back({str("request"), str(of.id)});
    for (const auto &[name, value] : of.fields) all.push_back({str(name), str(value)});
    for (const Field &field : fields) all.push_back({str(field.name), str(field.value)});
    node.host()->log(node.raw(), level, str(event), all.data(), all.size());
}
inline void log_info(const Node &node, std::string_view event, std::initializer_list<Field> fields = {})
{
    log_with_context(node, HAWSER_LOG_INFO, event, fields);
}
inline void log_error(const Node &node, std::string_view event, std::initializer_list<Field> fields = {})
{
    log_with_context(node, HAWSER_LOG_ERROR, event, fields);
}

} // namespace hawser
