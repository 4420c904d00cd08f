// The example `notes`, as it was built, on the database of the plugin `sqlite`.
#include "hawser/testing/http.hpp"
#include "test_database.hpp"

#include <boost/json/src.hpp>
#include <gtest/gtest.h>
#include <string>

namespace {

namespace json = boost::json;
using hawser::testing::Answer;
using hawser::testing::Ask;
using hawser::testing::Host;
using hawser::testing::Instance;
using hawser::testing::Library;
using hawser::testing::Option;

constexpr const char *kSchema = "CREATE TABLE notes (id INTEGER PRIMARY KEY AUTOINCREMENT, text TEXT NOT NULL, "
                                "version INTEGER NOT NULL DEFAULT 1, changed TEXT NOT NULL DEFAULT '2026-01-01')";

struct Notes : testing::Test {
    hawser::testing::Directory directory;
    Host host;
    Instance data{host,
                  hawser::testing::sqlite_kind(),
                  {{"path", Option::path(directory.path() + "/notes.db")},
                   {"init", kSchema},
                   {"connections", 2},
                   {"queue", 100},
                   {"rows", 1000},
                   {"timeout", std::chrono::seconds(5)}}};
    hawser_object object = hawser::testing::database_object(data);
    Instance notes{host, Library(HAWSER_NOTES).kind("notes"), {{"database", &object}, {"page_size", 3}}};

    Notes() { data.start(); }
    Answer ask(Ask with) { return hawser::testing::ask(notes, std::move(with)); }
    Answer post(const std::string &body)
    {
        return ask(
            {.method = "POST", .path = "/notes", .fields = {{"Content-Type", "application/json"}}, .body = body});
    }
    Answer put(const std::string &path, const std::string &text, const std::string &tag = {})
    {
        hawser::testing::Fields fields{{"Content-Type", "application/json"}};
        if (!tag.empty()) fields.emplace_back("If-Match", tag);
        return ask(
            {.method = "PUT", .path = path, .fields = fields, .body = json::serialize(json::object{{"text", text}})});
    }
};

TEST_F(Notes, AreCreatedReadChangedAndDeleted)
{
    const Answer created = post(R"({"text": "buy \"rope\""})");
    EXPECT_EQ(created.status, 201U) << created.body;
    EXPECT_EQ(created.field("Location"), "notes/1");
    EXPECT_EQ(created.field("ETag"), "\"1\"");
    EXPECT_EQ(json::parse(ask({.path = "/notes/1"}).body).at("text"), "buy \"rope\"");
    EXPECT_EQ(json::parse(put("/notes/1", "bought").body).at("version"), 2);
    EXPECT_EQ(ask({.method = "DELETE", .path = "/notes/1"}).status, 204U);
    EXPECT_EQ(ask({.path = "/notes/1"}).status, 404U);
    EXPECT_EQ(ask({.method = "DELETE", .path = "/notes/1"}).status, 404U);
    EXPECT_EQ(put("/notes/1", "again").status, 404U);
}

TEST_F(Notes, AreListedInPagesNewestFirst)
{
    for (int i = 1; i <= 7; ++i) post("{\"text\": \"" + std::to_string(i) + "\"}");
    const json::value first = json::parse(ask({.path = "/notes"}).body);
    ASSERT_EQ(first.at("notes").as_array().size(), 3U);
    EXPECT_EQ(first.at("notes").at(0).at("text"), "7");
    EXPECT_EQ(first.at("next"), "notes?limit=3&before=5");
    const json::value last = json::parse(ask({.path = "/notes", .query = "before=2&limit=3"}).body);
    ASSERT_EQ(last.at("notes").as_array().size(), 1U);
    EXPECT_EQ(last.as_object().contains("next"), false);
    EXPECT_EQ(ask({.path = "/notes", .query = "limit=4"}).status, 400U);
    EXPECT_EQ(ask({.path = "/notes", .query = "before=x"}).status, 400U);
}

TEST_F(Notes, ThatCannotBeKeptAreRefusedWithAllReasons)
{
    const Answer wrong = post(R"({"text": 5, "colour": "red"})");
    EXPECT_EQ(wrong.status, 422U);
    EXPECT_EQ(wrong.field("Content-Type"), "application/problem+json");
    const json::value problem = json::parse(wrong.body);
    EXPECT_EQ(problem.at("errors").as_array().size(), 2U) << wrong.body;
    EXPECT_EQ(post("{}").status, 422U);
    EXPECT_EQ(post("[]").status, 422U);
    EXPECT_EQ(post("{\"text\": \"\"}").status, 422U);
    EXPECT_EQ(post("{\"text\": \"" + std::string(10'001, 'x') + "\"}").status, 422U);
    EXPECT_EQ(post("{\"text\": \"" + std::string(100'001, 'x') + "\"}").status, 413U);
    EXPECT_EQ(post("{\"text\": ").status, 400U);
    EXPECT_EQ(post("{\"text\": \"a\"} x").status, 400U);
    EXPECT_EQ(post(std::string(100, '[')).status, 400U);
    EXPECT_EQ(ask({.method = "POST", .path = "/notes", .body = "text=a"}).status, 415U);
    EXPECT_EQ(json::parse(ask({.path = "/notes"}).body).at("notes").as_array().size(), 0U);
}

TEST_F(Notes, AreNotOverwrittenByWhoHasNotSeenTheLastChange)
{
    post("{\"text\": \"one\"}");
    EXPECT_EQ(put("/notes/1", "two", "\"1\"").status, 200U);
    const Answer late = put("/notes/1", "three", "\"1\"");
    EXPECT_EQ(late.status, 412U);
    EXPECT_EQ(late.field("ETag"), "\"2\"");
    EXPECT_EQ(json::parse(ask({.path = "/notes/1"}).body).at("text"), "two");
    const Answer unchanged = ask({.path = "/notes/1", .fields = {{"If-None-Match", "\"2\""}}});
    EXPECT_EQ(unchanged.status, 304U);
    EXPECT_EQ(unchanged.body, "");
}

TEST_F(Notes, HaveAPage)
{
    const Answer page = ask({.path = "/"});
    EXPECT_EQ(page.status, 200U);
    EXPECT_NE(page.body.find("<title>Notes</title>"), std::string::npos);
}

} // namespace
