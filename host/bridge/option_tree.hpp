// Options as plugins read them: a hawser_value tree made from a checked Value. Texts are referred to, not copied: the
// Value outlives the tree.
#pragma once

#include "config/plan.hpp"
#include "hawser/abi.h"

#include <deque>
#include <functional>
#include <vector>

namespace hawser::host {

class OptionTree {
public:
    // Fills in api and self of the object that `value` (Type::Object) names; false: it cannot.
    using Resolve = std::function<bool(const Value &value, hawser_object &object)>;

    OptionTree() = default;
    OptionTree(OptionTree &&) = default;
    OptionTree &operator=(OptionTree &&) = default;

    bool build(const Value &table, const Resolve &resolve);
    const hawser_value *root() const { return &root_; }

private:
    bool fill(const Value &from, hawser_value &to, const Resolve &resolve);
    bool fill_items(const std::vector<Value> &from, hawser_value &to, const Resolve &resolve);

    hawser_value root_{};
    std::deque<std::vector<hawser_value>> items_; // a deque: addresses stay
    std::deque<hawser_value> withs_;
    std::deque<hawser_object> objects_;
};

} // namespace hawser::host
