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
    EXPECT_EQ(field(host.connect().get("//evil.example"), "Location"), "/evil.example/");
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

} // namespace
} // namespace hawser::test
