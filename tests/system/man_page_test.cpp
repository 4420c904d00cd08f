// The manual pages that are installed.
#include "host_process.hpp"

#include <gtest/gtest.h>

#include <fstream>

namespace hawser::test {
namespace {

const std::string kPages = HAWSER_BUILD "/share/man/";

std::string text_of(const std::string &path)
{
    std::ifstream in(path);
    return {std::istreambuf_iterator<char>(in), {}};
}

TEST(ManPages, AreAcceptedByMandocWithoutAWarning)
{
    for (const char *page : {"man1/hawser.1", "man5/hawser.toml.5"}) {
        const Ended ended = run({"mandoc", "-T", "lint", "-W", "warning", kPages + page});
        EXPECT_EQ(ended.status, 0) << ended.out;
        EXPECT_EQ(ended.out, "");
    }
}

TEST(ManPages, TellOfEveryCommandThatHelpLists)
{
    const std::string page = text_of(kPages + "man1/hawser.1"), help = hawser({"help"}).out;
    std::size_t commands = 0;
    for (std::size_t at = 0; (at = help.find("\n  ", at)) != std::string::npos; ++commands) {
        at += 3;
        const std::string name = help.substr(at, help.find(' ', at) - at);
        EXPECT_NE(page.find(".SS \"" + name + "\"\n"), std::string::npos) << name;
    }
    EXPECT_GE(commands, 12U);
}

TEST(ManPages, TellOfKeysWithTypeRangeAndDefault)
{
    const std::string page = text_of(kPages + "man5/hawser.toml.5");
    EXPECT_NE(page.find(".B \"drain_timeout\"\nduration; default \"30s\".\nHow long a stop"), std::string::npos);
    EXPECT_NE(page.find(".B \"limits.connections\"\ninteger, 0 to 1000000000; default 0.\n"), std::string::npos)
        << page;
    EXPECT_NE(page.find(".B \"loops\"\ninteger, 1 to 64, or \"auto\""), std::string::npos);
}

} // namespace
} // namespace hawser::test
