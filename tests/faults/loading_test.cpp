// Code of plugins that fails while it is loaded: static initializers and the entry.
#include "setup.hpp"

#include <gtest/gtest.h>

#include <csignal>

namespace hawser::test {
namespace {

struct Case {
    const char *name; // of the plugin's file, which says what it does
    const char *text; // what the operator reads
};

std::string end_by(const char *what)
{
    return std::string("compartment \"main\": its worker ended before it served, with ") + what;
}

void expect_refusal(const Case &fault)
{
    const Faulty setup(fault.name);
    const Ended ended = setup.run(setup.host("start_timeout = \"10s\"") + service(""));
    EXPECT_EQ(ended.status, 70) << fault.name << '\n' << ended.err;
    EXPECT_NE(ended.err.find(fault.text), std::string::npos) << fault.name << '\n' << ended.err;
}

TEST(Loading, SaysWhichPluginEndedTheWorkerInAStaticInitializer)
{
    expect_refusal({"ctor_crash", ", in plugin fault: static initializers\n"});
    expect_refusal({"ctor_exit", ", in plugin fault: static initializers\n"});
    if (sanitized()) return; // it turns the signal into an exit, and an exit into another
    expect_refusal({"ctor_crash", end_by("signal 11 (Segmentation fault)").c_str()});
    expect_refusal({"ctor_exit", end_by("a call of exit").c_str()});
}

// Nothing can stop that on its way through the system's loader.
TEST(Loading, NamesThePluginWhoseStaticInitializerThrew)
{
    expect_refusal({"ctor_throw", "what():  thrown at a static initializer\n"});
    expect_refusal({"ctor_throw", ", in plugin fault: static initializers\n"});
    expect_refusal({"ctor_throw_int", ", in plugin fault: static initializers\n"});
}

TEST(Loading, SaysWhyTheEntryGaveNoTable)
{
    for (const Case &fault : {
             Case{"entry_refuse", "plugin \"fault\": its entry refused: not on this machine\n"},
             Case{"entry_silent", "plugin \"fault\": its entry refused without a reason\n"},
             Case{"entry_endless", "plugin \"fault\": its entry refused: xxxxxx"},
             Case{"entry_throw", "plugin \"fault\": its entry threw: thrown at the entry\n"},
             Case{"entry_throw_int", "plugin \"fault\": its entry threw: an exception that is no std::exception\n"},
             Case{"entry_crash", ", in plugin fault: entry\n"},
             Case{"entry_exit", ", in plugin fault: entry\n"},
         })
        expect_refusal(fault);
}

TEST(Loading, SaysWhatIsWrongWithTheTablesOfTheEntry)
{
    for (const Case &fault : {
             Case{"table_short", "plugin \"fault\": its plugin table has 8 bytes, expected at least 24\n"},
             Case{"table_newer", "plugin \"fault\": needs ABI 1.9, this host speaks 1.0; use a newer host\n"},
             Case{"table_many", "its table says that it has 1000000000 kinds, expected at most 1024\n"},
             Case{"table_null", "plugin \"fault\": its table of kinds is null\n"},
             Case{"table_garbage", ", in plugin fault: entry\n"},
             Case{"kind_null", "plugin \"fault\": one of its kinds is null\n"},
             Case{"kind_short", "kind \"fault\": its table has 40 bytes, expected at least 88\n"},
             Case{"kind_nameless", "plugin \"fault\": a kind has no role or no name\n"},
             Case{"kind_no_create", "kind \"fault\": create or destroy is missing\n"},
             Case{"kind_no_session", "kind \"fault\": it has no session table\n"},
         })
        expect_refusal(fault);
}

TEST(Loading, SaysThatAKindOfTheManifestIsNotInTheCode)
{
    const Faulty setup("kind_other");
    const Ended ended = setup.run(setup.host() + listener("a", ""));
    EXPECT_EQ(ended.status, 70);
    EXPECT_NE(
        ended.err.find("its manifest names the kind \"fault\" with role \"hawser.protocol/1\", but its code offers "
                       "none such"),
        std::string::npos)
        << ended.err;
}

// Long enough that the worker has come to the plugin when it is over, on a busy machine and with a sanitizer too.
std::string soon() { return std::string("start_timeout = ") + (sanitized() ? "\"3s\"" : "\"600ms\""); }

TEST(Loading, NamesThePluginThatHangsOnceTheDeadlineIsOver)
{
    for (const Case &fault : {Case{"ctor_hang", " ms; it is in plugin fault: static initializers\n"},
                              Case{"entry_hang", " ms; it is in plugin fault: entry\n"}}) {
        const Faulty setup(fault.name);
        const Ended ended = setup.run(setup.host(soon()) + service(""));
        EXPECT_EQ(ended.status, 70) << ended.err;
        EXPECT_NE(ended.err.find("compartment \"main\" was not ready in "), std::string::npos) << ended.err;
        EXPECT_NE(ended.err.find(fault.text), std::string::npos) << ended.err;
    }
}

TEST(Loading, ServesThoughAStaticInitializerPrints)
{
    const Faulty setup("ctor_print");
    Host host(setup.host() + listener("a", ""));
    ASSERT_TRUE(host.ready()) << host.process().err();
    EXPECT_TRUE(serves(host, "a"));
    EXPECT_EQ(host.stop(), 0);
    EXPECT_EQ((host.process().out() + host.process().err()).find("nobody asked"), std::string::npos);
}

// The child holds the listening socket and the channel: both must be gone with the worker.
TEST(Loading, LeavesNothingOfAPluginThatForks)
{
    const Faulty setup("ctor_fork");
    Host host(setup.host() + listener("a", ""));
    ASSERT_TRUE(host.ready()) << host.process().err();
    EXPECT_TRUE(serves(host, "a"));
    const std::string address = host.address("a");
    EXPECT_EQ(host.stop(), 0);
    EXPECT_FALSE(Client(address).connected());
}

TEST(Loading, StartsAgainTheWorkerWhosePluginForksWithoutWaitingForTheChild)
{
    const Faulty setup("ctor_fork");
    Host host(setup.host() + listener("a", "on_data", "exit"));
    ASSERT_TRUE(host.ready()) << host.process().err();
    Client client = host.connect("a");
    client.send("x");
    EXPECT_TRUE(client.ended());
    EXPECT_TRUE(host.log_has("\"event\":\"worker_serving\"")) << host.process().err();
    EXPECT_EQ(host.stop(), 0);
}

TEST(Loading, EndsAForkedChildThatGoesOnAsTheWorker)
{
    const Faulty setup("ctor_fork_on");
    Host host(setup.host() + listener("a", ""));
    ASSERT_TRUE(host.ready()) << host.process().err();
    const int worker = host.workers().at(0);
    EXPECT_TRUE(eventually([&] {
        return run({"/bin/ps", "-o", "stat=", "--ppid", std::to_string(worker)}).out.find_first_of("SR") ==
               std::string::npos;
    }));
    EXPECT_TRUE(serves(host, "a"));
    EXPECT_EQ(host.stop(), 0);
}

// A reload that brings such a plugin changes nothing.
TEST(Loading, ServesOnWhenAReloadBringsAPluginThatFails)
{
    for (const char *name : {"ctor_crash", "entry_exit", "kind_null"}) {
        const Faulty setup(name);
        Host host(setup.host() + neighbour());
        ASSERT_TRUE(host.ready()) << host.process().err();
        host.rewrite(setup.host() + neighbour() + service(""));
        const Ended reload = host.command({"reload"});
        EXPECT_EQ(reload.status, 70) << name << reload.err;
        EXPECT_NE(reload.err.find("fault"), std::string::npos) << reload.err;
        EXPECT_TRUE(serves(host)) << name;
        EXPECT_EQ(host.stop(), 0);
    }
}

} // namespace
} // namespace hawser::test
