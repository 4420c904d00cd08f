// The resource `cgi` in the running host, with programs of all kinds.
#include "web.hpp"

#include <gtest/gtest.h>

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>

namespace hawser::test {
namespace {

// Processes with this command line that run in this directory.
int count_of(const std::string &words, const std::string &directory)
{
    int count = 0;
    std::error_code error;
    for (const auto &each : std::filesystem::directory_iterator("/proc", error)) {
        std::ifstream in(each.path() / "cmdline");
        std::string line((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
        std::replace(line.begin(), line.end(), '\0', ' ');
        if (line == words + ' ' && std::filesystem::read_symlink(each.path() / "cwd", error) == directory) ++count;
    }
    return count;
}

class Cgi : public ::testing::Test {
protected:
    // An executable file of the directory.
    void program(const std::string &name, const std::string &script, mode_t mode = 0755)
    {
        directory_.write(name, "#!/bin/sh\n" + script);
        ::chmod((directory_.path() + '/' + name).c_str(), mode);
    }
    void serve(const std::string &more = {})
    {
        host_ = std::make_unique<Host>(web_with("\"/bin\" = { resource = \"cgi\", directory = \"" + directory_.path() +
                                                '"' + more + " }\n\"=/up\" = { resource = \"text\" }"));
        ASSERT_TRUE(host_->ready()) << host_->process().err();
    }
    Client::Answer get(const std::string &path) { return host_->connect().get(path); }

    TempDir directory_;
    std::unique_ptr<Host> host_;
};

TEST_F(Cgi, AnswersWithWhatAProgramPrints)
{
    program("hello", "echo 'Content-Type: text/x-hello'; echo 'X-A: 1'; echo 'Status: 201 Made'; echo; echo hello");
    serve();
    const Client::Answer answer = get("/bin/hello");
    EXPECT_EQ(answer.status, 201);
    EXPECT_EQ(field_of(answer, "Content-Type"), "text/x-hello");
    EXPECT_EQ(field_of(answer, "X-A"), "1");
    EXPECT_EQ(answer.body, "hello\n");
}

TEST_F(Cgi, TellsAProgramOfTheRequestAndNothingOfTheHost)
{
    program("env", "echo 'Content-Type: text/plain'; echo; /usr/bin/env | /usr/bin/sort; pwd");
    ::setenv("HAWSER_TEST_SECRET", "secret", 1);
    serve(", root = \"/srv/www\", environment = { A = \"1\", SERVER_SOFTWARE = \"mine\" }");
    Client client = host_->connect();
    const std::string body =
        ask(client, "GET /bin/env/more/a%20b?x=1&y=%2F HTTP/1.1\r\nProxy: http://evil.example\r\nX-A: 1\r\nX-A: "
                    "2\r\nX_B: 3\r\nCookie: a=1\r\nAuthorization: Basic eA==\r\nContent-Type: text/x\r\n")
            .body;
    for (const char *line :
         {"A=1\n", "GATEWAY_INTERFACE=CGI/1.1\n", "HTTP_X_A=1, 2\n", "HTTP_COOKIE=a=1\n", "PATH_INFO=/more/a b\n",
          "PATH_TRANSLATED=/srv/www/more/a b\n", "QUERY_STRING=x=1&y=%2F\n", "REMOTE_ADDR=127.0.0.1\n",
          "REQUEST_METHOD=GET\n", "SCRIPT_NAME=/bin/env\n", "SERVER_NAME=a\n", "SERVER_PROTOCOL=HTTP/1.1\n",
          "SERVER_SOFTWARE=mine\n", "CONTENT_TYPE=text/x\n", "REQUEST_URI=/bin/env/more/a%20b?x=1&y=%2F\n"})
        EXPECT_TRUE(has(body, line)) << line << body;
    EXPECT_TRUE(has(body, directory_.path() + '\n')) << "it runs where it lies";
    for (const char *absent :
         {"HTTP_PROXY", "SECRET", "HTTP_AUTHORIZATION", "HTTP_X_B", "NOTIFY_SOCKET", "CONTENT_LENGTH"})
        EXPECT_FALSE(has(body, absent)) << absent << body;
}

TEST_F(Cgi, GivesAProgramItsInput)
{
    program("count", "echo 'Content-Type: text/plain'; echo; echo \"$CONTENT_LENGTH $(wc -c)\"");
    serve();
    Client client = host_->connect();
    EXPECT_EQ(ask(client, "POST /bin/count HTTP/1.1\r\n", std::string(300'000, 'x')).body, "300000 300000\n");
    client.send(
        "POST /bin/count HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n3\r\nyou\r\n0\r\n\r\n");
    EXPECT_EQ(client.answer().body, "8 8\n") << "it is told how long a chunked body is";
    EXPECT_EQ(ask(client, "GET /bin/count HTTP/1.1\r\n").body, " 0\n");
}

TEST_F(Cgi, StreamsWhatIsPrintedAsItComes)
{
    program("slow",
            "echo 'Content-Type: text/plain'; echo; echo first; while [ ! -e go ]; do sleep 0.01; done; echo last");
    serve();
    Client client = host_->connect();
    client.send("GET /bin/slow HTTP/1.1\r\nHost: a\r\n\r\n");
    EXPECT_TRUE(has(client.receive_until("first\n"), "first\n"));
    directory_.write("go", "");
    EXPECT_TRUE(has(client.receive_until("last\n"), "last\n"));
}

TEST_F(Cgi, MovesMuchBothWays)
{
    program("cat", "echo 'Content-Type: application/octet-stream'; echo; cat");
    Host large("[listeners.web]\naddress = \"127.0.0.1:0\"\nprotocol = \"http\"\nmax_body = "
               "\"64MiB\"\n[listeners.web.routes]\n"
               "\"/bin\" = { resource = \"cgi\", directory = \"" +
               directory_.path() + "\" }\n");
    ASSERT_TRUE(large.ready()) << large.process().err();
    const Ended whole = run({"sh", "-c",
                             "head -c 50000000 /dev/zero | curl -sS --data-binary @- -H 'Expect:' http://" +
                                 large.address("web") + "/bin/cat | wc -c"});
    EXPECT_EQ(whole.out, "50000000\n") << whole.err;
}

TEST_F(Cgi, KillsAProgramAndItsHelpersWhenTheClientGoes)
{
    program("long", "echo 'Content-Type: text/plain'; echo; sleep 1000 & echo up; wait");
    serve();
    Client client = host_->connect();
    client.send("GET /bin/long HTTP/1.1\r\nHost: a\r\n\r\n");
    EXPECT_TRUE(has(client.receive_until("up\n"), "up\n"));
    EXPECT_TRUE(eventually([&] { return count_of("sleep 1000", directory_.path()) == 1; }));
    client.reset();
    EXPECT_TRUE(eventually([&] { return count_of("sleep 1000", directory_.path()) == 0; }));
}

TEST_F(Cgi, SaysWhyAProgramGaveNoAnswer)
{
    program("silent", "exit 3");
    program("wrong", "echo 'this is no head'; echo; echo x");
    program("none", "echo 'X-A: 1'; echo; echo x");
    program("late", "sleep 1000");
    program("killed", "kill -9 $$");
    serve(", timeout = \"100ms\"");
    EXPECT_EQ(get("/bin/silent").status, 502);
    EXPECT_EQ(get("/bin/wrong").status, 502);
    EXPECT_EQ(get("/bin/none").status, 502);
    EXPECT_EQ(get("/bin/late").status, 504);
    EXPECT_EQ(get("/bin/killed").status, 502);
    for (const char *reason :
         {"it ended with 3 before the end of its head", "expected a line \\\"Name: value\\\"",
          "expected Content-Type, Location or Status", "it printed no head in time", "it ended with 9 (a signal)"})
        EXPECT_TRUE(host_->log_has(reason)) << reason << host_->process().err();
}

TEST_F(Cgi, LogsWhatAProgramComplainsOf)
{
    program("moans", "echo 'something is wrong' >&2; echo 'Status: 204'; echo");
    serve();
    EXPECT_EQ(get("/bin/moans").status, 204);
    EXPECT_TRUE(host_->log_has("something is wrong")) << host_->process().err();
    EXPECT_TRUE(has(host_->process().err(), "child_said"));
}

TEST_F(Cgi, RunsOnlyWhatIsAProgramOfItsDirectory)
{
    program("plain", "echo", 0644);
    program(".hidden", "echo 'Status: 204'; echo");
    std::filesystem::create_directory(directory_.path() + "/folder");
    serve();
    EXPECT_EQ(get("/bin").status, 404);
    EXPECT_EQ(get("/bin/none").status, 404);
    EXPECT_EQ(get("/bin/plain").status, 403);
    EXPECT_EQ(get("/bin/.hidden").status, 404);
    EXPECT_EQ(get("/bin/folder").status, 404);
    EXPECT_EQ(get("/bin/..%2f..%2fbin%2ftrue").status, 404);
    EXPECT_EQ(get("/bin/%00").status, 400);
}

TEST_F(Cgi, RunsNoMoreThanMayAtTheSameTime)
{
    program("wait", "echo 'Content-Type: text/plain'; echo; echo up; while [ ! -e go ]; do sleep 0.01; done");
    serve(", running = 1");
    Client first = host_->connect();
    first.send("GET /bin/wait HTTP/1.1\r\nHost: a\r\n\r\n");
    EXPECT_TRUE(has(first.receive_until("up\n"), "up\n"));
    const Client::Answer second = get("/bin/wait");
    EXPECT_EQ(second.status, 503);
    EXPECT_EQ(field_of(second, "Retry-After"), "1");
    directory_.write("go", "");
    EXPECT_TRUE(eventually([&] { return get("/bin/wait").status == 200; }));
}

TEST_F(Cgi, LeavesNoProcessBehind)
{
    program("hello", "echo 'Content-Type: text/plain'; echo; echo hello");
    serve();
    Client client = host_->connect();
    for (int i = 0; i < 50; ++i) EXPECT_EQ(ask(client, "GET /bin/hello HTTP/1.1\r\n").body, "hello\n");
    const std::string worker = std::to_string(host_->workers().at(0));
    EXPECT_TRUE(eventually([&] {
        std::ifstream in("/proc/" + worker + "/task/" + worker + "/children");
        std::string left;
        std::getline(in, left);
        return left.empty() && run({"pgrep", "-P", worker}).out.empty();
    }));
}

TEST_F(Cgi, SurvivesTheDeathOfItsWorkerWithoutOrphans)
{
    program("long", "echo 'Content-Type: text/plain'; echo; echo up; exec sleep 1001");
    serve();
    Client client = host_->connect();
    client.send("GET /bin/long HTTP/1.1\r\nHost: a\r\n\r\n");
    EXPECT_TRUE(has(client.receive_until("up\n"), "up\n"));
    EXPECT_TRUE(eventually([&] { return count_of("sleep 1001", directory_.path()) == 1; })) << "the shell becomes it";
    ::kill(host_->workers().at(0), SIGKILL);
    EXPECT_TRUE(eventually([&] { return count_of("sleep 1001", directory_.path()) == 0; }))
        << "it is killed with the worker";
    EXPECT_TRUE(eventually([&] { return get("/up").status == 200; }));
}

TEST_F(Cgi, ServesRepositoriesOfGit)
{
    const std::string root = directory_.path();
    ASSERT_EQ(run({"git", "init", "-q", "--bare", "-b", "main", root + "/repo.git"}).status, 0);
    ASSERT_EQ(run({"git", "-C", root + "/repo.git", "config", "http.receivepack", "true"}).status, 0);
    Host host("[listeners.web]\naddress = \"127.0.0.1:0\"\nprotocol = \"http\"\nmax_body = "
              "\"64MiB\"\n[listeners.web.routes]\n\"/git\" = "
              "{ resource = \"cgi\", program = \"/usr/lib/git-core/git-http-backend\", environment = { "
              "GIT_PROJECT_ROOT = \"" +
              root + "\", GIT_HTTP_EXPORT_ALL = \"1\", HOME = \"" + root + "\" } }\n");
    ASSERT_TRUE(host.ready()) << host.process().err();
    const std::string url = "http://" + host.address("web") + "/git/repo.git", work = root + "/work";
    const std::string script =
        "set -e; export HOME=" + root +
        " GIT_TERMINAL_PROMPT=0; git config --global --add safe.directory '*'; "
        "git clone -q " +
        url + ' ' + work + "; cd " + work +
        "; head -c 3000000 /dev/urandom > file; git add file; "
        "git -c user.name=a -c user.email=a@b commit -qm one; git push -q origin HEAD:main; git clone -q " +
        url + ' ' + root + "/again; cmp file " + root + "/again/file && echo same";
    const Ended ended = run({"sh", "-c", script});
    EXPECT_TRUE(has(ended.out, "same")) << ended.out << ended.err << host.process().err();
}

TEST_F(Cgi, RefusesAWrongConfigurationWithItsLine)
{
    EXPECT_TRUE(
        has(refusal_of("\"/\" = { resource = \"cgi\" }"), "expected either a directory of programs or one program"));
    EXPECT_TRUE(
        has(refusal_of("\"/\" = { resource = \"cgi\", program = \"/etc/passwd\" }"), "expected an executable file"));
    EXPECT_TRUE(has(refusal_of("\"/\" = { resource = \"cgi\", directory = \"/etc/passwd\" }"), "expected a directory"));
    EXPECT_TRUE(
        has(refusal_of("\"/\" = { resource = \"cgi\", program = \"/bin/true\", environment = { \"A=B\" = \"1\" } }"),
            "expected names without"));
}

} // namespace
} // namespace hawser::test
