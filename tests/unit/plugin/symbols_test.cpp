#include "plugin/symbols.hpp"

#include "plugin/library.hpp"

#include <gtest/gtest.h>

#include <dlfcn.h>

#include <fstream>

namespace hawser::host {
namespace {

TEST(Symbols, NameTheFunctionThatHoldsAnAddress)
{
    const auto entry = open_plugin(HAWSER_PLUGIN, "it");
    ASSERT_TRUE(entry);
    Dl_info info{};
    ASSERT_NE(::dladdr(reinterpret_cast<void *>(*entry), &info), 0);
    const auto address = reinterpret_cast<std::uint64_t>(*entry) - reinterpret_cast<std::uint64_t>(info.dli_fbase);
    EXPECT_EQ(function_at(HAWSER_PLUGIN, address), "hawser_plugin_v1");
    EXPECT_EQ(function_at(HAWSER_PLUGIN, address + 1), "hawser_plugin_v1");
}

TEST(Symbols, AreNoneInWhatIsNoLibrary)
{
    EXPECT_EQ(function_at(HAWSER_MANIFEST_FILE, 0), "");
    EXPECT_EQ(function_at("/dev/null", 0), "");
    EXPECT_EQ(function_at("/nowhere", 0), "");
    EXPECT_EQ(function_at(HAWSER_PLUGIN, 0), "");
}

} // namespace
} // namespace hawser::host
