// Twisted's classics, as they are built, with a clock that jumps.
#include "hawser/testing.hpp"
#include "hawser/testing/http.hpp"
#include "hawser/testing/library.hpp"
#include "test_database.hpp"

#include <chrono>
#include <fstream>
#include <gtest/gtest.h>
#include <string>

namespace {

using hawser::testing::ask;
using hawser::testing::Asked;
using hawser::testing::Host;
using hawser::testing::Instance;
using hawser::testing::Library;
using namespace std::chrono_literals;

const hawser_kind *classic(const std::string &name)
{
    return Library(HAWSER_CLASSICS "/classic_" + name + ".so").kind("classic_" + name);
}

TEST(Classics, EchoGivesBackWhatComes)
{
    Host host;
    Instance echo(host, classic("echo"));
    auto peer = echo.connect();
    EXPECT_EQ(peer.ask("over and back"), "over and back");
    peer.end();
    EXPECT_TRUE(peer.closed());
}

TEST(Classics, LinesAreAChat)
{
    Host host;
    Instance chat(host, classic("lines"));
    auto ada = chat.connect(), bob = chat.connect();
    EXPECT_EQ(ada.ask("ada\n"), "What is your name?\r\nWelcome, ada!\r\n");
    EXPECT_EQ(bob.ask("ada\nbob\n"), "What is your name?\r\nPlease choose another.\r\nWelcome, bob!\r\n");
    bob.send("hello\n");
    EXPECT_EQ(ada.receive(), "<bob> hello\r\n");
    ada.reset();
    EXPECT_EQ(bob.ask("anyone?\n"), "<bob> hello\r\n<bob> anyone?\r\n");
}

TEST(Classics, ADelayedResultComesInItsTime)
{
    Host host;
    Instance delay(host, classic("delay"), {{"delay", 5s}});
    Asked asked(delay, {});
    host.advance(4999ms);
    EXPECT_EQ(asked.answer().status, 0U);
    host.advance(1ms);
    EXPECT_EQ(asked.answer().body, "42\n");
}

TEST(Classics, ADelayedResultIsNotWaitedForWhenTheClientHasGone)
{
    Host host;
    Instance delay(host, classic("delay"), {{"delay", 5s}});
    Asked asked(delay, {});
    asked.close();
    host.advance(10s);
    EXPECT_EQ(host.logged().size(), 0U);
}

TEST(Classics, TicksComeAgainAndAgain)
{
    Host host;
    Instance ticks(host, classic("ticks"), {{"every", 2s}});
    ticks.start();
    host.advance(10s);
    EXPECT_EQ(host.logged("tick").size(), 6U);
}

TEST(Classics, ThePoolDoesTheWork)
{
    Host host;
    Instance pool(host, classic("pool"));
    EXPECT_EQ(ask(pool, {.query = "n=20"}).body, "6765\n");
    EXPECT_EQ(ask(pool, {.query = "n=41"}).status, 400U);
    EXPECT_EQ(ask(pool, {.query = "n=x"}).status, 400U);
}

TEST(Classics, AFormGreetsAndLetsNobodyWriteThePage)
{
    Host host;
    Instance form(host, classic("form"));
    EXPECT_NE(ask(form, {}).body.find("<form method=post>"), std::string::npos);
    const auto greeted = ask(form, {.method = "POST",
                                    .fields = {{"Content-Type", "application/x-www-form-urlencoded"}},
                                    .body = "name=%3Cb%3EAda"});
    EXPECT_NE(greeted.body.find("<p>Hello, &lt;b&gt;Ada!</p>"), std::string::npos) << greeted.body;
}

TEST(Classics, DatagramsGoBackToWhereTheyCameFrom)
{
    Host host;
    Instance echo(host, classic("datagrams"), {{"address", "udp:127.0.0.1:7"}});
    echo.start();
    hawser::testing::DatagramNet::Peer peer(host.datagrams(), hawser::Address::parse("192.0.2.9:1000"));
    peer.send("over and back", hawser::Address::parse("127.0.0.1:7"));
    const auto heard = peer.receive();
    ASSERT_EQ(heard.size(), 1U);
    EXPECT_EQ(heard[0].first, "over and back");
}

TEST(Classics, ASpoolTakesWhatIsPutIntoItAndEndsTheHostWhenItIsTold)
{
    const hawser::testing::Directory directory;
    Host host;
    Instance spool(host, classic("spool"), {{"directory", hawser::testing::Option::path(directory.path())}});
    spool.start();
    host.run();
    EXPECT_EQ(host.logged("watching").size(), 1U);
    std::ofstream(directory.path() + "/a") << "text";
    EXPECT_TRUE(host.descriptors().look(1000));
    ASSERT_EQ(host.logged("taken").size(), 1U);
    EXPECT_EQ(host.logged("taken")[0].fields.at("bytes"), "4");
    EXPECT_TRUE(host.asked_to_stop().empty());
    std::ofstream(directory.path() + "/stop") << "now";
    EXPECT_TRUE(host.descriptors().look(1000));
    EXPECT_EQ(host.asked_to_stop(), std::vector<std::string>{"3 a file named stop has come"});
}

TEST(Classics, ADatabaseIsAskedWithoutHoldingUpTheLoop)
{
    const hawser::testing::Directory directory;
    Host host;
    Instance sqlite(
        host, hawser::testing::sqlite_kind(),
        {{"path", hawser::testing::Option::path(directory.path() + "/db")},
         {"connections", 2},
         {"queue", 10},
         {"timeout", 5s},
         {"rows", 100},
         {"init", "CREATE TABLE people (name TEXT, year INTEGER); INSERT INTO people VALUES ('ada', 1815)"}});
    sqlite.start();
    hawser_object object = hawser::testing::database_object(sqlite);
    Instance database(host, classic("database"), {{"database", &object}});
    EXPECT_EQ(ask(database, {}).body, "ada was born in 1815\n");
    EXPECT_EQ(ask(database, {.query = "name=bob"}).status, 404U);
}

TEST(Classics, AreAsShortAsThePageSays)
{
    for (const auto &[name, most] : {std::pair{"echo", 9},
                                     {"lines", 40},
                                     {"delay", 25},
                                     {"ticks", 15},
                                     {"pool", 20},
                                     {"form", 30},
                                     {"datagrams", 25},
                                     {"spool", 35},
                                     {"database", 20}}) {
        std::ifstream file(HAWSER_CLASSIC_SOURCES "/" + std::string(name) + ".cpp");
        int lines = 0;
        for (std::string line; std::getline(file, line);) ++lines;
        EXPECT_GT(lines, 0) << name;
        EXPECT_LE(lines, most) << name;
    }
}

} // namespace
