// The address stdio: one connection over standard input and output, for pipes, terminals and an inetd.
#include "host_process.hpp"

#include <gtest/gtest.h>

#include <sys/socket.h>
#include <unistd.h>

#include <csignal>
#include <fstream>

namespace hawser::test {
namespace {

std::string toml(const std::string &root = HAWSER_SOURCE)
{
    return "[host]\nplugins = [\"" HAWSER_PLUGINS "\"]\ncontrol = \"control.sock\"\n[log]\noutput = \"log\"\n"
           "[listeners.web]\naddress = \"stdio:\"\nprotocol = \"http\"\nroutes = { \"/\" = { resource = \"text\", body "
           "= \"one\" }, \"/large\" = { resource = \"static\", root = \"" +
           root + "\" } }\n";
}

// What a shell makes of it: `input` is a command whose output the host reads.
Ended piped(const TempDir &directory, const std::string &input, const std::vector<std::string> &arguments = {})
{
    std::string words;
    for (const std::string &argument : arguments) words += ' ' + argument;
    return run({"sh", "-c", input + " | " HAWSER_PROGRAM " run " + directory / "hawser.toml" + words});
}

const std::string kAsk = "printf 'GET / HTTP/1.1\\r\\nHost: a\\r\\nConnection: close\\r\\n\\r\\n'";

TEST(Stdio, AnswersWhatComesThroughAPipeAndEndsWithIt)
{
    for (const std::string &how : {std::string("--single"), std::string()}) {
        const TempDir directory;
        directory.write("hawser.toml", toml());
        const Ended ended = piped(directory, kAsk, {how});
        EXPECT_EQ(ended.status, 0) << ended.err;
        EXPECT_TRUE(ended.out.starts_with("HTTP/1.1 200 OK\r\n")) << ended.out;
        EXPECT_TRUE(ended.out.ends_with("\r\n\r\none")) << ended.out;
    }
}

TEST(Stdio, WritesEverythingBeforeItEnds)
{
    const TempDir directory;
    directory.write("hawser.toml", toml("large"));
    const std::string large(3'000'000, 'x');
    directory.write("large/file", large);
    const Ended ended =
        piped(directory, "printf 'GET /large/file HTTP/1.1\\r\\nHost: a\\r\\nConnection: close\\r\\n\\r\\n'");
    EXPECT_EQ(ended.status, 0) << ended.err;
    const std::size_t body = ended.out.find("\r\n\r\n");
    ASSERT_NE(body, std::string::npos);
    EXPECT_TRUE(ended.out.substr(body + 4) == large) << ended.out.size();
}

TEST(Stdio, IsTheConnectionOfAnInetd)
{
    const TempDir directory;
    directory.write("hawser.toml", toml());
    int ends[2];
    ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    // The shell puts the other end in place of both, as an inetd does.
    Process host({"sh", "-c",
                  "exec \"$@\" <&" + std::to_string(ends[1]) + " >&" + std::to_string(ends[1]) + ' ' +
                      std::to_string(ends[0]) + ">&- " + std::to_string(ends[1]) + ">&-",
                  "sh", HAWSER_PROGRAM, "run", directory / "hawser.toml"});
    ::close(ends[1]);
    const std::string ask = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
    std::string answer;
    for (int i = 0; i < 2; ++i) {
        ASSERT_EQ(::send(ends[0], ask.data(), ask.size(), MSG_NOSIGNAL), static_cast<ssize_t>(ask.size()));
        while (answer.size() < 3 || !answer.ends_with("one")) {
            char buffer[4096];
            const ssize_t n = ::recv(ends[0], buffer, sizeof buffer, 0);
            ASSERT_GT(n, 0) << host.err();
            answer.append(buffer, static_cast<std::size_t>(n));
        }
        if (i == 0) answer.clear();
    }
    ::close(ends[0]);
    EXPECT_EQ(host.wait(), 0) << host.err();
}

TEST(Stdio, EndsAtASignalThoughNobodyCloses)
{
    const TempDir directory;
    directory.write("hawser.toml", toml());
    Process host({HAWSER_PROGRAM, "run", directory / "hawser.toml", "--set", "log.output=stderr"});
    ASSERT_TRUE(host.wait_for_error_text("\"event\":\"ready\"")) << host.err();
    EXPECT_NE(host.err().find("\"address\":\"stdio:\""), std::string::npos);
    host.signal(SIGTERM);
    EXPECT_EQ(host.wait(), 0);
}

TEST(Stdio, HidesNoStartThatFails)
{
    const TempDir directory;
    directory.write("hawser.toml", toml("nowhere"));
    const Ended ended = piped(directory, kAsk);
    EXPECT_EQ(ended.status, 78) << ended.err;
    EXPECT_EQ(ended.out, "");
}

TEST(Stdio, IsNothingForAHostInTheBackground)
{
    const TempDir directory;
    directory.write("hawser.toml", toml());
    const Ended ended = hawser({"run", directory / "hawser.toml", "--daemon"});
    EXPECT_EQ(ended.status, 78);
    EXPECT_NE(ended.err.find("listener \"web\": address: expected another address than \"stdio:\" with --daemon\n"),
              std::string::npos)
        << ended.err;
}

TEST(Stdio, EndsTheHostWhenTheWorkerDiesThatServedIt)
{
    const TempDir directory;
    directory.write("hawser.toml", toml());
    Process host({HAWSER_PROGRAM, "run", directory / "hawser.toml", "--set", "log.output=stderr"});
    ASSERT_TRUE(host.wait_for_error_text("\"event\":\"ready\"")) << host.err();
    const std::string pid = std::to_string(host.pid());
    std::ifstream in("/proc/" + pid + "/task/" + pid + "/children");
    int worker = 0;
    in >> worker;
    ASSERT_GT(worker, 1);
    ::kill(worker, SIGKILL);
    EXPECT_TRUE(host.wait_for_error_text("the connection of stdio: has ended")) << host.err();
    EXPECT_NE(host.wait(), -1) << host.err();
}

} // namespace
} // namespace hawser::test
