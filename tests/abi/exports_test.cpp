// A built plugin exports one function and needs none of the host's.
#include "process.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <sstream>
#include <vector>

namespace hawser::test {
namespace {

std::vector<std::string> symbols(const std::string &library, const char *which)
{
    const Ended listed = run({"/usr/bin/nm", "-D", which, "--format=posix", library});
    EXPECT_EQ(listed.status, 0) << listed.err;
    std::vector<std::string> names;
    std::istringstream lines(listed.out);
    for (std::string line; std::getline(lines, line);) names.push_back(line.substr(0, line.find(' ')));
    return names;
}

std::vector<std::string> plugins()
{
    std::vector<std::string> found;
    for (const auto &entry : std::filesystem::directory_iterator(HAWSER_PLUGINS))
        if (entry.path().extension() == ".so") found.push_back(entry.path());
    return found;
}

TEST(BuiltPlugins, ExportOneFunctionEach)
{
    ASSERT_GE(plugins().size(), 5U);
    for (const std::string &plugin : plugins())
        EXPECT_EQ(symbols(plugin, "--defined-only"), std::vector<std::string>{"hawser_plugin_v1"}) << plugin;
}

TEST(BuiltPlugins, NeedNoSymbolOfTheHost)
{
    for (const std::string &plugin : plugins())
        for (const std::string &name : symbols(plugin, "--undefined-only"))
            EXPECT_EQ(name.find("hawser"), std::string::npos) << plugin << " needs " << name;
}

} // namespace
} // namespace hawser::test
