#include "net/address.hpp"
#include "net/listen.hpp"

#include <gtest/gtest.h>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>

namespace hawser::host {
namespace {

Endpoint endpoint(const std::string &text) { return *parse_listen_endpoint(text); }

int option(int socket, int level, int name)
{
    int value = -1;
    socklen_t size = sizeof value;
    ::getsockopt(socket, level, name, &value, &size);
    return value;
}

TEST(Listen, OpensOneSocketForEachLoopOnOnePortAndReportsIt)
{
    for (const char *address : {"127.0.0.1:0", "[::1]:0"}) {
        auto group = listen_on(endpoint(address), {}, 3);
        ASSERT_TRUE(group.ok()) << group.error().text;
        ASSERT_EQ(group->sockets.size(), 3U);
        EXPECT_NE(group->endpoint.port, 0);
        for (const Fd &socket : group->sockets) {
            SocketAddress bound;
            ASSERT_TRUE(local_address(socket.get(), bound));
            EXPECT_EQ(bound.text, group->bound);
            EXPECT_EQ(option(socket.get(), SOL_SOCKET, SO_REUSEPORT), 1);
            EXPECT_EQ(option(socket.get(), IPPROTO_TCP, TCP_NODELAY), 1);
            EXPECT_EQ(option(socket.get(), SOL_SOCKET, SO_ACCEPTCONN), 1);
        }
    }
}

TEST(Listen, RefusesAPortThatAnotherGroupHasThoughBothWouldShare)
{
    auto first = listen_on(endpoint("127.0.0.1:0"), {}, 2);
    ASSERT_TRUE(first.ok());
    const auto second = listen_on(first->endpoint, {}, 2);
    ASSERT_FALSE(second.ok());
    EXPECT_EQ(second.error().status, Status::System);
    EXPECT_EQ(second.error().text.rfind(first->bound + ": cannot listen: Address already in use", 0), 0U)
        << second.error().text;
}

TEST(Listen, AddsSocketsForMoreLoopsAndNeverTakesOneAway)
{
    auto group = listen_on(endpoint("127.0.0.1:0"), {}, 1);
    ASSERT_TRUE(group.ok());
    ASSERT_TRUE(add_sockets(*group, {}, 4).ok());
    EXPECT_EQ(group->sockets.size(), 4U);
    ASSERT_TRUE(add_sockets(*group, {}, 2).ok());
    EXPECT_EQ(group->sockets.size(), 4U);
}

TEST(Listen, KeepsAUnixSocketThatSomebodyServesAndReplacesAStaleOne)
{
    char directory[] = "/tmp/hawser-listen-XXXXXX";
    ASSERT_NE(::mkdtemp(directory), nullptr);
    const Endpoint unix_endpoint = endpoint("unix:" + std::string(directory) + "/s");
    {
        auto served = listen_on(unix_endpoint, {}, 2);
        ASSERT_TRUE(served.ok());
        EXPECT_EQ(served->sockets.size(), 1U);
        EXPECT_TRUE(served->shared);
        EXPECT_FALSE(listen_on(unix_endpoint, {}, 1).ok());
    }
    auto again = listen_on(unix_endpoint, {}, 1);
    EXPECT_TRUE(again.ok()) << "nobody listens behind it any more";
    unlink_group(*again);
    std::ofstream(unix_endpoint.path) << "a file";
    EXPECT_FALSE(listen_on(unix_endpoint, {}, 1).ok());
    ::unlink(unix_endpoint.path.c_str());
    ::rmdir(directory);
}

TEST(Listen, SaysNotPermittedForALowPortWithoutTheRight)
{
    // In a child, which gives the right up where it has it.
    const auto status_without_the_right = [] {
        constexpr uid_t kNobody = 65534;
        if (::geteuid() == 0 && ::setresuid(kNobody, kNobody, kNobody) != 0) ::_exit(101);
        const auto group = listen_on(endpoint("127.0.0.1:1"), {}, 1);
        ::_exit(group.ok() ? 102 : static_cast<int>(group.error().status));
    };
    const pid_t child = ::fork();
    if (child == 0) status_without_the_right();
    int ended = 0;
    ASSERT_EQ(::waitpid(child, &ended, 0), child);
    ASSERT_TRUE(WIFEXITED(ended));
    EXPECT_EQ(WEXITSTATUS(ended), static_cast<int>(Status::NotPermitted));
}

TEST(Address, ShowsIpv4InIpv6AsIpv4)
{
    const Fd listener(::socket(AF_INET6, SOCK_STREAM, 0)), client(::socket(AF_INET, SOCK_STREAM, 0));
    const int off = 0;
    ::setsockopt(listener.get(), IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
    sockaddr_in6 any{};
    any.sin6_family = AF_INET6;
    ASSERT_EQ(::bind(listener.get(), reinterpret_cast<sockaddr *>(&any), sizeof any), 0);
    ASSERT_EQ(::listen(listener.get(), 1), 0);
    SocketAddress local;
    ASSERT_TRUE(local_address(listener.get(), local));
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(local.port);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    ASSERT_EQ(::connect(client.get(), reinterpret_cast<sockaddr *>(&to), sizeof to), 0);
    const Fd accepted(::accept(listener.get(), nullptr, nullptr));
    SocketAddress peer;
    ASSERT_TRUE(peer_address(accepted.get(), peer));
    EXPECT_EQ(peer.family, 4);
    EXPECT_EQ(peer.text.rfind("127.0.0.1:", 0), 0U);
}

} // namespace
} // namespace hawser::host
