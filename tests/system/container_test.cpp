// The host as the first process of a container.
#include "host_process.hpp"

#include <gtest/gtest.h>

#include <unistd.h>

#include <csignal>
#include <fstream>
#include <string>
#include <vector>

namespace hawser::test {
namespace {

const std::string kWeb =
    "[listeners.web]\naddress = \"127.0.0.1:0\"\nprotocol = \"http\"\nroutes = { \"/\" = { resource = "
    "\"text\", body = \"one\" } }\n";

std::vector<int> children_of(int pid)
{
    const std::string id = std::to_string(pid);
    std::ifstream in("/proc/" + id + "/task/" + id + "/children");
    std::vector<int> all;
    for (int child = 0; in >> child;) all.push_back(child);
    return all;
}

class Container : public ::testing::Test {
protected:
    void SetUp() override
    {
        static const bool can =
            ::geteuid() == 0 && run({"unshare", "--pid", "--fork", "--mount-proc", "true"}).status == 0;
        if (!can) GTEST_SKIP() << "needs a PID namespace of its own";
    }
    static ProcessOptions first()
    {
        ProcessOptions options;
        options.wrapper = {"unshare", "--pid", "--fork", "--kill-child", "--mount-proc"};
        return options;
    }
    // The host as it is called outside.
    static int host_pid(Host &host)
    {
        const std::vector<int> below = children_of(host.process().pid());
        return below.at(0);
    }
};

TEST_F(Container, EndsOnASignalThoughThatIsIgnoredByDefault)
{
    Host host(kWeb, {}, first());
    ASSERT_TRUE(host.ready()) << host.process().err();
    EXPECT_NE(host.process().err().find("\"pid\":\"1\""), std::string::npos) << host.process().err();
    EXPECT_EQ(host.connect().get("/").body, "one");
    ::kill(host_pid(host), SIGTERM);
    EXPECT_EQ(host.process().wait(), 0) << host.process().err();
}

TEST_F(Container, HasItsWorkerBackWhenThatIsKilled)
{
    Host host(kWeb, {}, first());
    ASSERT_TRUE(host.ready()) << host.process().err();
    const int pid = host_pid(host);
    ASSERT_EQ(children_of(pid).size(), 1U);
    ::kill(children_of(pid).at(0), SIGKILL);
    EXPECT_TRUE(host.log_has("worker_serving")) << host.process().err();
    EXPECT_NE(host.process().err().find("\"reason\":\"signal 9"), std::string::npos) << "its end was heard of";
    EXPECT_EQ(host.connect().get("/").body, "one");
    ::kill(pid, SIGTERM);
    EXPECT_EQ(host.process().wait(), 0);
}

TEST_F(Container, WaitsForTheOrphansOfOthers)
{
    Host host(kWeb, {}, first());
    ASSERT_TRUE(host.ready()) << host.process().err();
    const int pid = host_pid(host);
    const std::vector<int> workers = children_of(pid);
    const Ended beside = run({"nsenter", "--target", std::to_string(pid), "--pid", "sh", "-c",
                              "for i in 1 2 3 4 5; do (sh -c 'exit 3' &); done"});
    EXPECT_EQ(beside.status, 0) << beside.err;
    EXPECT_TRUE(eventually([&] { return children_of(pid) == workers; })) << "a zombie stays";
    EXPECT_EQ(host.connect().get("/").body, "one");
    ::kill(pid, SIGTERM);
    EXPECT_EQ(host.process().wait(), 0);
}

} // namespace
} // namespace hawser::test
