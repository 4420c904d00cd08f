// Tests of hawser/http_call.hpp and http_router.hpp.
#include "hawser/combine.hpp"
#include "hawser/http_router.hpp"
#include "hawser/plugin.hpp"
#include "hawser/testing.hpp"
#include "hawser/testing/http.hpp"

#include <chrono>
#include <cstdint>
#include <gtest/gtest.h>
#include <stdexcept>
#include <string>

namespace {

using hawser::Task;
using hawser::http::Call;
using hawser::http::Problem;
using hawser::http::Request;
using hawser::http::Response;
using hawser::testing::ask;
using hawser::testing::Asked;
using hawser::testing::Host;
using hawser::testing::Instance;
using namespace std::chrono_literals;

Task<> write_part(Call &call, std::string text) { co_await call.write(std::move(text)); }

// A resource of tasks.
struct Slow {
    Task<Response> get(Call &call)
    {
        const std::string rest(call.request().rest());
        co_await hawser::sleep(1s);
        if (rest == "wrong") throw Problem(409, "it is taken");
        if (rest == "worse") throw std::runtime_error("no luck");
        co_return Response{200, "text/plain", "slow " + rest, {}};
    }
    Task<std::string> post(Call &call) { co_return co_await call.body(10); }
    Task<> put(Call &call)
    {
        call.begin({200, "text/plain", "", {}});
        while (const auto part = co_await call.read()) co_await call.write("<" + std::string(*part) + ">");
        call.end();
    }
    Task<> patch(Call &) { co_return; }
    Task<> del(Call &call)
    {
        call.begin({200, "text/plain", "", {}});
        co_await call.read();
        co_await hawser::when_all(write_part(call, "one"), write_part(call, "two"));
        call.end();
    }
};

struct Calls : testing::Test {
    Host host;
    Instance slow{host, hawser::http::resource<Slow>("slow")};
};

TEST_F(Calls, AreAnsweredByATask)
{
    const auto answer = ask(slow, {.path = "/ada"});
    EXPECT_EQ(answer.status, 200U);
    EXPECT_EQ(answer.body, "slow ada");
    EXPECT_EQ(answer.field("content-type"), "text/plain");
}

TEST_F(Calls, AProblemThatATaskThrowsIsTheAnswer)
{
    const auto answer = ask(slow, {.path = "/wrong"});
    EXPECT_EQ(answer.status, 409U);
    EXPECT_EQ(answer.field("content-type"), "application/problem+json");
    EXPECT_EQ(answer.body,
              "{\"type\":\"about:blank\",\"title\":\"Conflict\",\"status\":409,\"detail\":\"it is taken\"}\n");
}

TEST_F(Calls, AnotherExceptionAnswers500AndIsLogged)
{
    const auto answer = ask(slow, {.path = "/worse"});
    EXPECT_EQ(answer.status, 500U);
    ASSERT_EQ(host.logged("request_failed").size(), 1U);
    EXPECT_EQ(host.logged("request_failed")[0].fields["error"], "no luck");
}

TEST_F(Calls, ATaskThatEndsWithoutAnAnswerIsNamed)
{
    EXPECT_EQ(ask(slow, {.method = "PATCH"}).status, 500U);
    ASSERT_EQ(host.logged("request_failed").size(), 1U);
    EXPECT_EQ(host.logged("request_failed")[0].fields["error"], "the task ended without an answer");
}

TEST_F(Calls, AreCancelledWhenTheClientGoes)
{
    Asked asked(slow, {.path = "/ada"});
    EXPECT_EQ(host.loop().pending(), 1U);
    asked.close();
    EXPECT_EQ(host.loop().pending(), 0U);
    EXPECT_EQ(asked.answer().status, 0U);
}

TEST_F(Calls, ReadABodyThatIsThereAndOneThatComesLater)
{
    EXPECT_EQ(ask(slow, {.method = "POST", .body = "0123456789"}).body, "0123456789");
    Asked later(slow, {.method = "POST", .body_later = true});
    later.send("01234");
    later.send("56");
    EXPECT_EQ(later.answer().status, 0U);
    later.end();
    EXPECT_EQ(later.answer().body, "0123456");
}

TEST_F(Calls, RefuseABodyThatIsTooLong)
{
    EXPECT_EQ(ask(slow, {.method = "POST", .body = "0123456789a"}).status, 413U);
    Asked later(slow, {.method = "POST", .body_later = true});
    later.send("0123456789");
    later.send("a");
    EXPECT_EQ(later.answer().status, 413U);
}

TEST_F(Calls, StreamBothWaysAndWaitForAClientThatReadsSlowly)
{
    Asked asked(slow, {.method = "PUT", .body_later = true});
    asked.send("a");
    EXPECT_EQ(asked.answer().body, "<a>");
    asked.reads(false);
    asked.send("b"); // written, and then it waits
    asked.send("c");
    EXPECT_EQ(asked.answer().body, "<a><b>");
    asked.reads(true);
    EXPECT_EQ(asked.answer().body, "<a><b><c>");
    asked.end();
    EXPECT_TRUE(asked.answer().complete);
}

TEST_F(Calls, AreToldOfTwoWritesAtTheSameTime)
{
    Asked asked(slow, {.method = "DELETE", .body_later = true});
    asked.reads(false);
    asked.send("a");
    ASSERT_EQ(host.logged("request_failed").size(), 1U);
    EXPECT_EQ(host.logged("request_failed")[0].fields["error"],
              "two writes of one answer at the same time; await one after the other");
}

TEST_F(Calls, ReadNoFurtherThanTheyHaveRoom)
{
    Asked asked(slow, {.method = "PUT", .body_later = true});
    asked.reads(false);
    asked.send("a");
    asked.send(std::string(100'000, 'x'));
    EXPECT_TRUE(asked.paused());
    asked.reads(true);
    asked.end();
    EXPECT_TRUE(asked.answer().complete);
    EXPECT_EQ(asked.answer().body.size(), 3U + 100'002);
}

// A resource of many paths.
struct Notes {
    hawser::http::Router<Notes> router{*this};
    Notes()
    {
        router.get("/", &Notes::list);
        router.get("/{id}", &Notes::read);
        router.get("/latest", &Notes::latest);
        router.post("/", &Notes::create);
        router.del("/{id}", &Notes::remove);
        router.get("/files/{path...}", &Notes::file);
        router.get("/{id}/{part}", &Notes::part);
    }
    Response list(Request request)
    {
        const auto query = hawser::http::query_of(request);
        return {200, "", "list " + std::to_string(query.get("page", 1)), {}};
    }
    std::string read(Request, std::int64_t id) { return "note " + std::to_string(id); }
    std::string latest(Request) const { return "latest"; }
    Task<Response> create(Call &call)
    {
        const auto form = hawser::http::form_of(call.request(), co_await call.body());
        co_return Response{201, "", form.require<std::string>("text"), {}};
    }
    Task<Response> remove(Call &, std::int64_t id)
    {
        co_await hawser::sleep(1s);
        co_return Response{200, "", "removed " + std::to_string(id), {}};
    }
    std::string file(Request, const std::string &path) { return "file " + path; }
    std::string part(Request, unsigned id, std::string name) { return std::to_string(id) + "." + name; }
};

struct Routes : testing::Test {
    Host host;
    Instance notes{host, hawser::http::routed<Notes>("notes")};
};

TEST_F(Routes, ArePatternsWithTypedParameters)
{
    EXPECT_EQ(ask(notes, {.path = "/"}).body, "list 1");
    EXPECT_EQ(ask(notes, {.path = "/12"}).body, "note 12");
    EXPECT_EQ(ask(notes, {.path = "/12/a%20b%2Fc"}).body, "12.a b/c");
    EXPECT_EQ(ask(notes, {.path = "/files/a/b/c.txt"}).body, "file a/b/c.txt");
}

TEST_F(Routes, PreferWhatIsWrittenOut)
{
    EXPECT_EQ(ask(notes, {.path = "/latest"}).body, "latest");
    EXPECT_EQ(ask(notes, {.path = "/files/1"}).body, "file 1");
}

struct Overlapping {
    hawser::http::Router<Overlapping> router{*this};
    Overlapping()
    {
        router.post("/new", &Overlapping::make);
        router.get("/{name}", &Overlapping::read);
        router.get("/{name}/{n}", &Overlapping::nth);
        router.get("/{rest...}", &Overlapping::other);
    }
    std::string make(Request) const { return "made"; }
    std::string read(Request, const std::string &name) const { return name; }
    std::string nth(Request, const std::string &name, int n) const { return name + std::to_string(n); }
    std::string other(Request, const std::string &rest) const { return "other " + rest; }
};

TEST(OverlappingRoutes, AreLookedThroughForOneThatTakesTheMethodAndTheParameters)
{
    Host host;
    Instance all(host, hawser::http::routed<Overlapping>("overlapping"));
    EXPECT_EQ(ask(all, {.path = "/new"}).body, "new");
    EXPECT_EQ(ask(all, {.method = "POST", .path = "/new"}).body, "made");
    EXPECT_EQ(ask(all, {.path = "/a/1"}).body, "a1");
    EXPECT_EQ(ask(all, {.path = "/a/b"}).body, "other a/b");
    const auto refused = ask(all, {.method = "PUT", .path = "/new"});
    EXPECT_EQ(refused.status, 405U);
    EXPECT_EQ(refused.field("allow"), "POST, GET, HEAD, OPTIONS");
}

TEST_F(Routes, AnswerNotFoundForWhatIsNotThere)
{
    for (const char *path : {"/x", "/12/", "/99999999999999999999", "/1/2/3", "/-1/x"}) {
        const auto answer = ask(notes, {.path = path});
        EXPECT_EQ(answer.status, 404U) << path << answer.body;
    }
}

TEST_F(Routes, GiveTheirParametersToTasks)
{
    EXPECT_EQ(ask(notes, {.method = "DELETE", .path = "/7"}).body, "removed 7");
}

TEST_F(Routes, AnswerHeadOptionsAndOtherMethodsByThemselves)
{
    EXPECT_EQ(ask(notes, {.method = "HEAD", .path = "/12"}).status, 200U);
    const auto options = ask(notes, {.method = "OPTIONS", .path = "/12"});
    EXPECT_EQ(options.status, 204U);
    EXPECT_EQ(options.field("Allow"), "GET, HEAD, DELETE, OPTIONS");
    const auto put = ask(notes, {.method = "PUT", .path = "/12"});
    EXPECT_EQ(put.status, 405U);
    EXPECT_EQ(put.field("Allow"), "GET, HEAD, DELETE, OPTIONS");
}

TEST_F(Routes, SayWhatIsWrongWithAQueryOrAForm)
{
    const auto query = ask(notes, {.path = "/", .query = "page=two"});
    EXPECT_EQ(query.status, 400U);
    EXPECT_NE(query.body.find("page: expected a whole number, got \\\"two\\\""), std::string::npos) << query.body;
    EXPECT_EQ(ask(notes, {.method = "POST", .path = "/", .body = "text=a"}).status, 415U);
    const hawser::testing::Fields form{{"Content-Type", "application/x-www-form-urlencoded; charset=utf-8"}};
    const auto missing = ask(notes, {.method = "POST", .path = "/", .fields = form, .body = "other=a"});
    EXPECT_EQ(missing.status, 400U);
    EXPECT_NE(missing.body.find("text: expected a text, got none"), std::string::npos) << missing.body;
    EXPECT_EQ(ask(notes, {.method = "POST", .path = "/", .fields = form, .body = "text=a+b%21"}).body, "a b!");
}

// What a class has besides its router is the resource's too.
struct Counted {
    struct Shared {
        int requests = 0;
    };
    hawser::Node node;
    hawser::http::Router<Counted> router{*this};
    bool drained = false;
    explicit Counted(hawser::Node of)
        : node(of)
    {
        router.get("/", &Counted::count);
    }
    std::string count(Request) { return std::to_string(++node.shared<Shared>().requests) + (drained ? "!" : ""); }
    void drain(std::uint64_t, std::uint32_t) { drained = true; }
};

TEST(RoutedResources, ShareAndDrainAsOthersDo)
{
    Host host;
    Instance counted(host, hawser::http::routed<Counted>("counted"));
    EXPECT_EQ(ask(counted, {}).body, "1");
    counted.drain();
    EXPECT_EQ(ask(counted, {}).body, "2!");
}

struct Unshared {
    hawser::Node node;
    std::string get(Request) { return std::to_string(node.shared<int>()); }
};

TEST(RoutedResources, WithoutAnythingSharedAreToldSo)
{
    Host host;
    Instance unshared(host, hawser::http::resource<Unshared>("unshared"));
    EXPECT_EQ(ask(unshared, {}).status, 500U);
    EXPECT_EQ(host.logged("request_failed").size(), 1U);
}

struct Wrong {
    hawser::http::Router<Wrong> router{*this};
    explicit Wrong(const hawser::Node &node) { router.get(node.option("pattern").text(), &Wrong::one); }
    std::string one(Request, int) { return ""; }
};

TEST(Patterns, ThatAreNoneAreRefusedWhenTheResourceIsMade)
{
    Host host;
    const auto error_of = [&host](const char *pattern) -> std::string {
        try {
            Instance wrong(host, hawser::http::routed<Wrong>("wrong"), {{"pattern", pattern}});
        } catch (const hawser::Error &error) {
            return error.what();
        }
        return "";
    };
    EXPECT_EQ(error_of("/{a}"), "");
    EXPECT_EQ(error_of("a"), "the pattern \"a\": expected it to begin with /");
    EXPECT_EQ(error_of("/a"), "the pattern \"/a\" has 0 parameters, its function takes 1");
    EXPECT_EQ(error_of("/x{a}"), "the pattern \"/x{a}\": expected it {name} to be a whole segment");
    EXPECT_EQ(error_of("/{a...}/b"), "the pattern \"/{a...}/b\": expected it {name...} only at its end");
}

} // namespace
