// nginx as a reverse proxy in front, with kept connections behind it.
#include "web.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

namespace hawser::test {
namespace {

class Front : public ::testing::Test {
protected:
    void start(const std::string &routes, const std::string &protocol = {})
    {
        host_ = std::make_unique<Host>(protocol + web_with(routes));
        ASSERT_TRUE(host_->ready()) << host_->process().err();
        const std::string at = directory_.path();
        const std::string config = directory_.write(
            "nginx.conf", "daemon off;\nuser root;\npid " + at +
                              "/pid;\nerror_log stderr notice;\nevents {}\nhttp {\n"
                              "access_log off;\nclient_max_body_size 0;\nclient_body_temp_path " +
                              at + "/body;\nproxy_temp_path " + at + "/proxy;\nfastcgi_temp_path " + at +
                              "/fastcgi;\nuwsgi_temp_path " + at + "/uwsgi;\nscgi_temp_path " + at +
                              "/scgi;\nupstream behind { server " + host_->address("web") +
                              "; keepalive 4; }\nserver {\nlisten unix:" + at +
                              "/socket;\nlocation / {\nproxy_pass http://behind;\nproxy_http_version 1.1;\n"
                              "proxy_set_header Connection \"\";\nproxy_set_header Host $http_host;\n"
                              "proxy_request_buffering off;\n} } }\n");
        nginx_ = std::make_unique<Process>(std::vector<std::string>{"nginx", "-c", config, "-p", at, "-e", "stderr"});
        ASSERT_TRUE(nginx_->wait_for_error_text("start worker process ")) << nginx_->err();
    }
    Ended curl(const std::vector<std::string> &words) const
    {
        std::vector<std::string> all = {"curl", "-s", "--unix-socket", directory_ / "socket"};
        all.insert(all.end(), words.begin(), words.end());
        return run(all);
    }
    void TearDown() override
    {
        nginx_->signal(15);
        nginx_->wait();
    }

    TempDir directory_;
    std::unique_ptr<Host> host_;
    std::unique_ptr<Process> nginx_;
};

TEST_F(Front, OfNginxPassesRequestsAndAnswersWhole)
{
    start("\"/\" = { resource = \"inspect\", show = \"1MiB\" }\n\"POST /echo\" = { resource = \"echo\" }");
    EXPECT_TRUE(has(curl({"-H", "X-Told: moored", "http://example.org/a/b?c=d"}).out, "\"target\":\"/a/b?c=d\""));
    const std::string file = directory_.write("up", std::string(900'000, 'u') + "end");
    for (const char *framing : {"A: b", "Transfer-Encoding: chunked"}) {
        curl({"-H", framing, "--data-binary", "@" + file, "-o", directory_ / "down", "http://example.org/echo"});
        EXPECT_TRUE(content(directory_ / "down") == content(file)) << framing;
    }
}

TEST_F(Front, OfNginxPassesFilesAndConditions)
{
    const std::string big = content(directory_.write("big", std::string(5'000'000, 'b') + "end"));
    start("\"/\" = { resource = \"static\", root = \"" + directory_.path() + "\" }");
    EXPECT_TRUE(curl({"http://example.org/big"}).out == big);
    EXPECT_EQ(curl({"-r", "4999999-", "http://example.org/big"}).out, "bend");
    EXPECT_TRUE(has(curl({"-I", "http://example.org/big"}).out, "Content-Length: 5000003"));
    const std::string tags = directory_ / "tags";
    curl({"-o", "/dev/null", "--etag-save", tags, "http://example.org/big"});
    EXPECT_EQ(curl({"--etag-compare", tags, "-w", "%{http_code}", "http://example.org/big"}).out, "304");
}

TEST_F(Front, OfNginxKeepsItsConnectionsAcrossReloads)
{
    const std::string routes = "\"/\" = { resource = \"text\", body = \"BODY\" }";
    start(routes);
    std::string got;
    for (int i = 0; i < 10; ++i) {
        host_->rewrite(web_with("\"/\" = { resource = \"text\", body = \"body " + std::to_string(i) + "\" }"));
        EXPECT_EQ(host_->command({"reload"}).status, 0);
        got += curl({"-w", " %{http_code}\n", "http://example.org/[1-20]"}).out;
    }
    EXPECT_EQ(count(got, " 200\n"), 200U) << got;
    EXPECT_FALSE(has(nginx_->err(), "upstream prematurely closed")) << nginx_->err();
}

} // namespace
} // namespace hawser::test
