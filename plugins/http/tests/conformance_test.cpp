// Over the bound: it is a table.
// RFC section, what a client sends, what it gets: the statuses of the answers and "closed" if the connection was. A
// further request follows every input: it is answered only if the framing before it was beyond doubt.
#include "fake.hpp"

#include <gtest/gtest.h>

namespace http_engine::test {
namespace {

struct Row {
    const char *section;
    std::string input;
    const char *expected;
};

// A request to "/", which answers anything with 200 after it has read the body.
std::string with(const std::string &fields, const std::string &body = {})
{
    return request("POST / HTTP/1.1", fields, body);
}
std::string line(const std::string &first) { return request(first); }
std::string target(const std::string &t) { return line("GET " + t + " HTTP/1.1"); }
std::string chunked(const std::string &body) { return with("Transfer-Encoding: chunked\r\n", body); }
// One field line in a GET with a Host.
std::string field(const std::string &text) { return request("GET / HTTP/1.1", text + "\r\n"); }
std::string host(const std::string &value) { return "GET / HTTP/1.1\r\nHost: " + value + "\r\n\r\n"; }
std::string old(const std::string &fields) { return "GET / HTTP/1.0\r\n" + fields + "\r\n"; }

const std::string kNul(1, '\0');
const char *const kRefused = "400 closed";
const char *const kBoth = "200 200";

const std::vector<Row> kStartLines = {
    {"9112 2.2", line("GET / HTTP/1.1"), kBoth},
    {"9112 2.2", "\r\n" + line("GET / HTTP/1.1"), kBoth},
    {"9112 2.2", "\r\n\r\n" + line("GET / HTTP/1.1"), kRefused},
    {"9112 2.2", "\n" + line("GET / HTTP/1.1"), kRefused},
    {"9112 2.2", "\r" + line("GET / HTTP/1.1"), kRefused},
    {"9112 2.2", "GET / HTTP/1.1\nHost: a\n\n", kRefused},
    {"9112 2.2", "GET / HTTP/1.1\r\nHost: a\n\r\n", kRefused},
    {"9112 2.2", "GET / HTTP/1.1\r\nHost: a\r\n\n", kRefused},
    {"9112 2.2", "GET / HTTP/1.1\rHost: a\r\r", kRefused},
    {"9112 2.2", "GET / HTTP/1.1\r\n Host: a\r\n\r\n", kRefused},
    {"9112 3", line("GET  / HTTP/1.1"), kRefused},
    {"9112 3", line("GET /  HTTP/1.1"), kRefused},
    {"9112 3", line(" GET / HTTP/1.1"), kRefused},
    {"9112 3", line("GET / HTTP/1.1 "), kRefused},
    {"9112 3", line("GET\t/ HTTP/1.1"), kRefused},
    {"9112 3", line("GET /\tHTTP/1.1"), kRefused},
    {"9112 3", line("GET / HTTP/1.1\t"), kRefused},
    {"9112 3", line("GET /"), kRefused},
    {"9112 3", line("GET"), kRefused},
    {"9112 3", line("GET HTTP/1.1"), kRefused},
    {"9112 3", line("GET / x HTTP/1.1"), kRefused},
    {"9112 3", line("/ HTTP/1.1"), kRefused},
    {"9112 3.1", line("G@T / HTTP/1.1"), kRefused},
    {"9112 3.1", line("GET\x01 / HTTP/1.1"), kRefused},
    {"9112 3.1", line("G\xc3\x89T / HTTP/1.1"), kRefused},
    {"9112 3.1", line("(GET) / HTTP/1.1"), kRefused},
    {"9110 9.1", line("get / HTTP/1.1"), kBoth},
    {"9110 9.1", line("BREW-2.0 / HTTP/1.1"), kBoth},
    {"9110 9.3.1", request("GET / HTTP/1.1", "Content-Length: 1\r\n", "x"), kBoth},
    {"9110 9.3.6", line("CONNECT a:443 HTTP/1.1"), "501 closed"},
    {"9110 9.3.8", line("TRACE / HTTP/1.1"), kBoth},
    {"9110 2.5", old("Connection: keep-alive\r\n"), kBoth},
    {"9110 2.5", old(""), "200 closed"},
    {"9110 2.5", line("GET / HTTP/1.2"), kBoth},
    {"9110 2.5", line("GET / HTTP/1.9"), kBoth},
    {"9110 15.6.6", line("GET / HTTP/2.0"), "505 closed"},
    {"9110 15.6.6", line("GET / HTTP/0.9"), "505 closed"},
    {"9110 15.6.6", line("GET / HTTP/3.7"), "505 closed"},
    {"9113 3.4", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "505 closed"},
    {"9112 2.3", line("GET / http/1.1"), kRefused},
    {"9112 2.3", line("GET / HTTP/1"), kRefused},
    {"9112 2.3", line("GET / HTTP/1."), kRefused},
    {"9112 2.3", line("GET / HTTP/11.1"), kRefused},
    {"9112 2.3", line("GET / HTTP/1.10"), kRefused},
    {"9112 2.3", line("GET / HTTP/01.1"), kRefused},
    {"9112 2.3", line("GET / HTTP/1,1"), kRefused},
    {"9112 2.3", line("GET / HTTP 1.1"), kRefused},
    {"9112 2.3", line("GET / HTTP/-1.1"), kRefused},
    {"9112 2.3", line("GET / ICE/1.1"), kRefused},
    {"9112 2.3", line("GET / HTTP/1.1x"), kRefused},
    {"9112 2.2", "\r\n\r\n\r\n" + line("GET / HTTP/1.1"), kRefused},
    {"9112 3", "GET / HTTP/1.1\r\r\nHost: a\r\n\r\n", kRefused},
    {"9112 3", line("GET\r/ HTTP/1.1"), kRefused},
    {"9110 9.1", line("\"GET\" / HTTP/1.1"), kRefused},
    {"9110 9.1", line("GET: / HTTP/1.1"), kRefused},
};

const std::vector<Row> kTargets = {
    {"9112 3.2.1", target("/a?b=c&d"), kBoth},
    {"9112 3.2.1", target("/%20%c3%a9"), kBoth},
    {"9112 3.2.1", target("/\"<>[]^`{|}\\"), kBoth},
    {"9112 3.2.1", target("/\x01"), kRefused},
    {"9112 3.2.1", target("/\x7f"), kRefused},
    {"9112 3.2.1", target("/" + kNul), kRefused},
    {"9112 3.2.1", target("/\xc3\xa9"), kRefused},
    {"9112 3.2.1", target("a"), kRefused},
    {"9112 3.2.1", target("a/b"), kRefused},
    {"9112 3.2.1", target("?a"), kRefused},
    {"9112 3.2", target("/a#b"), kRefused},
    {"9112 3.2", target("/a?b#c"), kRefused},
    {"3986 2.1", target("/%"), kRefused},
    {"3986 2.1", target("/%2"), kRefused},
    {"3986 2.1", target("/%zz"), kRefused},
    {"3986 2.1", target("/%00"), kRefused},
    {"9112 3.2.2", target("http://a/b?c"), kBoth},
    {"9112 3.2.2", target("HTTPS://a:1"), kBoth},
    {"9112 3.2.2", target("http://a?b"), kBoth},
    {"9112 3.2.2", target("ftp://a/"), kRefused},
    {"9112 3.2.2", target("http:/a/"), kRefused},
    {"9112 3.2.2", target("http:///b"), kRefused},
    {"9112 3.2.2", target("http://:80/"), kRefused},
    {"9110 4.2.4", target("http://user@a/"), kRefused},
    {"9112 3.2.2", target("http://a b/"), kRefused},
    {"9112 3.2.3", line("CONNECT a HTTP/1.1"), kRefused},
    {"9112 3.2.3", line("CONNECT a: HTTP/1.1"), kRefused},
    {"9112 3.2.3", line("CONNECT /a HTTP/1.1"), kRefused},
    {"9112 3.2.3", line("CONNECT http://a/ HTTP/1.1"), kRefused},
    {"9112 3.2.4", line("OPTIONS * HTTP/1.1"), "204 200"},
    {"9112 3.2.4", line("OPTIONS http://a HTTP/1.1"), "204 200"},
    {"9112 3.2.4", target("*"), kRefused},
    {"9110 15.5.15", target("/" + std::string(8192, 'a')), "414 closed"},
    {"9110 15.5.15", "GET /" + std::string(20000, 'a'), "414 closed"},
    {"9112 3", std::string(20000, 'A'), "501 closed"}, // a method longer than any
    {"9112 3.2.1", target("/\x0b"), kRefused},
    {"3986 3.3", target("//a"), kBoth},
    {"3986 5.2.4", target("/x/./y/../z"), kBoth},
    {"3986 5.2.4", target("/../.."), kBoth},
    {"3986 2.1", target("/x%2Fy"), kBoth},
    {"9112 3.2.2", target("http://[::1]:80/"), kBoth},
    {"9112 3.2.2", target("http://"), kRefused},
    {"9112 3.2.2", target("http://a:b/"), kRefused},
    {"9112 3.2.3", line("CONNECT [::1]:1 HTTP/1.1"), "501 closed"},
};

const std::vector<Row> kHosts = {
    {"9112 3.2", "GET / HTTP/1.1\r\n\r\n", kRefused},
    {"9112 3.2", "GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", kRefused},
    {"9112 3.2", "GET / HTTP/1.1\r\nHost: a\r\nhOST: b\r\n\r\n", kRefused},
    {"9112 3.2", "GET / HTTP/1.0\r\nHost: a\r\nHost: b\r\n\r\n", kRefused},
    {"9112 3.2", host(""), kBoth},
    {"9112 3.2", host("example.org:8080"), kBoth},
    {"9112 3.2", host("a:"), kBoth},
    {"9112 3.2", host("[::1]"), kBoth},
    {"9112 3.2", host("[2001:db8::1]:443"), kBoth},
    {"9112 3.2", host("%61_b~c!"), kBoth},
    {"9112 3.2", host("a b"), kRefused},
    {"9112 3.2", host("a, b"), kRefused},
    {"9112 3.2", host("a/b"), kRefused},
    {"9112 3.2", host("a?b"), kRefused},
    {"9112 3.2", host("a#b"), kRefused},
    {"9112 3.2", host("u@a"), kRefused},
    {"9112 3.2", host("a:b"), kRefused},
    {"9112 3.2", host("a:1:2"), kRefused},
    {"9112 3.2", host(":80"), kRefused},
    {"9112 3.2", host("[::1"), kRefused},
    {"9112 3.2", host("[::1]x"), kRefused},
    {"9112 3.2", host("[]"), kRefused},
    {"9112 3.2", host("[g::1]"), kRefused},
    {"9112 3.2", host("%6"), kRefused},
    {"9112 3.2", host("%zz"), kRefused},
    {"9112 3.2", host("http://a"), kRefused},
    {"9112 3.2", host("a."), kBoth},
    {"9112 3.2", host("1.2.3.4:1"), kBoth},
    {"9112 3.2", host("\xe9"), kRefused},
    {"9112 3.2", host("a\\b"), kRefused},
};

const std::vector<Row> kFields = {
    {"9112 5", field("A: b"), kBoth},
    {"9112 5", field("A:b"), kBoth},
    {"9112 5", field("A: \t b \t "), kBoth},
    {"9112 5", field("A:"), kBoth},
    {"9112 5", field("!#$%&'*+-.^_`|~: b"), kBoth},
    {"9112 5.1", field("A : b"), kRefused},
    {"9112 5.1", field("A\t: b"), kRefused},
    {"9112 5.1", field(" A: b"), kRefused},
    {"9112 5", field(": b"), kRefused},
    {"9112 5", field("A"), kRefused},
    {"9112 5", field("A b: c"), kRefused},
    {"9112 5", field("A(b): c"), kRefused},
    {"9112 5", field("A\x80: c"), kRefused},
    {"9112 5", field("A" + kNul + ": c"), kRefused},
    {"9112 5.2", field("A: b\r\n c"), kRefused},
    {"9112 5.2", field("A: b\r\n\tc"), kRefused},
    {"9112 5.2", field("A: b\r\n "), kRefused},
    {"9110 5.5", field("A: b" + kNul + "c"), kRefused},
    {"9110 5.5", field("A: b\x0b"), kRefused},
    {"9110 5.5", field("A: \x1b[31m"), kRefused},
    {"9110 5.5", field("A: b\rc"), kRefused},
    {"9110 5.5", field("A: b\nc"), kRefused},
    {"9110 5.5", field("A: b\r"), kRefused},
    {"9110 5.5", field("A: b\x7f"), kRefused},
    {"9110 5.5", field("A: \xe9\tb"), kBoth},
    {"9110 5.4", field("A: " + std::string(17000, 'v')), "431 closed"},
    {"9110 5.4",
     field("A: b\r\n" +
           [] {
               std::string many;
               for (int i = 0; i < 99; ++i) many += "B: c\r\n";
               return many + "C: d";
           }()),
     "431 closed"},
    {"9110 5.4", field("A" + std::string(17000, 'n')), "431 closed"},
    {"9112 5", field("A:\tb"), kBoth},
    {"9112 5", field("A: b\r\nA: c"), kBoth},
    {"9112 5", field("\"A\": b"), kRefused},
    {"9112 5", field("A/B: c"), kRefused},
    {"9112 5.1", field("\tA: b"), kRefused},
    {"6265 4.2", field("Cookie: a=b; c=\"d\""), kBoth},
};

const std::vector<Row> kLengths = {
    {"9110 8.6", with("Content-Length: 5\r\n", "hello"), kBoth},
    {"9110 8.6", with("Content-Length: 0\r\n"), kBoth},
    {"9110 8.6", with("Content-Length: 005\r\n", "hello"), kBoth},
    {"9110 8.6", with(""), kBoth},
    {"9110 8.6", with("Content-Length: +5\r\n", "hello"), kRefused},
    {"9110 8.6", with("Content-Length: -5\r\n", "hello"), kRefused},
    {"9110 8.6", with("Content-Length: 0x5\r\n", "hello"), kRefused},
    {"9110 8.6", with("Content-Length: 5.0\r\n", "hello"), kRefused},
    {"9110 8.6", with("Content-Length: 5 \x01\r\n", "hello"), kRefused},
    {"9110 8.6", with("Content-Length: 5 5\r\n", "hello"), kRefused},
    {"9110 8.6", with("Content-Length: 5,\r\n", "hello"), kRefused},
    {"9110 8.6", with("Content-Length: 5, 5\r\n", "hello"), kRefused},
    {"9110 8.6", with("Content-Length: 5, 6\r\n", "hello"), kRefused},
    {"9110 8.6", with("Content-Length: \"5\"\r\n", "hello"), kRefused},
    {"9110 8.6", with("Content-Length:\r\n", "hello"), kRefused},
    {"9112 6.3", with("Content-Length: 5\r\nContent-Length: 5\r\n", "hello"), kRefused},
    {"9112 6.3", with("Content-Length: 5\r\nContent-Length: 6\r\n", "hello"), kRefused},
    {"9112 6.3", with("Content-Length: 5\r\ncontent-lengtH: 0\r\n", "hello"), kRefused},
    {"9110 8.6", with("Content-Length: 18446744073709551621\r\n", "hello"), kRefused},
    {"9110 8.6", with("Content-Length: 9223372036854775808\r\n", "hello"), kRefused},
    {"9110 8.6", with("Content-Length: \xd9\xa5\r\n", "hello"), kRefused},
    {"9110 15.5.14", with("Content-Length: 1048577\r\n"), "413 closed"},
    {"9110 15.5.14", with("Content-Length: 999999999999999999\r\n"), "413 closed"},
    {"9110 8.6", with("content-LENGTH: 5\r\n", "hello"), kBoth},
    {"9110 8.6", with("Content-Length: five\r\n", "hello"), kRefused},
    {"9110 8.6", with("Content-Length: 1e1\r\n", "hello"), kRefused},
    {"9110 8.6", with("Content-Length: 5;a\r\n", "hello"), kRefused},
};

const std::vector<Row> kCodings = {
    {"9112 7.1", chunked("5\r\nhello\r\n0\r\n\r\n"), kBoth},
    {"9112 7.1", chunked("0\r\n\r\n"), kBoth},
    {"9112 7.1", chunked("000000005\r\nhello\r\n00\r\n\r\n"), kBoth},
    {"9112 7.1", chunked("aA\r\n" + std::string(170, 'x') + "\r\n0\r\n\r\n"), kBoth},
    {"9112 7", with("Transfer-Encoding: CHUNKED\r\n", "0\r\n\r\n"), kBoth},
    {"9112 7", with("Transfer-Encoding: chunked\t\r\n", "0\r\n\r\n"), kBoth},
    {"9112 6.1", with("Transfer-Encoding: gzip, chunked\r\n", "0\r\n\r\n"), "501 closed"},
    {"9112 6.3", with("Transfer-Encoding: gzip\r\n", "0\r\n\r\n"), kRefused},
    {"9112 6.3", with("Transfer-Encoding: chunked, gzip\r\n", "0\r\n\r\n"), kRefused},
    {"9112 6.1", with("Transfer-Encoding: chunked, chunked\r\n", "0\r\n\r\n"), kRefused},
    {"9112 6.3", with("Transfer-Encoding: identity\r\n"), kRefused},
    {"9112 6.3", with("Transfer-Encoding: xchunked\r\n", "0\r\n\r\n"), kRefused},
    {"9112 6.3", with("Transfer-Encoding: chunked;a=b\r\n", "0\r\n\r\n"), kRefused},
    {"9112 6.3", with("Transfer-Encoding: \"chunked\"\r\n", "0\r\n\r\n"), kRefused},
    {"9112 6.3", with("Transfer-Encoding:\r\n", "0\r\n\r\n"), kRefused},
    {"9112 6.3", with("Transfer-Encoding: ,\r\n", "0\r\n\r\n"), kRefused},
    {"9112 6.3",
     with("Transfer-Encoding: \xff"
          "chunked\r\n",
          "0\r\n\r\n"),
     kRefused},
    {"9112 6.3",
     with("Transfer-Encoding:\x0b"
          "chunked\r\n",
          "0\r\n\r\n"),
     kRefused},
    {"9112 5.1", with("Transfer-Encoding : chunked\r\n", "0\r\n\r\n"), kRefused},
    {"9112 6.1", with("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"), kRefused},
    {"9112 6.1", with("Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n", "0\r\n\r\n"), kRefused},
    {"9112 6.3", with("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"), kRefused},
    {"9112 6.3", with("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n", "0\r\n\r\n"), kRefused},
    {"9112 6.3", with("Transfer-Encoding: chunked\r\nContent-Length: 0\r\n", "0\r\n\r\n"), kRefused},
    {"9112 6.1", "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", kRefused},
    {"9112 7.1", chunked("\r\n"), kRefused},
    {"9112 7.1", chunked("g\r\n"), kRefused},
    {"9112 7.1", chunked("-1\r\n"), kRefused},
    {"9112 7.1", chunked("+1\r\nx\r\n0\r\n\r\n"), kRefused},
    {"9112 7.1", chunked("0x1\r\nx\r\n0\r\n\r\n"), kRefused},
    {"9112 7.1", chunked(" 1\r\nx\r\n0\r\n\r\n"), kRefused},
    {"9112 7.1", chunked("1 \r\nx\r\n0\r\n\r\n"), kRefused},
    {"9112 7.1", chunked("1\nx\n0\n\n"), kRefused},
    {"9112 7.1", chunked("1\r\nx\n0\r\n\r\n"), kRefused},
    {"9112 7.1", chunked("1\r\nxy\r\n0\r\n\r\n"), kRefused},
    {"9112 7.1", chunked("2\r\nx\r\n0\r\n\r\n"), kRefused},
    {"9112 7.1", chunked("1_0\r\n" + std::string(16, 'x') + "\r\n0\r\n\r\n"), kRefused},
    {"9112 7.1", chunked("10000000000000000\r\n"), kRefused},
    {"9112 7.1.1", chunked("1;a=b;c=\"d\"\r\nx\r\n0;e\r\n\r\n"), kBoth},
    {"9112 7.1.1", chunked("1;\x01\r\nx\r\n0\r\n\r\n"), kRefused},
    {"9112 7.1.1", chunked("1;a\nx\r\n0\r\n\r\n"), kRefused},
    {"9112 7.1.1", chunked("1;" + std::string(9000, 'e') + "\r\nx\r\n0\r\n\r\n"), kRefused},
    {"9112 7.1.2", chunked("0\r\nA: b\r\nC: d\r\n\r\n"), kBoth},
    {"9112 7.1.2", chunked("0\r\nA : b\r\n\r\n"), kRefused},
    {"9112 7.1.2", chunked("0\r\n A: b\r\n\r\n"), kRefused},
    {"9112 7.1.2", chunked("0\r\n: b\r\n\r\n"), kRefused},
    {"9112 7.1.2", chunked("0\r\nA\r\n\r\n"), kRefused},
    {"9112 7.1.2", chunked("0\r\nA: b\n\r\n"), kRefused},
    {"9112 7.1.2", chunked("0\r\nA: " + std::string(5000, 't') + "\r\n\r\n"), kRefused},
    {"9110 15.5.14", chunked("100001\r\n" + std::string(0x100001, 'x') + "\r\n0\r\n\r\n"), "413 closed"},
    {"9112 7.1", chunked("ffffffffffffffff\r\nx"), kRefused},
    {"9112 7.1.2", chunked("0\r\nHost: b\r\n\r\n"), kBoth},
    {"9112 7.1", chunked("1\r\n\r\n\r\n0\r\n\r\n"), kRefused},
};

const std::vector<Row> kConnections = {
    {"9112 9.6", field("Connection: close"), "200 closed"},
    {"9112 9.6", field("Connection: foo, CLOSE"), "200 closed"},
    {"9112 9.6", field("Connection: keep-alive, close"), "200 closed"},
    {"9112 9.6", field("Connection: keep-alive\r\nConnection: close"), "200 closed"},
    {"9112 9.3", field("Connection: keep-alive"), kBoth},
    {"9112 9.3", field("Connection: closed"), kBoth},
    {"9112 9.3", old("Connection: Keep-Alive\r\n"), kBoth},
    {"9112 9.3", old("Connection: close, keep-alive\r\n"), "200 closed"},
    {"9110 10.1.1", with("Expect: 100-Continue\r\n"), kBoth},
    {"9110 10.1.1", with("Expect: 100-continue\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"), "100 200 200"},
    {"9110 15.5.18", field("Expect: magic"), "417 closed"},
    {"9110 15.5.18", field("Expect: 100-continue, magic"), "417 closed"},
    {"9110 15.5.5", target("/none/x"), "404 200"},
    {"9110 9.3.2", line("HEAD /get HTTP/1.1"), kBoth},
    {"9110 7.8", field("Connection: upgrade\r\nUpgrade: foo/2"), kBoth},
    {"9110 7.6.1", field("Connection: ,close,"), "200 closed"},
    {"9110 7.6.1", field("Connection:"), kBoth},
    {"9110 10.1.4", field("TE: trailers"), kBoth},
    {"9112 9.3", old("Connection: keep-alive\r\nConnection: close\r\n"), "200 closed"},
    {"9110 9.3.2", line("HEAD / HTTP/1.1"), kBoth},
};

// `step`: bytes that come at once.
std::string outcome(const std::string &input, std::size_t step)
{
    Rig rig;
    rig.route("=/", [](auto *e, auto *r) { Echo::attach(e, r); });
    for (const char *path : {"/a", "=/b", "/get/x"}) rig.route(path, [](auto *e, auto *) { say(e, "a"); });
    rig.route("GET /get", [](auto *e, auto *) { say(e, "got"); });
    rig.route("/", [](auto *e, auto *r) { say(e, "x", text(r->path).starts_with("/none") ? 404 : 200); });
    const std::string all_bytes = input + get("/get");
    for (std::size_t at = 0; at < all_bytes.size(); at += step) rig.feed(std::string_view(all_bytes).substr(at, step));
    std::string all = statuses(rig.conn.output);
    if (rig.conn.closed != 0) all += " closed";
    return all;
}

class Conformance : public ::testing::TestWithParam<const std::vector<Row> *> {};

TEST_P(Conformance, AnswersEachRowAsExpected)
{
    for (const Row &row : *GetParam())
        EXPECT_EQ(outcome(row.input, row.input.size() + 100), row.expected)
            << "RFC " << row.section << ": " << row.input.substr(0, 400);
}

TEST_P(Conformance, AnswersTheSameByteByByte)
{
    for (const Row &row : *GetParam()) {
        const std::size_t step = row.input.size() < 100'000 ? 1 : 1000;
        EXPECT_EQ(outcome(row.input, step), row.expected) << "RFC " << row.section << ": " << row.input.substr(0, 400);
    }
}

INSTANTIATE_TEST_SUITE_P(StartLines, Conformance, ::testing::Values(&kStartLines), [](const auto &) { return "Rows"; });
INSTANTIATE_TEST_SUITE_P(Targets, Conformance, ::testing::Values(&kTargets), [](const auto &) { return "Rows"; });
INSTANTIATE_TEST_SUITE_P(Hosts, Conformance, ::testing::Values(&kHosts), [](const auto &) { return "Rows"; });
INSTANTIATE_TEST_SUITE_P(Fields, Conformance, ::testing::Values(&kFields), [](const auto &) { return "Rows"; });
INSTANTIATE_TEST_SUITE_P(Lengths, Conformance, ::testing::Values(&kLengths), [](const auto &) { return "Rows"; });
INSTANTIATE_TEST_SUITE_P(Codings, Conformance, ::testing::Values(&kCodings), [](const auto &) { return "Rows"; });
INSTANTIATE_TEST_SUITE_P(Connections, Conformance, ::testing::Values(&kConnections),
                         [](const auto &) { return "Rows"; });

} // namespace
} // namespace http_engine::test
