// `check --deep`: what fails while it is loaded or created is told as at a start, and nothing is left of it.
#include "setup.hpp"

#include <gtest/gtest.h>

#include <fstream>

namespace hawser::test {
namespace {

Ended rehearse(const Faulty &setup, const std::string &toml, std::vector<std::string> more = {})
{
    std::vector<std::string> words{"check", "--deep", setup.directory.write("hawser.toml", toml)};
    words.insert(words.end(), more.begin(), more.end());
    return hawser(words);
}

TEST(Rehearsal, NamesTheNodeThatThrowsWithItsPlace)
{
    for (const std::string at : {"share", "create"}) {
        const Faulty setup;
        const Ended ended = rehearse(setup, setup.host() + service(at));
        EXPECT_EQ(ended.status, 70) << at;
        EXPECT_NE(ended.err.find("hawser.toml:"), std::string::npos) << ended.err;
        EXPECT_NE(ended.err.find(at + " threw: thrown at " + at + '\n'), std::string::npos) << ended.err;
        EXPECT_NE(ended.err.find(": 1 problem\n"), std::string::npos) << ended.err;
    }
}

TEST(Rehearsal, NamesThePluginThatCrashesOrEnds)
{
    for (const std::string how : {"crash", "exit"}) {
        const Faulty setup;
        const Ended ended = rehearse(setup, setup.host() + service("create", how));
        EXPECT_EQ(ended.status, 70) << how;
        EXPECT_NE(ended.err.find("compartment \"main\": its worker ended before all was created, with "),
                  std::string::npos)
            << ended.err;
        EXPECT_NE(ended.err.find(", in service.s (fault of plugin fault): create\n"), std::string::npos) << ended.err;
    }
}

TEST(Rehearsal, NamesThePluginThatCrashesWhenAllIsDestroyed)
{
    const Faulty setup;
    const Ended ended = rehearse(setup, setup.host() + service("destroy", "crash"));
    EXPECT_EQ(ended.status, 70);
    EXPECT_NE(ended.err.find("its worker ended while it destroyed what it had created, with "), std::string::npos)
        << ended.err;
}

TEST(Rehearsal, NamesThePluginThatHangsPastTheDeadline)
{
    const Faulty setup;
    const std::string soon = sanitized() ? "3s" : "600ms";
    const Ended ended = rehearse(setup, setup.host("start_timeout = \"" + soon + '"') + service("create", "hang"));
    EXPECT_EQ(ended.status, 70);
    EXPECT_NE(ended.err.find("; it is in service.s (fault of plugin fault): create\n"), std::string::npos) << ended.err;
}

TEST(Rehearsal, NamesThePluginWhoseStaticInitializerThrows)
{
    const Faulty setup("ctor_throw");
    const Ended ended = rehearse(setup, setup.host() + service(""));
    EXPECT_EQ(ended.status, 70);
    EXPECT_NE(ended.err.find(", in plugin fault: static initializers\n"), std::string::npos) << ended.err;
}

TEST(Rehearsal, TellsOfEveryCompartmentThatFails)
{
    const Faulty setup;
    const Ended ended = rehearse(setup, setup.host() + service("create") +
                                            "[services.t]\nservice = \"fault\"\nat = \"share\"\nhow = "
                                            "\"throw\"\ncompartment = \"other\"\n[compartments.other]\nloops = 1\n");
    EXPECT_EQ(ended.status, 70);
    EXPECT_NE(ended.err.find(": 2 problems\n"), std::string::npos) << ended.err;
}

TEST(Rehearsal, StartsNothing)
{
    const Faulty setup;
    const Ended ended = rehearse(setup, setup.host() + service("start", "crash"));
    EXPECT_EQ(ended.status, 0) << ended.err;
    EXPECT_NE(ended.out.find(": ok: "), std::string::npos) << ended.out;
}

TEST(Rehearsal, OpensNoSocketNorFile)
{
    const Faulty setup;
    Host host(setup.host() + "[listeners.echo]\naddress = \"127.0.0.1:0\"\nprotocol = \"echo\"\n");
    ASSERT_TRUE(host.ready()) << host.process().err();
    const Ended ended = rehearse(setup, setup.host() + "[log]\noutput = \"log\"\n[listeners.echo]\naddress = \"" +
                                            host.address("echo") + "\"\nprotocol = \"echo\"\n");
    EXPECT_EQ(ended.status, 0) << ended.err << "the port is taken";
    EXPECT_FALSE(std::ifstream(setup.directory / "log").good());
    EXPECT_EQ(host.stop(), 0);
}

TEST(Rehearsal, TellsMachinesToo)
{
    const Faulty setup;
    const Ended ended = rehearse(setup, setup.host() + service("create"), {"--json"});
    EXPECT_EQ(ended.status, 70);
    EXPECT_EQ(ended.err, "");
    EXPECT_NE(ended.out.find("\"status\":70"), std::string::npos) << ended.out;
    EXPECT_NE(ended.out.find("\"line\":"), std::string::npos) << ended.out;
    EXPECT_NE(ended.out.find("create threw: thrown at create"), std::string::npos) << ended.out;
}

} // namespace
} // namespace hawser::test
