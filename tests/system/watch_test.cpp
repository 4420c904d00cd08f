// [host] watch: what is saved serves.
#include "host_process.hpp"

#include <gtest/gtest.h>

#include <csignal>
#include <filesystem>
#include <fstream>

namespace hawser::test {
namespace {

namespace fs = std::filesystem;

class Watched : public ::testing::Test {
protected:
    Watched()
    {
        fs::create_directory(directory_ / "plugins");
        for (const char *name : {"http", "text"})
            fs::copy_file(std::string(HAWSER_PLUGINS "/") + name + ".so", directory_ / "plugins/" + name + ".so");
    }
    std::string toml(const std::string &body, bool watch = true) const
    {
        return "include = [\"" + directory_ / "conf.d/*.toml\"]\n[host]\nplugins = [\"" + directory_ / "plugins\"]\n" +
               "control = \"" + directory_ / "c.sock\"\nstate = \"" +
               directory_ / "state\"\nwatch = " + (watch ? "true" : "false") +
               "\n[listeners.web]\naddress = \"127.0.0.1:0\"\nprotocol = \"http\"\n" +
               "routes = { \"/\" = { resource = \"text\", body = \"" + body + "\" } }\n";
    }
    // As editors do: another file takes the place of the old one.
    void save(const std::string &path, const std::string &text) const
    {
        directory_.write("new", text);
        fs::rename(directory_ / "new", path);
    }
    TempDir directory_;
};

TEST_F(Watched, ReloadsWhenTheConfigurationIsSaved)
{
    Host host(toml("one"));
    ASSERT_TRUE(host.ready()) << host.process().err();
    save(host.config(), toml("two"));
    ASSERT_TRUE(host.log_has("\"event\":\"reloaded\"")) << host.process().err();
    EXPECT_EQ(host.connect().get("/").body, "two");
    EXPECT_EQ(host.stop(), 0);
}

TEST_F(Watched, ReloadsOnceForAFileThatIsWrittenInParts)
{
    Host host(toml("one"));
    ASSERT_TRUE(host.ready()) << host.process().err();
    const std::string text = toml("two");
    {
        std::ofstream out(host.config(), std::ios::binary);
        for (const char c : text) out << c << std::flush;
    }
    ASSERT_TRUE(host.log_has("\"event\":\"reloaded\"")) << host.process().err();
    EXPECT_EQ(host.connect().get("/").body, "two");
    EXPECT_EQ(host.stop(), 0);
    EXPECT_EQ(count(host.process().err(), "\"event\":\"files_changed\""), 1U) << host.process().err();
}

TEST_F(Watched, ReloadsWhenAPluginIsReplaced)
{
    Host host(toml("one"));
    ASSERT_TRUE(host.ready()) << host.process().err();
    const int before = host.workers().at(0);
    std::ifstream in(directory_ / "plugins/text.so", std::ios::binary);
    std::string bytes(std::istreambuf_iterator<char>(in), {});
    bytes[bytes.find("nswers every request with") - 1] = 'B';
    save(directory_ / "plugins/text.so", bytes);
    ASSERT_TRUE(host.log_has("\"event\":\"reloaded\"")) << host.process().err();
    EXPECT_NE(host.workers().back(), before);
    EXPECT_EQ(host.stop(), 0);
}

TEST_F(Watched, ReloadsWhenAFragmentComes)
{
    fs::create_directory(directory_ / "conf.d");
    Host host(toml("one"));
    ASSERT_TRUE(host.ready()) << host.process().err();
    save(directory_ / "conf.d/more.toml",
         "[listeners.more]\naddress = \"127.0.0.1:0\"\nprotocol = \"http\"\nroutes = {}\n");
    ASSERT_TRUE(host.log_has("\"event\":\"reloaded\",\"addresses\":\"web=")) << host.process().err();
    EXPECT_NE(host.process().err().find("more=127.0.0.1:"), std::string::npos) << host.process().err();
    EXPECT_EQ(host.stop(), 0);
}

TEST_F(Watched, ServesOnAfterAMistakeAndReloadsOnceItIsMended)
{
    Host host(toml("one"));
    ASSERT_TRUE(host.ready()) << host.process().err();
    save(host.config(), "[listeners.web\n");
    ASSERT_TRUE(host.log_has("\"event\":\"reload_refused\"")) << host.process().err();
    EXPECT_EQ(host.connect().get("/").body, "one");
    save(host.config(), toml("two"));
    ASSERT_TRUE(host.log_has("\"event\":\"reloaded\"")) << host.process().err();
    EXPECT_EQ(host.connect().get("/").body, "two");
    EXPECT_EQ(host.stop(), 0);
}

TEST_F(Watched, LooksAtNothingWithoutTheKeyAndAsSoonAsItIsThere)
{
    Host host(toml("one", false));
    ASSERT_TRUE(host.ready()) << host.process().err();
    save(host.config(), toml("two"));
    const std::string control = directory_ / "c.sock";
    EXPECT_EQ(hawser({"reload", "--control", control}).status, 0);
    save(host.config(), toml("three"));
    ASSERT_TRUE(host.log_has("\"event\":\"files_changed\"")) << host.process().err();
    ASSERT_TRUE(host.log_has("\"generation\":\"3\"")) << host.process().err();
    EXPECT_EQ(host.connect().get("/").body, "three");
    EXPECT_EQ(host.stop(), 0);
    EXPECT_EQ(count(host.process().err(), "\"event\":\"files_changed\""), 1U) << host.process().err();
}

} // namespace
} // namespace hawser::test
