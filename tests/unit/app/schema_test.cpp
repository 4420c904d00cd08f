#include "app/schema.hpp"

#include "app/json_text.hpp"

#include <gtest/gtest.h>

#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <sstream>

namespace json = boost::json;

namespace hawser::host {
namespace {

FoundPlugin plugin(const std::string &text)
{
    FoundPlugin found;
    Sources sources;
    Problems problems;
    found.manifest = parse_manifest(text, "test", sources, problems);
    if (!found.manifest) ADD_FAILURE() << format_problem(sources, problems.sorted().front());
    return found;
}

std::string head(const std::string &name) { return "name = \"" + name + "\"\nversion = \"1\"\nabi = \"1.0\"\n"; }

// What stands at a pointer like "/properties/host", as JSON; "": nothing.
std::string at(const json::value &schema, std::string_view pointer)
{
    boost::system::error_code error;
    const json::value *found = schema.find_pointer(pointer, error);
    return found != nullptr ? json::serialize(*found) : "";
}

constexpr const char *kWeb = R"([protocol.web.options.routes]
type = "routes"
interface = "t/1"
entry.most = { type = "size", default = "1KiB" }
[resource.page]
role = "t/1"
[resource.page.options.title]
type = "string"
required = true
[resource.wrap]
role = "t/1"
[resource.wrap.options.inner]
type = "resource"
interface = "t/1"
[resource.greedy]
role = "t/1"
[resource.greedy.options.most]
type = "integer"
[resource.image]
role = "other/1"
)";

TEST(Schema, KnowsTheHostsOwnKeysWithTheirRangesAndDefaults)
{
    const json::value schema = config_schema({});
    EXPECT_EQ(at(schema, "/properties/host/properties/drain_timeout/default"), "\"30s\"");
    EXPECT_EQ(at(schema, "/properties/host/properties/loops/anyOf/0"),
              R"({"type":"integer","minimum":1,"maximum":64})");
    EXPECT_EQ(at(schema, "/properties/host/additionalProperties"), "false");
}

TEST(Schema, AcceptsNoProtocolWhereNoPluginOffersOne)
{
    EXPECT_EQ(at(config_schema({}), "/$defs/listener/properties/protocol/not"), "{}");
}

TEST(Schema, HoldsATableToTheOptionsOfTheKindThatItNames)
{
    const json::value schema = config_schema({plugin(head("web") + kWeb)});
    EXPECT_EQ(at(schema, "/$defs/listener/if/properties/protocol/enum"), R"(["web","web.web"])");
    EXPECT_EQ(at(schema, "/$defs/listener/then/additionalProperties"), "false");
    EXPECT_EQ(at(schema, "/$defs/listener/then/properties/routes"), "true");
    EXPECT_EQ(at(schema, "/$defs/listener/else"), "");
    EXPECT_EQ(at(schema, "/$defs/resource-t-1-most/then/required"), R"(["title"])");
}

TEST(Schema, PutsTheOwnersOptionsIntoEachRouteButNotIntoWhatIsNested)
{
    const json::value schema = config_schema({plugin(head("web") + kWeb)});
    EXPECT_EQ(at(schema, "/$defs/listener/properties/routes/additionalProperties"),
              R"({"$ref":"#/$defs/resource-t-1-most"})");
    EXPECT_EQ(at(schema, "/$defs/resource-t-1-most/properties/most/default"), "\"1KiB\"");
    EXPECT_EQ(at(schema, "/$defs/resource-t-1/properties/inner/$ref"), "\"#/$defs/resource-t-1\"");
    EXPECT_EQ(at(schema, "/$defs/resource-t-1/properties/resource/anyOf/0/enum"),
              R"(["page","web.page","wrap","web.wrap","greedy","web.greedy"])");
    EXPECT_EQ(at(schema, "/$defs/resource-t-1-most/properties/resource/anyOf/0/enum"),
              R"(["page","web.page","wrap","web.wrap"])");
}

TEST(Schema, AsksForThePluginsNameWhereTwoOfferTheSame)
{
    const json::value schema =
        config_schema({plugin(head("a") + "[protocol.x]\n"), plugin(head("b") + "[protocol.x]\n[protocol.y]\n")});
    EXPECT_EQ(at(schema, "/$defs/listener/properties/protocol/anyOf/0/enum"), R"(["a.x","b.x","y","b.y"])");
}

TEST(Schema, OffersBothMeaningsOfAnOptionThatTwoKindsDeclareDifferently)
{
    const json::value schema =
        config_schema({plugin(head("a") + "[service.x.options.n]\ntype = \"integer\"\n[service.y.options.n]\n"
                                          "type = \"boolean\"\n")});
    EXPECT_EQ(at(schema, "/$defs/service/properties/n/anyOf"), R"([{"type":"integer"},{"type":"boolean"}])");
    EXPECT_EQ(at(schema, "/$defs/service/then/properties/n"), R"({"type":"integer"})");
    EXPECT_EQ(at(schema, "/$defs/service/else/then/properties/n"), R"({"type":"boolean"})");
}

TEST(Schema, LeavesOutPluginsThatAreRefused)
{
    FoundPlugin refused = plugin(head("a") + "[protocol.x]\n");
    refused.refused = "truncated";
    EXPECT_EQ(config_schema({refused}), config_schema({}));
}

TEST(Schema, IsPrintedAsTheJsonThatItIs)
{
    const json::value schema = config_schema({plugin(head("web") + kWeb)});
    std::ostringstream out;
    print_indented(schema, out);
    EXPECT_EQ(json::parse(out.str()), schema);
    std::ostringstream small;
    print_indented(json::parse(R"({"a":[1,"x"],"b":[{}],"c":{"d":null}})"), small);
    EXPECT_EQ(small.str(), "{\n  \"a\": [1,\"x\"],\n  \"b\": [\n    {}\n  ],\n  \"c\": {\n    \"d\": null\n  }\n}\n");
}

} // namespace
} // namespace hawser::host
