#include "bridge/option_tree.hpp"

#include <gtest/gtest.h>

namespace hawser::host {
namespace {

Value make(Value::Type type, const std::string &key, std::int64_t integer = 0, const std::string &text = {})
{
    Value value;
    value.type = type;
    value.key = key;
    value.integer = integer;
    value.text = text;
    return value;
}

TEST(OptionTree, GivesPluginsEveryTypeAsTheHeaderSays)
{
    Value root = make(Value::Type::Table, "");
    root.items = {make(Value::Type::String, "s", 0, "text"), make(Value::Type::Duration, "d", 5),
                  make(Value::Type::Path, "p", 0, "/x"), make(Value::Type::List, "l"), make(Value::Type::Object, "o")};
    root.items[3].items = {make(Value::Type::Integer, "", 1), make(Value::Type::Integer, "", 2)};
    root.items[4].node = 3;
    root.items[4].has_with = true;
    root.items[4].items = {make(Value::Type::Size, "max_body", 9)};
    OptionTree tree;
    int instance = 0;
    ASSERT_TRUE(tree.build(root, [&](const Value &value, hawser_object &object) {
        EXPECT_EQ(value.node, 3U);
        object.self = &instance;
        return true;
    }));
    const hawser_value *options = tree.root();
    EXPECT_EQ(options->type, static_cast<unsigned>(HAWSER_TABLE));
    EXPECT_EQ(std::string(hawser_find(options, "s")->as.string.p, 4), "text");
    EXPECT_EQ(hawser_find(options, "d")->as.integer, 5);
    EXPECT_STREQ(hawser_find(options, "p")->as.string.p, "/x") << "NUL-terminated";
    ASSERT_EQ(hawser_find(options, "l")->count, 2U);
    EXPECT_EQ(hawser_find(options, "l")->as.items[1].as.integer, 2);
    const hawser_object *object = hawser_find(options, "o")->as.object;
    EXPECT_EQ(object->self, &instance);
    EXPECT_EQ(hawser_find(object->with, "max_body")->as.integer, 9);
    EXPECT_EQ(hawser_find(options, "none"), nullptr);
}

TEST(OptionTree, FailsWhereAnObjectCannotBeResolved)
{
    Value root = make(Value::Type::Table, "");
    root.items = {make(Value::Type::Object, "o")};
    OptionTree tree;
    EXPECT_FALSE(tree.build(root, [](const Value &, hawser_object &) { return false; }));
}

} // namespace
} // namespace hawser::host
