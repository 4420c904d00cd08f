// The service `sqlite`, as it was built, through the SDK's own layer over hawser.sql/1.
#include "used.hpp"

#include <gtest/gtest.h>

#include <stdexcept>
#include <string>
#include <vector>

namespace hawser::test {
namespace {

TEST_F(Sqlite, BindsValuesAndGivesRows)
{
    Used used(kind(), options());
    const std::string nasty = "'); DROP TABLE notes; --";
    const Rows inserted = used.wait(used.db.query("INSERT INTO notes (text) VALUES (?)", nasty));
    EXPECT_EQ(inserted.changes(), 1);
    EXPECT_EQ(inserted.last_id(), 1);
    const Rows rows =
        used.wait(used.db.query("SELECT id, text, NULL AS empty, 1.5 AS half FROM notes WHERE id = ?", 1));
    ASSERT_EQ(rows.size(), 1U);
    EXPECT_EQ(rows[0].integer("id"), 1);
    EXPECT_EQ(rows[0].text(1), nasty);
    EXPECT_TRUE(rows[0].is_null("empty"));
    EXPECT_EQ(rows[0].real("half"), 1.5);
    EXPECT_THROW((void)rows[0].text("half"), hawser::Error);
    EXPECT_THROW((void)rows[0].text("none"), hawser::Error);
    EXPECT_THROW((void)rows[1], hawser::Error);
}

TEST_F(Sqlite, KeepsEveryKindOfValue)
{
    Used used(kind(), options());
    const std::string bytes("\0\xff", 2);
    const Rows rows = used.wait(used.db.query("SELECT ?, ?, ?, ?, ?", 9'007'199'254'740'993, -0.5, "text",
                                              hawser::Blob(bytes), std::optional<int>()));
    EXPECT_EQ(rows[0].integer(0), 9'007'199'254'740'993);
    EXPECT_EQ(rows[0].real(1), -0.5);
    EXPECT_EQ(rows[0].text(2), "text");
    EXPECT_EQ(rows[0].blob(3), bytes);
    EXPECT_TRUE(rows[0].is_null(4));
}

TEST_F(Sqlite, SaysWhatIsWrongInTheDatabasesOwnWords)
{
    Used used(kind(), options());
    const auto error_of = [&used](auto &&...arguments) -> std::string {
        try {
            used.wait(used.db.query(arguments...));
        } catch (const SqlError &error) {
            EXPECT_EQ(error.status(), HAWSER_FAILED);
            return error.what();
        }
        return "";
    };
    EXPECT_EQ(error_of("SELEC 1"), "near \"SELEC\": syntax error");
    EXPECT_EQ(error_of("SELECT 1; SELECT 2"), "expected one statement, got more");
    EXPECT_EQ(error_of("SELECT ?"), "expected 1 values for the statement, got 0");
    EXPECT_EQ(error_of("INSERT INTO notes (text) VALUES (NULL)"), "NOT NULL constraint failed: notes.text");
    EXPECT_EQ(used.count(), 0);
}

TEST_F(Sqlite, ReservesNoMoreConnectionsThanItMay)
{
    Used used(kind(), options(1));
    int most = 0, now = 0;
    for (int i = 0; i < 3; ++i)
        used.scope.spawn([&]() -> Task<> {
            co_await used.db.with_session([&](Sql::Session &in) -> Task<> {
                most = std::max(most, ++now);
                co_await in.query("SELECT 1");
                --now;
            });
        });
    used.host.run();
    EXPECT_EQ(most, 1);
    EXPECT_TRUE(used.scope.empty());
}

TEST_F(Sqlite, ReservesNoMoreAfterARestartThatSomebodyHeldOneThrough)
{
    Used used(kind(), options(1));
    Scope holder(used.node);
    hawser::Event over;
    holder.spawn(
        [&]() -> Task<> { co_await used.db.with_session([&](Sql::Session &) -> Task<> { co_await over.wait(); }); });
    used.host.run();
    used.service.stop();
    used.service.start();
    over.set();
    used.host.run();
    int reserved = 0;
    hawser::Event go_on;
    for (int i = 0; i < 3; ++i)
        used.scope.spawn([&]() -> Task<> {
            co_await used.db.with_session([&](Sql::Session &) -> Task<> {
                ++reserved;
                co_await go_on.wait();
            });
        });
    used.host.run();
    EXPECT_EQ(reserved, 1);
    go_on.set();
    used.host.run();
    EXPECT_EQ(reserved, 3);
}

constexpr const char *kEndless =
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n";
constexpr const char *kMany =
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 2500) SELECT i FROM n";

TEST_F(Sqlite, InterruptsAStatementThatTakesTooLong)
{
    Used used(kind(), options());
    try {
        used.wait(used.db.query(kEndless));
        FAIL();
    } catch (const SqlError &error) {
        EXPECT_EQ(error.status(), HAWSER_TIMED_OUT);
    }
    EXPECT_EQ(used.count(), 0);
}

TEST_F(Sqlite, BoundsTheRowsOfAResultAndStreamsMore)
{
    Used used(kind(), options());
    try {
        used.wait(used.db.query(kMany));
        FAIL();
    } catch (const SqlError &error) {
        EXPECT_EQ(error.status(), HAWSER_LIMIT);
    }
    std::int64_t sum = 0, parts = 0;
    used.wait(used.db.with_session([&](Sql::Session &in) -> Task<> {
        Rows rows = co_await in.query_some(1000, kMany);
        for (;; rows = co_await in.next(1000)) {
            ++parts;
            for (std::size_t i = 0; i < rows.size(); ++i) sum += rows[i].integer(0);
            if (!rows.more()) break;
        }
    }));
    EXPECT_EQ(parts, 3);
    EXPECT_EQ(sum, 2500 * 2501 / 2);
}

TEST_F(Sqlite, RefusesMoreCallsThanItsQueueTakes)
{
    Used used(kind(), options());
    int refused = 0;
    for (int i = 0; i < 60; ++i)
        used.scope.spawn([&]() -> Task<> {
            try {
                co_await used.db.query("SELECT 1");
            } catch (const SqlError &error) {
                if (error.status() == HAWSER_LIMIT) ++refused;
            }
        });
    EXPECT_EQ(refused, 10);
    used.host.run();
    EXPECT_TRUE(used.scope.empty());
}

TEST_F(Sqlite, RefusesAStartThatCannotWork)
{
    Host host;
    const auto error_of = [&](Options with) -> std::string {
        try {
            Instance service(host, kind(), std::move(with));
            service.start();
        } catch (const hawser::Error &error) {
            return error.option() + ": " + error.what();
        }
        return "";
    };
    Options nowhere = options();
    nowhere[0].second = Option::path("/nowhere/data.db");
    EXPECT_EQ(error_of(nowhere), "path: expected a file in a directory that exists, got /nowhere");
    Options wrong = options();
    wrong[1].second = Option("CREATE TABL x");
    EXPECT_EQ(error_of(wrong), "init: init: near \"TABL\": syntax error");
}

TEST_F(Sqlite, AnswersNobodyAfterItHasStopped)
{
    Used used(kind(), options());
    used.service.stop();
    try {
        used.wait(used.db.query("SELECT 1"));
        FAIL();
    } catch (const SqlError &error) {
        EXPECT_EQ(error.status(), HAWSER_CLOSED);
    }
    used.service.start();
    EXPECT_EQ(used.count(), 0);
}

TEST_F(Sqlite, CancelledAtEachPointItLeavesNothingBehind)
{
    struct Owner {
        std::unique_ptr<Instance> service;
        hawser_object object{};
        std::unique_ptr<Scope> scope;
        std::unique_ptr<Sql> db;
    };
    const std::size_t rounds = hawser::testing::cancel_everywhere([this](Host &host) {
        auto owner = std::make_unique<Owner>();
        owner->service = std::make_unique<Instance>(host, kind(), options(1));
        owner->service->start();
        owner->object = hawser::testing::database_object(*owner->service);
        const hawser::Node node = host.node("user", {{"database", &owner->object}});
        owner->scope = std::make_unique<Scope>(node);
        owner->db = std::make_unique<Sql>(node.option("database"));
        for (int i = 0; i < 3; ++i)
            owner->scope->spawn([db = owner->db.get()]() -> Task<> {
                co_await db->transaction([](Sql::Session &in) -> Task<> {
                    co_await in.query("INSERT INTO notes (text) VALUES ('a')");
                    co_await in.query("SELECT * FROM notes");
                });
                co_await db->query("INSERT INTO notes (text) VALUES ('b')");
            });
        return owner;
    });
    EXPECT_GT(rounds, 20U);
}

} // namespace
} // namespace hawser::test
