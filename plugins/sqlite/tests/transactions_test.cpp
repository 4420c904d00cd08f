// Transactions of the service `sqlite`: begun, committed, rolled back; who writes and who waits.
#include "used.hpp"

#include <gtest/gtest.h>

#include <stdexcept>
#include <string>
#include <vector>

namespace hawser::test {
namespace {

TEST_F(Sqlite, CommitsATransactionAndRollsBackOneThatThrows)
{
    Used used(kind(), options());
    used.wait(used.db.transaction([](Sql::Session &in) -> Task<> {
        co_await in.query("INSERT INTO notes (text) VALUES ('a')");
        co_await in.query("INSERT INTO notes (text) VALUES ('b')");
    }));
    EXPECT_EQ(used.count(), 2);
    EXPECT_THROW(used.wait(used.db.transaction([](Sql::Session &in) -> Task<int> {
        co_await in.query("INSERT INTO notes (text) VALUES ('c')");
        throw std::runtime_error("no luck");
    })),
                 std::runtime_error);
    EXPECT_EQ(used.count(), 2);
}

TEST_F(Sqlite, RollsBackATransactionThatIsCancelled)
{
    Used used(kind(), options());
    Scope other(used.node);
    hawser::Event begun;
    other.spawn([&]() -> Task<> {
        co_await used.db.transaction([&](Sql::Session &in) -> Task<> {
            co_await in.query("INSERT INTO notes (text) VALUES ('a')");
            begun.set();
            co_await hawser::sleep(1h);
        });
    });
    used.host.run();
    ASSERT_TRUE(begun.is_set());
    other.cancel();
    used.host.run();
    EXPECT_EQ(used.count(), 0);
    used.wait(used.db.query("INSERT INTO notes (text) VALUES ('b')")); // the place of the writer is free again
    EXPECT_EQ(used.count(), 1);
}

TEST_F(Sqlite, BeginsATransactionAsAWriter)
{
    Used used(kind(), options(3));
    hawser::Event go_on;
    int begun = 0;
    for (int i = 0; i < 2; ++i)
        used.scope.spawn([&]() -> Task<> {
            co_await used.db.transaction([&](Sql::Session &in) -> Task<> {
                co_await in.query("SELECT count(*) FROM notes");
                ++begun;
                co_await go_on.wait();
            });
        });
    used.host.run();
    EXPECT_EQ(begun, 1) << "both read before either writes: one of them could not write any more";
    go_on.set();
    used.host.run();
    EXPECT_EQ(begun, 2);
}

TEST_F(Sqlite, LetsWritersWaitInLineAndReadersPass)
{
    Used used(kind(), options(2));
    hawser::Event go_on;
    std::vector<std::string> said;
    used.scope.spawn([&]() -> Task<> {
        co_await used.db.transaction([&](Sql::Session &in) -> Task<> {
            co_await in.query("INSERT INTO notes (text) VALUES ('first')");
            co_await go_on.wait();
        });
        said.emplace_back("first");
    });
    used.host.run();
    for (const char *name : {"second", "third"})
        used.scope.spawn([&, name]() -> Task<> {
            co_await used.db.query("INSERT INTO notes (text) VALUES (?)", name);
            said.emplace_back(name);
        });
    used.host.run();
    EXPECT_EQ(said, std::vector<std::string>{});
    EXPECT_EQ(used.wait(used.db.query("SELECT count(*) FROM notes"))[0].integer(0), 0);
    go_on.set();
    used.host.run();
    ASSERT_EQ(said.size(), 3U);
    EXPECT_EQ(said[0], "first");
    EXPECT_EQ(used.count(), 3);
}

TEST_F(Sqlite, GivesUpAWriterWhoseTurnDoesNotCome)
{
    Used used(kind(), options(2));
    used.scope.spawn([&]() -> Task<> {
        co_await used.db.transaction([&](Sql::Session &in) -> Task<> {
            co_await in.query("INSERT INTO notes (text) VALUES ('first')");
            co_await hawser::sleep(10s);
        });
    });
    used.host.run();
    std::int32_t status = 0;
    used.scope.spawn([&]() -> Task<> {
        try {
            co_await used.db.query("INSERT INTO notes (text) VALUES ('second')");
        } catch (const SqlError &error) {
            status = error.status();
        }
    });
    used.host.advance(499ms);
    EXPECT_EQ(status, 0);
    used.host.advance(1ms);
    EXPECT_EQ(status, HAWSER_TIMED_OUT);
    used.host.advance(20s);
    EXPECT_EQ(used.count(), 1);
}

} // namespace
} // namespace hawser::test
