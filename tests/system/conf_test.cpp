// The configurations that come with the program, as they stand but for addresses and paths of the machine.
#include "host_process.hpp"

#include <gtest/gtest.h>

#include <sys/stat.h>
#include <unistd.h>

#include <csignal>

namespace hawser::test {
namespace {

// `run FILE` with overrides, and where it listens by its log on standard error.
class Shipped {
public:
    Shipped(const std::string &name, const std::vector<std::string> &sets)
    {
        std::vector<std::string> words{HAWSER_PROGRAM, "run", std::string(HAWSER_SOURCE "/conf/") + name, "--control",
                                       directory / "control.sock"};
        for (const std::string &set : sets) {
            words.emplace_back("--set");
            words.push_back(set);
        }
        host = Process(words);
        ready = host.wait_for_error_text("\"event\":\"ready\"");
    }
    std::string address(const std::string &listener) const
    {
        const std::string &log = host.err();
        const std::size_t at = log.find(listener + '=') + listener.size() + 1;
        return log.substr(at, log.find_first_of(" \"", at) - at);
    }
    Client::Answer get(const std::string &listener, const std::string &target) const
    {
        return Client(address(listener)).get(target);
    }
    TempDir directory;
    Process host;
    bool ready = false;
};

TEST(Conf, OfTheReferenceServesEverythingThatItShows)
{
    const TempDir data;
    Shipped shipped("reference.toml",
                    {"listeners.web.address=127.0.0.1:0", "listeners.admin.address=127.0.0.1:0",
                     "listeners.echo.address=127.0.0.1:0", "services.data.path=" + (data / "data.db")});
    ASSERT_TRUE(shipped.ready) << shipped.host.err();
    EXPECT_NE(shipped.get("web", "/").body.find("<html"), std::string::npos);
    EXPECT_EQ(shipped.get("web", "/hello").body, "Hello, world!\n");
    EXPECT_NE(shipped.get("admin", "/metrics").body.find("# TYPE"), std::string::npos);
    Client echo(shipped.address("echo"));
    echo.send("x");
    EXPECT_EQ(echo.receive(1), "x");
    echo.reset();
    shipped.host.signal(SIGTERM);
    EXPECT_EQ(shipped.host.wait(), 0);
}

TEST(Conf, OfProductionServesWithoutPrivileges)
{
    if (::geteuid() != 0) GTEST_SKIP() << "needs root";
    const TempDir www;
    ::chmod(www.path().c_str(), 0755);
    www.write("index.html", "for all");
    Shipped shipped("production.toml", {"listeners.web.address=127.0.0.1:0", "listeners.metrics.address=127.0.0.1:0",
                                        "listeners.web.routes.\"/\".root=" + www.path(), "log.output=stderr",
                                        "log.access.output=" + www / "access"});
    ASSERT_TRUE(shipped.ready) << shipped.host.err();
    EXPECT_EQ(shipped.get("web", "/").body, "for all");
    EXPECT_EQ(shipped.get("web", "/healthz").body, "ok\n");
    EXPECT_NE(shipped.get("metrics", "/metrics").body.find("# TYPE"), std::string::npos);
    shipped.host.signal(SIGTERM);
    EXPECT_EQ(shipped.host.wait(), 0);
}

} // namespace
} // namespace hawser::test
