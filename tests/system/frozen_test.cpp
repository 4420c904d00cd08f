// Plugins as they were built for each released minor version of the boundary, never built again: every host of the same
// major version loads and serves them.
#include "web.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <vector>

namespace hawser::test {
namespace {

namespace fs = std::filesystem;

std::vector<std::string> versions()
{
    std::vector<std::string> all;
    for (const auto &entry : fs::directory_iterator(HAWSER_SOURCE "/tests/abi/frozen"))
        all.push_back(entry.path().filename());
    return all;
}

class Frozen : public testing::TestWithParam<std::string> {};

TEST_P(Frozen, PluginsLoadAndServe)
{
    const TempDir directory;
    for (const auto &entry : fs::directory_iterator(HAWSER_SOURCE "/tests/abi/frozen/" + GetParam()))
        fs::copy_file(entry.path(), directory / entry.path().filename().string());
    const std::string listener = "address = \"127.0.0.1:0\"\nprotocol = ";
    Host host("[host]\nplugins = [\"" HAWSER_PLUGINS "\", \"" + directory.path() + "\"]\n[listeners.c]\n" + listener +
              "\"frozen_c\"\n[listeners.static]\n" + listener +
              "\"frozen_static\"\n[services.clang]\nservice = \"frozen_clang\"\nevery = \"10ms\"\n[listeners.web]\n" +
              listener +
              "\"http\"\n[listeners.web.routes]\n\"/gcc\" = { resource = \"frozen_gcc\" }\n"
              "\"/rust\" = { resource = \"frozen_rust\", greeting = \"Ahoy\" }\n");
    ASSERT_TRUE(host.ready()) << host.process().err();
    for (const char *name : {"c", "static"}) {
        Client client = host.connect(name);
        const std::string greeting = "Hello from frozen_" + std::string(name) + "\n";
        EXPECT_EQ(client.receive(greeting.size()), greeting);
        client.send("over and back\n");
        EXPECT_EQ(client.receive(14), "over and back\n");
    }
    EXPECT_EQ(host.connect().get("/gcc/ada").body, "Hello, ada\n");
    EXPECT_EQ(host.connect().get("/rust/ada").body, "Ahoy, ada\n");
    EXPECT_TRUE(host.log_has("\"event\":\"tick\""));
    EXPECT_EQ(host.stop(), 0);
}

INSTANTIATE_TEST_SUITE_P(OfEachMinorVersion, Frozen, testing::ValuesIn(versions()), [](const auto &version) {
    std::string name = "V" + version.param;
    name.replace(name.find('.'), 1, "_");
    return name;
});

} // namespace
} // namespace hawser::test
