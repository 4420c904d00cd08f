#include "supervisor/control_server.hpp"

#include "supervisor/control_path.hpp"

#include <gtest/gtest.h>

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <thread>

namespace hawser::host {
namespace {

class ControlTest : public ::testing::Test {
protected:
    void SetUp() override
    {
        char name[] = "/tmp/hawser-control-XXXXXX";
        ASSERT_NE(::mkdtemp(name), nullptr);
        directory_ = name;
        ASSERT_TRUE(server_.open(path()).ok());
        thread_ = std::thread([this] { events_.run(); });
    }
    void TearDown() override
    {
        events_.stop();
        thread_.join();
        std::filesystem::remove_all(directory_);
    }
    std::string path() const { return directory_ + "/c.sock"; }
    Fd connect() const
    {
        Fd fd(::socket(AF_UNIX, SOCK_STREAM, 0));
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        std::strcpy(address.sun_path, path().c_str());
        const timeval patience{20, 0};
        ::setsockopt(fd.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
        ::setsockopt(fd.get(), SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
        EXPECT_EQ(::connect(fd.get(), reinterpret_cast<sockaddr *>(&address), sizeof address), 0);
        return fd;
    }
    // Sends the bytes and reads up to `lines` lines; `half`: with the end of what it sends.
    std::string ask(const std::string &bytes, int lines = 1, bool half = false) const
    {
        const Fd fd = connect();
        EXPECT_EQ(::send(fd.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL), static_cast<ssize_t>(bytes.size()));
        if (half) ::shutdown(fd.get(), SHUT_WR);
        std::string got;
        char buffer[4096];
        while (lines > 0) {
            const ssize_t n = ::recv(fd.get(), buffer, sizeof buffer, 0);
            if (n <= 0) break;
            for (ssize_t i = 0; i < n; ++i) lines -= buffer[i] == '\n' ? 1 : 0;
            got.append(buffer, static_cast<std::size_t>(n));
        }
        return got;
    }

    Events events_;
    Log log_{LogSettings{Level::Error, LogFormat::Text, 2}};
    ControlServer server_{events_, log_, [this](const ControlRequest &request) {
                              if (request.verb == "long") {
                                  request.reply({Status::Ok, '"' + std::string(1 << 20, 'x') + '"', {}});
                                  return;
                              }
                              if (request.verb == "later") {
                                  events_.post([reply = request.reply] { reply({Status::BadConfig, "", {"a", "b"}}); });
                                  return;
                              }
                              request.reply({Status::Ok, "{\"verb\":\"" + request.verb + "\"}", {}});
                          }};
    std::thread thread_;
    std::string directory_;
};

TEST_F(ControlTest, AnswersOneObjectALineWithItsId)
{
    EXPECT_EQ(ask("{\"id\":7,\"do\":\"status\"}\n"), "{\"id\":7,\"status\":0,\"result\":{\"verb\":\"status\"}}\n");
    EXPECT_EQ(ask("{\"id\":\"x\",\"do\":\"later\",\"args\":{}}\n"),
              "{\"id\":\"x\",\"status\":78,\"problems\":[\"a\",\"b\"]}\n");
    EXPECT_EQ(
        ask("{\"id\":1,\"do\":\"a\"}\n{\"id\":2,\"do\":\"b\"}\n", 2),
        "{\"id\":1,\"status\":0,\"result\":{\"verb\":\"a\"}}\n{\"id\":2,\"status\":0,\"result\":{\"verb\":\"b\"}}\n");
}

TEST_F(ControlTest, RefusesWhatIsNoRequestAndEndsThePeer)
{
    for (const char *bad : {"\n", "hello\n", "[]\n", "{\"id\":1}\n", "{\"do\":5}\n"})
        EXPECT_NE(ask(bad, 2).find("\"status\":64"), std::string::npos) << bad;
}

TEST_F(ControlTest, AnswersAPeerThatSendsNoMore)
{
    EXPECT_EQ(ask("{\"id\":1,\"do\":\"later\"}\n", 2, true), "{\"id\":1,\"status\":78,\"problems\":[\"a\",\"b\"]}\n");
    EXPECT_EQ(ask("{\"id\":2,\"do\":\"a\"}", 2, true), "{\"id\":2,\"status\":0,\"result\":{\"verb\":\"a\"}}\n");
}

TEST_F(ControlTest, TellsWhoSendsALineWithoutAnEnd)
{
    const Fd fd = connect();
    const std::string part(65536, '\xfe');
    for (int i = 0; i < 17; ++i) ::send(fd.get(), part.data(), part.size(), MSG_NOSIGNAL);
    char buffer[4096];
    const ssize_t n = ::recv(fd.get(), buffer, sizeof buffer, 0);
    ASSERT_GT(n, 0);
    EXPECT_NE(std::string(buffer, static_cast<std::size_t>(n)).find("at most 1 MiB"), std::string::npos);
}

TEST_F(ControlTest, ServesBesideHundredPeersThatAskNothing)
{
    std::vector<Fd> idle;
    for (int i = 0; i < 100; ++i) idle.push_back(connect());
    EXPECT_EQ(ask("{\"id\":1,\"do\":\"a\"}\n"), "{\"id\":1,\"status\":0,\"result\":{\"verb\":\"a\"}}\n");
}

TEST_F(ControlTest, WaitsForNoPeerThatDoesNotReadAndGivesALongAnswerWhole)
{
    std::vector<Fd> deaf;
    const std::string ask_long = "{\"id\":1,\"do\":\"long\"}\n";
    for (int i = 0; i < 20; ++i) {
        deaf.push_back(connect());
        ASSERT_GT(::send(deaf.back().get(), ask_long.data(), ask_long.size(), MSG_NOSIGNAL), 0);
    }
    // Not one of the deaf has read a byte when this is answered.
    EXPECT_NE(ask("{\"id\":1,\"do\":\"a\"}\n"), "");
    EXPECT_EQ(ask(ask_long).size(), (1U << 20) + sizeof("{\"id\":1,\"status\":0,\"result\":\"\"}"));
}

TEST_F(ControlTest, IsItsUsersAloneAndGoneAtItsEnd)
{
    struct stat status {};
    ASSERT_EQ(::stat(path().c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777, 0600U);
    ControlServer second(events_, log_, [](const ControlRequest &) {});
    const auto taken = second.open(path());
    ASSERT_FALSE(taken.ok());
    EXPECT_EQ(taken.error().status, Status::System);
}

TEST(ControlPath, IsTheSameForTheSameConfigurationOnly)
{
    EXPECT_EQ(default_control_path("/a.toml"), default_control_path("/a.toml"));
    EXPECT_NE(default_control_path("/a.toml"), default_control_path("/b.toml"));
    EXPECT_TRUE(default_control_path("/a.toml").ends_with(".sock"));
    EXPECT_LT(default_control_path("/a.toml").size(), 108U);
}

} // namespace
} // namespace hawser::host
