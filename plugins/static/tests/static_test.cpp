// The resource `static` in the running host.
#include "host_process.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <string>

namespace hawser::test {
namespace {

namespace fs = std::filesystem;

std::string site_at(const std::string &pattern, const TempDir &site, const std::string &more = {})
{
    return "[listeners.web]\naddress = \"127.0.0.1:0\"\nprotocol = \"http\"\n[listeners.web.routes]\n\"" + pattern +
           "\" = { resource = \"static\", root = \"" + site.path() + "\"" + more + " }\n";
}

// The value of a field of an answer's head, or "".
std::string field(const Client::Answer &answer, const std::string &name)
{
    const std::size_t at = answer.head.find("\r\n" + name + ": ");
    if (at == std::string::npos) return {};
    const std::size_t begin = at + name.size() + 4;
    return answer.head.substr(begin, answer.head.find('\r', begin) - begin);
}

TEST(Static, LeadsToTheSlashOfItsOwnRoot)
{
    const TempDir site;
    site.write("index.html", "index");
    Host host(site_at("/files", site));
    ASSERT_TRUE(host.ready()) << host.process().err();
    Client client = host.connect();
    const Client::Answer moved = client.get("/files?a=b");
    EXPECT_EQ(moved.status, 301) << "else links of the page lead beside it";
    EXPECT_EQ(field(moved, "Location"), "/files/?a=b");
    EXPECT_EQ(client.get("/files/").body, "index");
}

TEST(Static, NeverLeadsToAnotherHost)
{
    const TempDir site;
    site.write("evil.example/index.html", "index");
    Host host(site_at("/", site));
    ASSERT_TRUE(host.ready());
    EXPECT_EQ(field(host.connect().get("//evil.example"), "Location"), "/evil.example");
}

TEST(Static, SaysNoTimeOfChangeLaterThanNow)
{
    const TempDir site;
    const std::string file = site.write("future", "f");
    fs::last_write_time(file, fs::file_time_type::clock::now() + std::chrono::hours(24 * 365));
    Host host(site_at("/", site));
    ASSERT_TRUE(host.ready());
    const Client::Answer answer = host.connect().get("/future");
    EXPECT_EQ(field(answer, "Last-Modified"), field(answer, "Date"));
}

TEST(Static, AnswersHeadAsGetWithoutABody)
{
    const TempDir site;
    site.write("small", "small");
    site.write("large", std::string(100'000, 'l'));
    site.write("empty", "");
    Host host(site_at("/", site));
    ASSERT_TRUE(host.ready());
    Client client = host.connect();
    for (const char *path : {"/small", "/large", "/empty"}) {
        const Client::Answer whole = client.get(path);
        client.send("HEAD " + std::string(path) + " HTTP/1.1\r\nHost: a\r\n\r\n");
        const Client::Answer head = client.answer(true);
        EXPECT_EQ(head.status, 200);
        EXPECT_EQ(field(head, "Content-Length"), std::to_string(whole.body.size()));
        EXPECT_EQ(field(head, "ETag"), field(whole, "ETag"));
    }
    EXPECT_EQ(client.get("/small").body, "small") << "no byte of a body was left on the way";
}

TEST(Static, AllowsGetAndHeadOnly)
{
    const TempDir site;
    site.write("a", "a");
    Host host(site_at("/", site));
    ASSERT_TRUE(host.ready());
    Client client = host.connect();
    client.send("DELETE /a HTTP/1.1\r\nHost: a\r\n\r\n");
    const Client::Answer answer = client.answer();
    EXPECT_EQ(answer.status, 405);
    EXPECT_EQ(field(answer, "Allow"), "GET, HEAD");
}

TEST(Static, ServesTheFirstIndexThatExists)
{
    const TempDir site;
    site.write("a/second.txt", "second");
    site.write("b/first.txt/x", "no file of that name");
    Host host(site_at("/", site, ", index = [\"first.txt\", \"second.txt\"]"));
    ASSERT_TRUE(host.ready());
    Client client = host.connect();
    EXPECT_EQ(client.get("/a/").body, "second");
    EXPECT_EQ(client.get("/b/").status, 404);
}

TEST(Static, PrefersTheTypesOfTheConfigurationInAnyCase)
{
    const TempDir site;
    site.write("a.WASM", "");
    site.write("a.css", "");
    site.write("a.b/c", "");
    Host host(site_at("/", site, ", types = { Wasm = \"x/wasm\", css = \"x/css\" }"));
    ASSERT_TRUE(host.ready()) << host.process().err();
    Client client = host.connect();
    EXPECT_EQ(field(client.get("/a.WASM"), "Content-Type"), "x/wasm");
    EXPECT_EQ(field(client.get("/a.css"), "Content-Type"), "x/css");
    EXPECT_EQ(field(client.get("/a.b/c"), "Content-Type"), "application/octet-stream");
}

TEST(Static, RefusesOptionsThatCouldNeverBeServed)
{
    const TempDir site;
    const struct {
        const char *option, *why;
    } cases[] = {
        {", types = { \".gz\" = \"a/b\" }", "expected an extension like \"wasm\", without a dot, got \".gz\""},
        {", types = { gz = \"a/b\\r\\nX: y\" }", "expected a content type like \"text/plain\", got"},
        {", types = { gz = \"gzip\" }", "expected a content type like \"text/plain\", got \"gzip\""},
        {", index = [\"\"]", "expected names of files like \"index.html\", got \"\""},
        {", index = [\"/etc/passwd\"]", "expected names of files like \"index.html\", got \"/etc/passwd\""},
    };
    for (const auto &each : cases) {
        Host host(site_at("/", site, each.option));
        ASSERT_FALSE(host.ready()) << each.option;
        EXPECT_EQ(host.process().wait(), 78) << each.option;
        EXPECT_NE(host.process().err().find(each.why), std::string::npos) << host.process().err();
    }
}

TEST(Static, CutsAFileOffThatBecomesShorterWhileItIsSent)
{
    const TempDir site;
    const std::string file = site.write("big", "");
    fs::resize_file(file, 100'000'000);
    Host host(site_at("/", site));
    ASSERT_TRUE(host.ready());
    Client client(host.address("web"), 65536);
    client.send("GET /big HTTP/1.1\r\nHost: a\r\n\r\n");
    std::string got = client.receive(1000);
    fs::resize_file(file, 1000);
    got += client.receive_all();
    EXPECT_LT(got.size(), 100'000'000U);
    EXPECT_TRUE(host.log_has("\"event\":\"ready\""));
    EXPECT_EQ(host.connect().get("/big").body.size(), 1000U) << "the host serves on";
}

TEST(Static, SendsOneRangeOfASmallFileAndOfALargeOne)
{
    const TempDir site;
    std::string content;
    for (int i = 0; i < 100'000; ++i) content += static_cast<char>('a' + i % 26);
    site.write("large", content);
    site.write("small", content.substr(0, 100));
    Host host(site_at("/", site));
    ASSERT_TRUE(host.ready()) << host.process().err();
    Client client = host.connect();
    const Client::Answer small = client.get("/small", "Range: bytes=10-19\r\n");
    EXPECT_EQ(small.status, 206);
    EXPECT_EQ(small.body, content.substr(10, 10));
    EXPECT_EQ(field(small, "Content-Range"), "bytes 10-19/100");
    const Client::Answer large = client.get("/large", "Range: bytes=-70000\r\n");
    EXPECT_EQ(large.body, content.substr(30'000));
    EXPECT_EQ(field(large, "Content-Range"), "bytes 30000-99999/100000");
    EXPECT_EQ(field(client.get("/small"), "Accept-Ranges"), "bytes");
}

TEST(Static, SendsSeveralRangesInOneAnswer)
{
    const TempDir site;
    site.write("a.txt", "0123456789");
    Host host(site_at("/", site));
    ASSERT_TRUE(host.ready()) << host.process().err();
    Client client = host.connect();
    const Client::Answer answer = client.get("/a.txt", "Range: bytes=0-1,-2\r\n");
    EXPECT_EQ(answer.status, 206);
    const std::string type = field(answer, "Content-Type"), begin = "multipart/byteranges; boundary=";
    ASSERT_TRUE(type.starts_with(begin)) << type;
    const std::string line = "\r\n--" + type.substr(begin.size());
    const std::string of = "\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Range: bytes ";
    EXPECT_EQ(answer.body, line + of + "0-1/10\r\n\r\n01" + line + of + "8-9/10\r\n\r\n89" + line + "--\r\n");
    EXPECT_EQ(client.get("/a.txt").body, "0123456789") << "the length was right";
}

TEST(Static, RefusesRangesBeyondTheEndAndLeavesOutOthers)
{
    const TempDir site;
    site.write("a", "0123456789");
    Host host(site_at("/", site));
    ASSERT_TRUE(host.ready()) << host.process().err();
    Client client = host.connect();
    const Client::Answer beyond = client.get("/a", "Range: bytes=10-\r\n");
    EXPECT_EQ(beyond.status, 416);
    EXPECT_EQ(field(beyond, "Content-Range"), "bytes */10");
    EXPECT_EQ(client.get("/a", "Range: bytes=5-1\r\n").status, 200);
    EXPECT_EQ(client.get("/a", "Range: bytes=0-1\r\nIf-Range: \"old\"\r\n").body, "0123456789");
    const std::string tag = field(client.get("/a"), "ETag");
    EXPECT_EQ(client.get("/a", "Range: bytes=0-1\r\nIf-Range: " + tag + "\r\n").body, "01");
}

TEST(Static, FailsWhatWasNotAsTheClientThought)
{
    const TempDir site;
    site.write("a", "a");
    Host host(site_at("/", site));
    ASSERT_TRUE(host.ready()) << host.process().err();
    Client client = host.connect();
    EXPECT_EQ(client.get("/a", "If-Match: \"old\"\r\n").status, 412);
    EXPECT_EQ(client.get("/a", "If-Match: " + field(client.get("/a"), "ETag") + "\r\n").status, 200);
}

TEST(Static, SendsTheNeighbourThatTheClientLikesBest)
{
    const TempDir site;
    site.write("style.css", "plain");
    site.write("style.css.br", "as br");
    site.write("style.css.gz", "as gzip");
    site.write("other.css", "alone");
    Host host(site_at("/", site));
    ASSERT_TRUE(host.ready()) << host.process().err();
    Client client = host.connect();
    const Client::Answer br = client.get("/style.css", "Accept-Encoding: gzip, br, zstd\r\n");
    EXPECT_EQ(br.body, "as br");
    EXPECT_EQ(field(br, "Content-Encoding"), "br");
    EXPECT_EQ(field(br, "Content-Type"), "text/css; charset=utf-8");
    EXPECT_EQ(field(br, "Vary"), "Accept-Encoding");
    EXPECT_EQ(client.get("/style.css", "Accept-Encoding: gzip, br;q=0.5\r\n").body, "as gzip");
    const Client::Answer plain = client.get("/style.css");
    EXPECT_EQ(plain.body, "plain");
    EXPECT_EQ(field(plain, "Vary"), "Accept-Encoding");
    EXPECT_NE(field(plain, "ETag"), field(br, "ETag"));
    EXPECT_EQ(field(client.get("/other.css", "Accept-Encoding: br\r\n"), "Vary"), "");
    EXPECT_EQ(client.get("/style.css.br").body, "as br") << "by its own name too";
}

TEST(Static, SaysWhatCachesMayDo)
{
    const TempDir site;
    site.write("a", "a");
    Host host(site_at("/", site, ", cache_control = \"max-age=60\""));
    ASSERT_TRUE(host.ready()) << host.process().err();
    Client client = host.connect();
    const Client::Answer answer = client.get("/a");
    EXPECT_EQ(field(answer, "Cache-Control"), "max-age=60");
    const Client::Answer same = client.get("/a", "If-None-Match: " + field(answer, "ETag") + "\r\n");
    EXPECT_EQ(same.status, 304);
    EXPECT_EQ(field(same, "Cache-Control"), "max-age=60");
    EXPECT_EQ(field(client.get("/none"), "Cache-Control"), "");
}

TEST(Static, ListsADirectoryForPeopleAndForPrograms)
{
    const TempDir site;
    site.write("sub/b.txt", "12345");
    site.write("sub/.hidden", "x");
    site.write("sub/d/x", "x");
    Host host(site_at("/", site, ", listing = true"));
    ASSERT_TRUE(host.ready()) << host.process().err();
    Client client = host.connect();
    const Client::Answer page = client.get("/sub/", "Accept: text/html,*/*;q=0.8\r\n");
    EXPECT_EQ(page.status, 200);
    EXPECT_NE(page.body.find("<a href=\"d/\">d/</a>"), std::string::npos) << page.body;
    EXPECT_EQ(page.body.find("hidden"), std::string::npos) << page.body;
    const Client::Answer json = client.get("/sub/", "Accept: application/json\r\n");
    EXPECT_EQ(field(json, "Content-Type"), "application/json");
    EXPECT_NE(json.body.find("{\"name\":\"b.txt\",\"type\":\"file\",\"size\":5,"), std::string::npos) << json.body;
    EXPECT_EQ(field(page, "Vary"), "Accept");
}

TEST(Static, ListsNothingUnlessItIsTold)
{
    const TempDir site;
    site.write("sub/b.txt", "12345");
    Host host(site_at("/", site));
    ASSERT_TRUE(host.ready()) << host.process().err();
    EXPECT_EQ(host.connect().get("/sub/").status, 404);
}

TEST(Static, HasAPageForWhatIsNotThere)
{
    const TempDir site;
    site.write("404.html", "<p>lost");
    Host host(site_at("/", site, ", not_found = \"404.html\""));
    ASSERT_TRUE(host.ready()) << host.process().err();
    const Client::Answer answer = host.connect().get("/none", "If-None-Match: *\r\nRange: bytes=0-0\r\n");
    EXPECT_EQ(answer.status, 404);
    EXPECT_EQ(answer.body, "<p>lost");
    EXPECT_EQ(field(answer, "Content-Type"), "text/html; charset=utf-8");
}

TEST(Static, ServesAnApplicationWhosePathsAreNoFiles)
{
    const TempDir site;
    site.write("index.html", "app");
    site.write("app.js", "js");
    Host host(site_at("/", site, ", fallback = \"index.html\""));
    ASSERT_TRUE(host.ready()) << host.process().err();
    Client client = host.connect();
    const Client::Answer answer = client.get("/notes/12");
    EXPECT_EQ(answer.status, 200);
    EXPECT_EQ(answer.body, "app");
    EXPECT_EQ(client.get("/app.js").body, "js");
}

} // namespace
} // namespace hawser::test
