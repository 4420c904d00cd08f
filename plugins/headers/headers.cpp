// The resource `headers`: another one with other header fields.
// Tests: plugins/headers/tests/headers_test.cpp
#include "hawser/hawser.hpp"
#include "hawser/http.hpp"
#include "hawser/http_fields.hpp"
#include "hawser/http_filter.hpp"

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace {

using Pairs = std::vector<std::pair<std::string_view, std::string_view>>;
using Names = std::vector<std::string_view>;

Pairs pairs(const std::string &option, const hawser::Value &table)
{
    Pairs all;
    for (std::uint32_t i = 0; i < table.count(); ++i) {
        hawser::http::check_own_field(option, table[i].key(), table[i].text());
        all.emplace_back(table[i].key(), table[i].text());
    }
    return all;
}

Names names(const std::string &option, const hawser::Value &list)
{
    Names all;
    for (std::uint32_t i = 0; i < list.count(); ++i) {
        if (!hawser::http::is_field_name(list[i].text()))
            throw hawser::Error(option, "expected names of header fields, got \"" + std::string(list[i].text()) + '"');
        all.push_back(list[i].text());
    }
    return all;
}

// What the configuration says, once an instance.
struct Rules {
    explicit Rules(const hawser::Node &node)
        : set(pairs("set", node.option("set")))
        , add(pairs("add", node.option("add")))
        , otherwise(pairs("default", node.option("default")))
        , remove(names("remove", node.option("remove")))
        , request_set(pairs("request.set", node.option("request")["set"]))
        , request_remove(names("request.remove", node.option("request")["remove"]))
    {}
    Pairs set, add, otherwise;
    Names remove;
    Pairs request_set;
    Names request_remove;
};

class Changed : public hawser::http::Filter<Changed> {
public:
    explicit Changed(const Rules &rules)
        : rules_(rules)
    {}

    void change(hawser_http_request &request)
    {
        if (rules_.request_set.empty() && rules_.request_remove.empty()) return;
        hawser::http::Head seen(0, request.fields, request.field_count);
        for (const std::string_view name : rules_.request_remove) seen.remove(name);
        for (const auto &[name, value] : rules_.request_set) seen.set(name, value);
        fields_.assign(seen.fields(), seen.fields() + seen.count());
        request.fields = fields_.data();
        request.field_count = fields_.size();
    }

    void head(hawser::http::Head &head) const
    {
        for (const std::string_view name : rules_.remove) head.remove(name);
        for (const auto &[name, value] : rules_.set) head.set(name, value);
        for (const auto &[name, value] : rules_.add) head.add(name, value);
        for (const auto &[name, value] : rules_.otherwise) {
            if (!head.has(name)) head.add(name, value);
        }
    }

private:
    const Rules &rules_;
    std::vector<hawser_field> fields_;
};

class Headers {
public:
    explicit Headers(const hawser::Node &node)
        : node_(node)
        , inner_(node, "inner")
        , rules_(node)
    {}
    void request(hawser::http::Exchange exchange, hawser::http::Request request)
    {
        Changed::serve(node_, inner_, exchange, request, rules_);
    }

private:
    hawser::Node node_;
    hawser::http::Inner inner_;
    Rules rules_;
};

} // namespace

HAWSER_PLUGIN(hawser::http::resource<Headers>("headers"))
