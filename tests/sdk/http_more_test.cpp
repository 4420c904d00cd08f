// Tests of hawser/http_events.hpp, http_sessions.hpp, http_multipart.hpp and files.hpp.
#include "hawser/http.hpp"
#include "hawser/http_events.hpp"
#include "hawser/http_multipart.hpp"
#include "hawser/http_sessions.hpp"
#include "hawser/testing.hpp"
#include "hawser/testing/http.hpp"

#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <iterator>
#include <memory>
#include <string>
#include <vector>

// In the place of the C library's, which it calls unless something is `wrong`.
static int synced = 0, wrong = 0;
extern "C" int fdatasync(int fd)
{
    ++synced;
    if (wrong != 0) return errno = wrong, -1;
    return static_cast<int>(::syscall(SYS_fdatasync, fd));
}

namespace {

using hawser::Task;
using hawser::http::Call;
using hawser::http::Response;
using hawser::testing::Answer;
using hawser::testing::ask;
using hawser::testing::Asked;
using hawser::testing::Host;
using hawser::testing::Instance;
using namespace std::chrono_literals;

struct News {
    Task<> get(Call &call)
    {
        hawser::http::EventStream events(call);
        events.keep_alive(10s);
        co_await events.set_retry(500ms);
        co_await events.send("two\nlines", "news", "7");
        co_await hawser::sleep(25s);
        co_await events.send("after " + std::string(events.last_id()));
    }
};

TEST(Events, ComeOneByOneAndSomethingBetweenThem)
{
    Host host;
    Instance news(host, hawser::http::resource<News>("news"));
    Asked asked(news, {.fields = {{"Last-Event-ID", "6"}}});
    EXPECT_EQ(asked.answer().field("Content-Type"), "text/event-stream");
    const std::string first = "retry: 500\n\nevent: news\nid: 7\ndata: two\ndata: lines\n\n";
    EXPECT_EQ(asked.answer().body, first);
    host.advance(24s);
    EXPECT_EQ(asked.answer().body, first + ":\n\n:\n\n");
    host.advance(1s);
    EXPECT_EQ(asked.answer().body, first + ":\n\n:\n\ndata: after 6\n\n");
    EXPECT_TRUE(asked.answer().complete);
    EXPECT_EQ(host.loop().pending(), 0U);
}

TEST(Events, EndWhenTheClientGoes)
{
    Host host;
    Instance news(host, hawser::http::resource<News>("news"));
    Asked asked(news, {});
    asked.close();
    EXPECT_EQ(host.loop().pending(), 0U);
}

struct Visits {
    using Shared = hawser::http::MemorySessions;
    hawser::Node node;
    hawser::http::Sessions sessions{node.shared<Shared>(), node, 60s};
    Task<Response> get(Call &call)
    {
        auto session = co_await sessions.open(call.request());
        const int visits = std::atoi(std::string(session.get("visits").value_or("0")).c_str()) + 1;
        session.set("visits", std::to_string(visits));
        if (call.request().rest() == "login") session.renew();
        if (call.request().rest() == "logout") session.end();
        Response response{200, "text/plain", std::to_string(visits), {}};
        co_await sessions.save(std::move(session), call.request(), response);
        co_return response;
    }
};

struct Visitors : testing::Test {
    Host host;
    Instance visits{host, hawser::http::resource<Visits>("visits")};
    std::string cookie;

    Answer visit(const std::string &path = "/")
    {
        hawser::testing::Fields fields;
        if (!cookie.empty()) fields.emplace_back("Cookie", cookie);
        Answer answer = ask(visits, {.path = path, .fields = fields});
        const std::string set = answer.field("Set-Cookie");
        if (!set.empty()) cookie = set.substr(0, set.find(';'));
        return answer;
    }
};

TEST_F(Visitors, AreKnownAgain)
{
    EXPECT_EQ(visit().body, "1");
    EXPECT_EQ(cookie.size(), std::string("session=").size() + 32);
    EXPECT_EQ(visit().body, "2");
    cookie.clear();
    EXPECT_EQ(visit().body, "1");
}

TEST_F(Visitors, AreForgottenWhenTheirTimeIsOver)
{
    visit();
    host.advance(59s);
    EXPECT_EQ(visit().body, "2");
    host.advance(61s);
    EXPECT_EQ(visit().body, "1");
}

TEST_F(Visitors, GetAnotherIdWhenTheyLogInAndTheOldOneIsNoLongerGood)
{
    visit();
    const std::string before = cookie;
    EXPECT_EQ(visit("/login").body, "2");
    EXPECT_NE(cookie, before);
    EXPECT_EQ(visit().body, "3");
    cookie = before;
    EXPECT_EQ(visit().body, "1");
    EXPECT_NE(cookie, before); // what nobody gave out is not taken over
}

TEST_F(Visitors, AreForgottenWhenTheyLogOut)
{
    visit();
    const std::string before = cookie;
    const Answer answer = visit("/logout");
    EXPECT_NE(answer.field("Set-Cookie").find("Max-Age=0"), std::string::npos);
    cookie = before;
    EXPECT_EQ(visit().body, "1");
}

TEST(MemorySessions, AreBounded)
{
    Host host;
    hawser::Scope scope(host.node());
    hawser::http::MemorySessions store(160);
    scope.spawn([&]() -> Task<> {
        for (int i = 0; i < 10'000; ++i) co_await store.save(std::to_string(i), {}, 0, 1000);
    });
    EXPECT_LE(store.size(), 16U * 11);
}

TEST(MemorySessions, ForgetTheOneThatIsUnusedForLongest)
{
    Host host;
    hawser::Scope scope(host.node());
    hawser::http::MemorySessions store(160);
    std::optional<hawser::http::SessionData> used;
    scope.spawn([&]() -> Task<> {
        co_await store.save("used", {}, 0, 1000);
        for (int i = 0; i < 10'000; ++i) {
            co_await store.save(std::to_string(i), {}, 0, 1000);
            used = co_await store.load("used", 1);
        }
    });
    EXPECT_TRUE(used);
}

// Says what it got; files are kept below `directory`.
struct Upload {
    hawser::Node node;
    Task<Response> post(Call &call)
    {
        std::string said;
        hawser::http::Multipart form(call, {.parts = 5, .head = 500, .whole = 300'000});
        while (const auto part = co_await form.next()) {
            said += part->name + "=";
            if (part->file_name.empty()) {
                said += co_await form.text(100);
            } else {
                const std::string path = std::string(node.option("directory").text()) + "/" + part->name;
                said += part->file_name + ":" + part->type + ":" + std::to_string(co_await form.save(path));
            }
            said += ";";
        }
        co_return Response{200, "text/plain", said, {}};
    }
};

struct Forms : testing::Test {
    Host host;
    std::string directory;
    std::unique_ptr<Instance> upload;
    Forms()
    {
        std::string name = (std::filesystem::temp_directory_path() / "hawser-forms-XXXXXX").string();
        directory = ::mkdtemp(name.data());
        upload = std::make_unique<Instance>(host, hawser::http::resource<Upload>("upload"),
                                            hawser::testing::Options{{"directory", directory}});
    }
    ~Forms() override { std::filesystem::remove_all(directory); }

    static std::string field(const std::string &disposition, const std::string &content, const std::string &more = {})
    {
        return "--XX\r\nContent-Disposition: form-data; " + disposition + "\r\n" + more + "\r\n" + content + "\r\n";
    }
    // In one piece, and in pieces of `size`.
    Answer post(const std::string &body, std::size_t size = 0, const std::string &boundary = "XX")
    {
        const hawser::testing::Fields fields{{"Content-Type", "multipart/form-data; boundary=" + boundary}};
        if (size == 0) return ask(*upload, {.method = "POST", .fields = fields, .body = body});
        Asked asked(*upload, {.method = "POST", .fields = fields, .body_later = true});
        for (std::size_t at = 0; at < body.size(); at += size) asked.send(body.substr(at, size));
        asked.end();
        return asked.answer();
    }
};

TEST_F(Forms, OfManyPartsComeWholeHoweverTheirBytesCome)
{
    const std::string nasty = "\r\n--X\r\n--XY\r\n-";
    const std::string body = "preamble\r\n" + field("name=\"a\"", "one") + field("name=\"empty\"", "") +
                             field("name=\"b\"", nasty) + "--XX--\r\nepilogue";
    const std::string all = "a=one;empty=;b=" + nasty + ";";
    EXPECT_EQ(post(body).body, all);
    for (std::size_t size : {1U, 2U, 3U, 7U, 50U}) EXPECT_EQ(post(body, size).body, all) << size;
}

TEST_F(Forms, SaveTheirFiles)
{
    const std::string content(100'000, 'x');
    const std::string body =
        field("name=\"photo\"; filename=\"my %22best%22.png\"", content, "Content-Type: image/png\r\n") + "--XX--\r\n";
    EXPECT_EQ(post(body, 4096).body, "photo=my \"best\".png:image/png:100000;");
    std::ifstream file(directory + "/photo", std::ios::binary);
    EXPECT_EQ(std::string(std::istreambuf_iterator<char>(file), {}), content);
}

TEST_F(Forms, ThatAreTooLargeOrNoneAreRefused)
{
    EXPECT_EQ(post(field("name=\"a\"", std::string(101, 'x')) + "--XX--").status, 413U);
    EXPECT_EQ(post(field("name=\"" + std::string(500, 'n') + "\"", "x") + "--XX--").status, 413U);
    std::string many;
    for (int i = 0; i < 6; ++i) many += field("name=\"a\"", "x");
    EXPECT_EQ(post(many + "--XX--").status, 413U);
    EXPECT_EQ(post(field("name=\"big\"; filename=\"f\"", std::string(400'000, 'x')) + "--XX--", 60'000).status, 413U);
    EXPECT_EQ(post(field("name=\"a\"", "x")).status, 400U);
    EXPECT_EQ(post(field("nome=\"a\"", "x") + "--XX--").status, 400U);
    EXPECT_EQ(post("", 0, "\"\"").status, 400U);
    EXPECT_EQ(ask(*upload, {.method = "POST", .fields = {{"Content-Type", "text/plain"}}}).status, 415U);
}

struct Files : Forms {
    hawser::Scope scope{host.node()};
    std::string error;
    template<typename F>
    void run(F f)
    {
        scope.spawn([&, f]() -> Task<> {
            try {
                co_await f();
            } catch (const hawser::Error &thrown) {
                error = thrown.what();
            }
        });
        host.run();
    }
};

TEST_F(Files, AreWrittenReadAndAppendedTo)
{
    std::string read;
    const std::string path = directory + "/file";
    run([&]() -> Task<> {
        co_await hawser::write_file(path, "first");
        co_await hawser::write_file(path, "second");
        co_await hawser::append_file(path, " third");
        read = co_await hawser::read_file(path);
    });
    EXPECT_EQ(read, "second third") << error;
    EXPECT_EQ(std::distance(std::filesystem::directory_iterator(directory), {}), 1);
}

TEST_F(Files, AreOnTheDiskBeforeTheyTakeTheirName)
{
    const std::string path = directory + "/file";
    synced = 0;
    run([&]() -> Task<> { co_await hawser::write_file(path, "first"); });
    EXPECT_EQ(synced, 1);
    wrong = EIO;
    std::string read;
    run([&]() -> Task<> { co_await hawser::write_file(path, "second"); });
    wrong = 0;
    EXPECT_NE(error.find("Input/output error"), std::string::npos) << error;
    run([&]() -> Task<> { read = co_await hawser::read_file(path); });
    EXPECT_EQ(read, "first");
    EXPECT_EQ(std::distance(std::filesystem::directory_iterator(directory), {}), 1);
}

TEST_F(Files, ThatCannotBeReadSayWhy)
{
    run([&]() -> Task<> { co_await hawser::read_file(directory + "/none"); });
    EXPECT_EQ(error, directory + "/none: No such file or directory");
    run([&]() -> Task<> {
        co_await hawser::write_file(directory + "/file", "four");
        co_await hawser::read_file(directory + "/file", 3);
    });
    EXPECT_EQ(error, directory + "/file: expected at most 3 bytes");
}

} // namespace
