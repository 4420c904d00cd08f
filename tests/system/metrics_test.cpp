// What the running host counts, as the resource `metrics` shows it.
#include "web.hpp"

#include <gtest/gtest.h>

#include <map>
#include <regex>
#include <set>
#include <string>

namespace hawser::test {
namespace {

// Strict about what Prometheus is: each line a comment, a type, or a series with one value; families in one piece.
class Page {
public:
    explicit Page(const std::string &text)
    {
        static const std::regex series(R"(([a-zA-Z_:][a-zA-Z0-9_:]*)(\{[a-zA-Z_].*\})? ([-+0-9.eE]+|\+Inf|NaN))");
        static const std::regex type(R"(# TYPE ([a-zA-Z_:][a-zA-Z0-9_:]*) (counter|gauge|histogram))");
        std::set<std::string> families;
        std::string family;
        for (std::size_t at = 0; at < text.size();) {
            const std::size_t end = text.find('\n', at);
            const std::string line = text.substr(at, end - at);
            at = end == std::string::npos ? text.size() : end + 1;
            std::smatch found;
            if (std::regex_match(line, found, type)) {
                family = found[1];
                EXPECT_TRUE(families.insert(family).second) << family << " stands twice";
            } else if (!line.starts_with("# HELP ")) {
                if (!std::regex_match(line, found, series)) {
                    ADD_FAILURE() << line;
                    continue;
                }
                EXPECT_TRUE(found[1].str().starts_with(family)) << line << " is not of " << family;
                values_[found[1].str() + found[2].str()] = std::stod(found[3]);
            }
        }
        EXPECT_TRUE(text.ends_with('\n'));
    }
    double operator[](const std::string &series) const
    {
        const auto found = values_.find(series);
        return found != values_.end() ? found->second : -1;
    }
    double sum(const std::string &name) const
    {
        double total = 0;
        for (const auto &[series, value] : values_) total += series.starts_with(name + '{') ? value : 0;
        return total;
    }

private:
    std::map<std::string, double> values_;
};

const std::string kConfig =
    "[compartments.main]\nloops = 2\n[listeners.web]\naddress = \"127.0.0.1:0\"\nprotocol = \"http\"\n"
    "[listeners.web.routes]\n\"=/metrics\" = { resource = \"metrics\" }\n\"=/hello\" = { resource = \"text\", body = "
    "\"hello\" }\n";

TEST(Metrics, ShowARequestThatIsStillInHand)
{
    Host host(kConfig + "\"=/zeros\" = { resource = \"stream\", bytes = \"64MiB\" }\n");
    ASSERT_TRUE(host.ready()) << host.process().err();
    Client download(host.address("web"), 4096);
    download.send("GET /zeros HTTP/1.1\r\nHost: a\r\n\r\n");
    EXPECT_EQ(download.receive(12), "HTTP/1.1 200");
    const Page page(host.connect().get("/metrics").body);
    // The request for the metrics may be one itself.
    EXPECT_GE(page["hawser_http_requests_in_flight{listener=\"web\"}"], 1);
    download.reset();
}

TEST(Metrics, ShowWhatEveryLoopOfTheHostCounted)
{
    Host host(kConfig);
    ASSERT_TRUE(host.ready()) << host.process().err();
    for (int i = 0; i < 20; ++i) EXPECT_EQ(host.connect().get("/hello").body, "hello");
    EXPECT_EQ(host.connect().get("/nowhere").status, 404);
    const Client::Answer answer = host.connect().get("/metrics");
    EXPECT_EQ(answer.status, 200);
    EXPECT_NE(answer.head.find("Content-Type: text/plain; version=0.0.4; charset=utf-8\r\n"), std::string::npos);
    const Page page(answer.body);
    EXPECT_EQ(page["hawser_http_responses_total{listener=\"web\",class=\"2xx\"}"], 20);
    EXPECT_EQ(page["hawser_http_responses_total{listener=\"web\",class=\"4xx\"}"], 1);
    EXPECT_EQ(page["hawser_http_request_duration_seconds_count{listener=\"web\"}"], 21);
    EXPECT_EQ(page.sum("hawser_net_connections_accepted_total"), 22);
    EXPECT_GE(page["hawser_net_connections_open{listener=\"web\"}"], 1);
    EXPECT_GT(page.sum("hawser_net_sent_bytes_total"), 20 * 5);
    EXPECT_GT(page["process_resident_memory_bytes"], 1e6);
    EXPECT_EQ(page["hawser_build_info{version=\"0.1.0\"}"], 1);
    EXPECT_EQ(host.stop(), 0);
}

TEST(Metrics, ShowTheSizesOfBodies)
{
    Host host(kConfig + "\"=/echo\" = { resource = \"echo\" }\n");
    ASSERT_TRUE(host.ready()) << host.process().err();
    const std::string body(5000, 'b');
    for (const char *head : {"POST /echo HTTP/1.1\r\n", "POST /echo HTTP/1.1\r\nA: b\r\n"}) {
        Client client = host.connect();
        EXPECT_EQ(ask(client, head, body).body, body);
    }
    EXPECT_EQ(host.connect().get("/hello").body, "hello");
    const Page page(host.connect().get("/metrics").body);
    EXPECT_EQ(page["hawser_http_request_body_bytes_sum{listener=\"web\"}"], 10'000);
    EXPECT_EQ(page["hawser_http_request_body_bytes_count{listener=\"web\"}"], 3);
    EXPECT_EQ(page["hawser_http_response_body_bytes_sum{listener=\"web\"}"], 10'005);
    EXPECT_EQ(page["hawser_http_response_body_bytes_bucket{listener=\"web\",le=\"100\"}"], 1);
}

TEST(Metrics, AnswerOtherMethodsWith405)
{
    Host host(kConfig);
    ASSERT_TRUE(host.ready()) << host.process().err();
    Client client = host.connect();
    client.send("POST /metrics HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n");
    const Client::Answer answer = client.answer();
    EXPECT_EQ(answer.status, 405);
    EXPECT_NE(answer.head.find("Allow: GET, HEAD\r\n"), std::string::npos) << answer.head;
}

} // namespace
} // namespace hawser::test
