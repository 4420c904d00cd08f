// Listening sockets that the process was started with.
#include "net/address.hpp"
#include "net/inherited.hpp"

#include <gtest/gtest.h>

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

namespace hawser::host {
namespace {

Fd listening()
{
    Endpoint endpoint;
    endpoint.host = "127.0.0.1";
    return std::move(listen_on(endpoint, {}, 1)->sockets.front());
}

Endpoint endpoint(std::string_view text) { return *parse_listen_endpoint(text); }

const auto kNothing = [](const std::string &) { return std::optional<std::string>(); };

TEST(Inherited, GivesTheSocketOfANumberAgainAndAgain)
{
    const int fd = listening().release();
    SocketAddress address;
    ASSERT_TRUE(local_address(fd, address));
    const InheritedSockets sockets = InheritedSockets::take(kNothing);
    for (int i = 0; i < 2; ++i) {
        const auto group = sockets.group(endpoint("fd:" + std::to_string(fd)), {});
        ASSERT_TRUE(group) << group.error().text;
        EXPECT_TRUE(group->shared);
        EXPECT_EQ(group->bound, address.text);
    }
    EXPECT_NE(::fcntl(fd, F_GETFD) & FD_CLOEXEC, 0) << "no worker gets it by accident";
}

TEST(Inherited, SaysThatANumberIsNoListeningSocket)
{
    int ends[2];
    ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
    const Fd a(ends[0]), b(ends[1]);
    const InheritedSockets sockets = InheritedSockets::take(kNothing);
    const auto group = sockets.group(endpoint("fd:" + std::to_string(a.get())), {});
    ASSERT_FALSE(group);
    EXPECT_EQ(group.error().status, Status::System);
    EXPECT_NE(group.error().text.find("expected the number of a listening stream socket"), std::string::npos);
}

TEST(Inherited, IgnoresWhatSystemdMeantForAnotherProcess)
{
    const auto of_another = [](const std::string &name) -> std::optional<std::string> {
        return name == "LISTEN_PID" ? "1" : name == "LISTEN_FDS" ? "1" : "web";
    };
    const InheritedSockets sockets = InheritedSockets::take(of_another);
    const auto group = sockets.group(endpoint("systemd:web"), {});
    ASSERT_FALSE(group);
    EXPECT_EQ(group.error().text, "systemd:web: expected a socket of this name from systemd, got none; set "
                                  "FileDescriptorName= in its unit");
}

} // namespace
} // namespace hawser::host
