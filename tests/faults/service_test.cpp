// Functions of a service that fail, past any guard of the SDK's.
#include "setup.hpp"

#include <gtest/gtest.h>

namespace hawser::test {
namespace {

Ended start(const std::string &at, const std::string &how, const std::string &library = "fault")
{
    const Faulty setup("fault", library);
    return setup.run(setup.host("start_timeout = \"10s\"") + service(at, how));
}

TEST(Service, IsRefusedWithWhatItThrewAndItsLine)
{
    for (const std::string at : {"share", "create", "start"}) {
        const Ended ended = start(at, "throw");
        EXPECT_EQ(ended.status, 70) << at;
        EXPECT_NE(ended.err.find("hawser.toml:"), std::string::npos) << ended.err;
        EXPECT_NE(ended.err.find(at + " threw: thrown at " + at + '\n'), std::string::npos) << ended.err;
        EXPECT_NE(start(at, "throw_int").err.find(at + " threw: an exception that is no std::exception\n"),
                  std::string::npos)
            << at;
    }
}

TEST(Service, IsRefusedWithWhatItThrewWithARuntimeOfItsOwn)
{
    if (sanitized()) GTEST_SKIP() << "a sanitizer knows one runtime for exceptions";
    for (const std::string at : {"share", "create", "start"}) {
        const Ended ended = start(at, "throw", "fault_alone");
        EXPECT_EQ(ended.status, 70) << at;
        EXPECT_NE(ended.err.find(at + " threw: thrown at " + at + '\n'), std::string::npos) << ended.err;
    }
}

TEST(Service, IsNamedWhenItEndsTheWorkerThatStarts)
{
    for (const std::string how : {"crash", "exit"}) {
        for (const std::string at : {"share", "create", "start"}) {
            const Ended ended = start(at, how);
            EXPECT_EQ(ended.status, 70) << how << at;
            EXPECT_NE(ended.err.find(", in service.s (fault of plugin fault): " + at + '\n'), std::string::npos)
                << how << ended.err;
        }
    }
}

TEST(Service, IsNamedWhenItHangsPastTheDeadline)
{
    for (const std::string at : {"share", "create", "start"}) {
        const Faulty setup;
        const std::string soon = sanitized() ? "3s" : "600ms";
        const Ended ended = setup.run(setup.host("start_timeout = \"" + soon + '"') + service(at, "hang"));
        EXPECT_EQ(ended.status, 70) << at;
        EXPECT_NE(ended.err.find("; it is in service.s (fault of plugin fault): " + at + '\n'), std::string::npos)
            << at << ended.err;
    }
}

TEST(Service, IsNamedWhenItHangsInTheOnlyProcess)
{
    const Faulty setup;
    const std::string soon = sanitized() ? "3s" : "600ms";
    const std::string file =
        setup.directory.write("hawser.toml", setup.host("start_timeout = \"" + soon + '"') + service("create", "hang"));
    const Ended ended = hawser({"run", file, "--single"});
    EXPECT_EQ(ended.status, 70);
    EXPECT_NE(ended.err.find("; it is in service.s (fault of plugin fault): create\n"), std::string::npos) << ended.err;
}

TEST(Service, IsNamedWhenItsInterfaceThrows)
{
    const Faulty setup;
    const Ended ended =
        setup.run(setup.host() + service("get_interface") + "[services.u]\nservice = \"fault_user\"\nof = \"s\"\n");
    EXPECT_EQ(ended.status, 70);
    EXPECT_NE(ended.err.find("service \"service.s\" does not give the interface \"test.fault/1\" that its manifest "
                             "provides: get_interface threw: thrown at get_interface\n"),
              std::string::npos)
        << ended.err;
}

// What it throws later is logged, and nothing of it ends the host.
void expect_logged(const std::string &at, bool while_it_runs)
{
    const Faulty setup;
    Host host(setup.host() + service(at));
    ASSERT_TRUE(host.ready()) << host.process().err();
    const std::string event = "\"node\":\"service.s\",\"event\":\"plugin_threw\",\"plugin\":\"fault\",\"in\":\"" + at +
                              "\",\"error\":\"thrown at " + at + '"';
    if (while_it_runs) ASSERT_TRUE(host.log_has(event)) << at << host.process().err();
    if (at == "work") ASSERT_TRUE(host.log_has("fault_work_failed")) << host.process().err();
    EXPECT_EQ(host.stop(), 0) << at << host.process().err();
    EXPECT_NE(host.process().err().find(event), std::string::npos) << host.process().err();
    EXPECT_EQ(host.process().err().find("worker_died"), std::string::npos) << host.process().err();
}

TEST(Service, IsLoggedWithTheFunctionThatThrows)
{
    for (const char *at : {"complete", "post", "work", "release"}) expect_logged(at, true);
    for (const char *at : {"drain", "stop", "destroy", "unshare"}) expect_logged(at, false);
}

} // namespace
} // namespace hawser::test
