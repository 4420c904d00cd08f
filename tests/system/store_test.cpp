// Plugin files that change under a host that runs.
#include "host_process.hpp"

#include <gtest/gtest.h>

#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>

namespace hawser::test {
namespace {

namespace fs = std::filesystem;

// A host whose plugins are copies of the test's own.
class PluginFiles : public ::testing::Test {
protected:
    PluginFiles()
    {
        fs::create_directory(directory_ / "plugins");
        for (const char *name : {"http", "text"})
            fs::copy_file(std::string(HAWSER_PLUGINS "/") + name + ".so", file(name));
    }
    std::string file(const std::string &name) const { return directory_ / "plugins/" + name + ".so"; }
    std::string toml(const std::string &more = {}, const std::string &body = "one") const
    {
        return "[host]\nplugins = [\"" + directory_ / "plugins\"]\ncontrol = \"" + directory_ / "c.sock\"\nstate = \"" +
               directory_ / "state\"\n" + more + "[listeners.web]\naddress = \"127.0.0.1:0\"\nprotocol = \"http\"\n" +
               "routes = { \"/\" = { resource = \"text\", body = \"" + body + "\" } }\n";
    }
    Ended command(std::vector<std::string> words) const
    {
        words.insert(words.end(), {"--control", directory_ / "c.sock"});
        return hawser(words);
    }
    std::size_t copies() const
    {
        const fs::directory_iterator all(directory_ / "state/plugins");
        return static_cast<std::size_t>(std::distance(begin(all), end(all)));
    }
    // Overwrites a letter of the summary in place, so that it is another plugin that does the same.
    void change(char letter = 'B') const
    {
        std::fstream both(file("text"), std::ios::in | std::ios::out | std::ios::binary);
        const std::string bytes(std::istreambuf_iterator<char>(both), {});
        const std::size_t at = bytes.find("nswers every request with");
        ASSERT_NE(at, std::string::npos);
        both.clear();
        both.seekp(static_cast<std::streamoff>(at - 1));
        both.put(letter);
    }
    TempDir directory_;
};

TEST_F(PluginFiles, ThatAreCutOrDeletedTouchNoWorkerNotEvenTheOneThatComesAfterACrash)
{
    Host host(toml());
    ASSERT_TRUE(host.ready()) << host.process().err();
    ASSERT_EQ(::truncate(file("text").c_str(), 0), 0);
    fs::remove(file("http"));
    EXPECT_EQ(host.connect().get("/").body, "one");
    ::kill(host.workers().at(0), SIGKILL);
    ASSERT_TRUE(host.log_has("\"event\":\"worker_serving\"")) << host.process().err();
    EXPECT_EQ(host.connect().get("/").body, "one");
    EXPECT_EQ(host.stop(), 0);
}

TEST_F(PluginFiles, ThatAreTouchedButTheSameReplaceNoWorker)
{
    Host host(toml());
    ASSERT_TRUE(host.ready()) << host.process().err();
    const std::string copy = directory_ / "copy.so";
    fs::copy_file(file("text"), copy);
    fs::rename(copy, file("text"));
    const Ended ended = command({"reload"});
    EXPECT_EQ(first_line(ended.out), "generation 2 serves; replaced: none; untouched: main");
    EXPECT_EQ(host.stop(), 0);
}

TEST_F(PluginFiles, ThatChangedReplaceTheirWorkerAtAReload)
{
    Host host(toml());
    ASSERT_TRUE(host.ready()) << host.process().err();
    change();
    const Ended ended = command({"reload"});
    EXPECT_EQ(first_line(ended.out), "generation 2 serves; replaced: main; untouched: none") << ended.err;
    EXPECT_EQ(host.connect().get("/").body, "one");
    EXPECT_EQ(host.stop(), 0);
}

TEST_F(PluginFiles, LeaveCopiesOfTwoGenerationsBehindAndNoOlderOnes)
{
    Host host(toml());
    ASSERT_TRUE(host.ready()) << host.process().err();
    EXPECT_EQ(copies(), 2U);
    for (const char letter : {'B', 'C', 'D', 'E'}) {
        change(letter);
        EXPECT_EQ(command({"reload"}).status, 0);
    }
    EXPECT_EQ(copies(), 3U) << "one of http, two of text";
    EXPECT_EQ(host.stop(), 0);
}

TEST_F(PluginFiles, ThatAreNoPluginsAnyMoreStayTheOnesThatWereLoaded)
{
    Host host(toml());
    ASSERT_TRUE(host.ready()) << host.process().err();
    ASSERT_EQ(::truncate(file("text").c_str(), 0), 0);
    host.rewrite(toml("", "two"));
    const Ended ended = command({"reload"});
    EXPECT_EQ(ended.status, 0);
    EXPECT_EQ(ended.err, "plugin \"text\": " + file("text") +
                             ": expected a shared library, got an empty file; the one that was loaded before stays\n");
    EXPECT_EQ(host.connect().get("/").body, "two");
    EXPECT_EQ(host.stop(), 0);
    EXPECT_EQ(hawser({"run", host.config()}).status, 78) << "at a start there is none before";
}

TEST_F(PluginFiles, NeedAPlaceForTheirCopies)
{
    directory_.write("state", "a file");
    const Ended ended = hawser({"run", directory_.write("hawser.toml", toml())});
    EXPECT_EQ(ended.status, 77) << ended.err;
    EXPECT_NE(
        ended.err.find("plugin store: expected " + directory_ / "state to be a directory that only this user can "
                                                                "write to; use chown and chmod go-w, or set [host] "
                                                                "state\n"),
        std::string::npos)
        << ended.err;
}

TEST_F(PluginFiles, AreNotCopiedToWhereNoCodeMayRun)
{
    if (!has_mount_namespaces()) GTEST_SKIP() << "needs a mount namespace";
    const std::string config = directory_.write("hawser.toml", toml("", "one"));
    ProcessOptions options;
    options.wrapper = {"unshare", "--mount", "sh", "-c", "mount -t tmpfs -o noexec noexec /mnt && exec \"$@\"", "sh"};
    const Ended ended = hawser({"run", config, "--set", "host.state=/mnt/state"}, options);
    EXPECT_EQ(ended.status, 71) << ended.err;
    EXPECT_NE(ended.err.find("no code may be run from /mnt/state/plugins, whose file system is mounted noexec"),
              std::string::npos)
        << ended.err;
}

} // namespace
} // namespace hawser::test
