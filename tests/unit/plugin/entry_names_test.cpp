#include "plugin/entry_names.hpp"

#include "hawser/abi.h"

#include <gtest/gtest.h>

namespace hawser::host {
namespace {

TEST(EntryNames, AreThoseOfTheTablesOfTheRole)
{
    EXPECT_EQ(entry_name(3, HAWSER_SERVICE), "create");
    EXPECT_EQ(entry_name(7, HAWSER_SERVICE), "start");
    EXPECT_EQ(entry_name(7, HAWSER_PROTOCOL), "open");
    EXPECT_EQ(entry_name(7, "hawser.http.resource/1"), "on_request");
    EXPECT_EQ(entry_name(66, HAWSER_PROTOCOL), "on_data");
    EXPECT_EQ(entry_name(130, "hawser.http.resource/1"), "on_body_end");
    EXPECT_EQ(entry_name(162, HAWSER_SERVICE), "on_datagram");
    EXPECT_EQ(entry_name(169, HAWSER_SERVICE), "on_exit");
    EXPECT_EQ(entry_name(177, HAWSER_SERVICE), "on_ready");
    EXPECT_EQ(entry_name(194, HAWSER_SERVICE), "release");
    EXPECT_EQ(entry_name(kWorkEntry, HAWSER_SERVICE), "work");
    EXPECT_EQ(entry_name(kPluginEntry, ""), "entry");
    EXPECT_EQ(entry_name(kInitializers, ""), "static initializers");
}

TEST(EntryNames, HaveAWordForANumberThatAPluginMadeUp)
{
    for (const std::uint32_t made_up : {0U, 9U, 64U, 73U, 128U, 133U, 198U, 255U})
        EXPECT_EQ(entry_name(made_up, HAWSER_SERVICE), "a callback") << made_up;
}

} // namespace
} // namespace hawser::host
