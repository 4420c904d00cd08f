// hawser/http_head.hpp: the head of an answer, for who changes it on its way.
#pragma once

#include "hawser/http.h"
#include "hawser/http_fields.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <forward_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace hawser::http {

// Status and fields of an answer. Views that are given to it must live until the call is over that it came with;
// keep() makes a text live so long.
class Head {
public:
    Head(std::uint32_t with, const hawser_field *fields, std::size_t count)
        : status(with)
    {
        constexpr std::size_t kSomeMore = 8; // one allocation, for most changes
        fields_.reserve(count + kSomeMore);
        fields_.assign(fields, fields + count);
    }
    std::uint32_t status;

    const hawser_field *fields() const { return fields_.data(); }
    std::size_t count() const { return fields_.size(); }
    bool has(std::string_view name) const { return position(name) != fields_.end(); }
    std::string_view find(std::string_view name) const // the first; empty: absent
    {
        const auto found = position(name);
        return found != fields_.end() ? view(found->value) : std::string_view();
    }
    void add(std::string_view name, std::string_view value) { fields_.push_back({str(name), str(value)}); }
    void remove(std::string_view name)
    {
        std::erase_if(fields_, [name](const hawser_field &field) { return same_name(view(field.name), name); });
    }
    void set(std::string_view name, std::string_view value)
    {
        remove(name);
        add(name, value);
    }
    // Adds to the list of a field ("Vary") what is not in it.
    void add_to_list(std::string_view name, std::string_view member)
    {
        const std::string_view before = find(name);
        if (before.empty()) return set(name, member);
        for (std::size_t at = 0; at <= before.size();) {
            const std::size_t end = std::min(before.find(',', at), before.size());
            std::string_view each = before.substr(at, end - at);
            while (!each.empty() && each.front() == ' ') each.remove_prefix(1);
            if (same_name(each, member) || each == "*") return;
            at = end + 1;
        }
        set(name, keep(std::string(before) + ", " + std::string(member)));
    }
    std::string_view keep(std::string text) { return kept_.emplace_front(std::move(text)); }

private:
    std::vector<hawser_field>::const_iterator position(std::string_view name) const
    {
        return std::find_if(fields_.begin(), fields_.end(),
                            [name](const hawser_field &field) { return same_name(view(field.name), name); });
    }
    std::vector<hawser_field> fields_;
    std::forward_list<std::string> kept_;
};

} // namespace hawser::http
