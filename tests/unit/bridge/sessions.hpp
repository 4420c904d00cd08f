// A session that writes down what it hears, and a server of the test's for it to connect to.
#pragma once

#include "rig.hpp"

#include <gtest/gtest.h>

#include <netinet/in.h>
#include <sys/socket.h>

namespace hawser::host::test {

// A session that writes down what it hears.
struct Session {
    Rig *rig;
    hawser_conn *conn = nullptr;
    static Session &of(void *self) { return *static_cast<Session *>(self); }
    static void on_open(void *self, hawser_conn *conn)
    {
        of(self).conn = conn;
        of(self).rig->heard += "open;";
    }
    static std::size_t on_data(void *self, hawser_bytes data)
    {
        of(self).rig->heard += std::string(data.p, data.n) + ';';
        return data.n;
    }
    static void on_close(void *self, std::int32_t reason, hawser_str)
    {
        of(self).rig->heard += "close " + std::to_string(reason) + ';';
    }
    static constexpr hawser_session kTable = {
        sizeof(hawser_session), 0, on_open, on_data, nullptr, nullptr, nullptr, nullptr, nullptr, on_close};
};

// A listening socket of the test.
struct Server {
    Server()
    {
        fd = Fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
        sockaddr_in any{};
        any.sin_family = AF_INET;
        any.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        ::bind(fd.get(), reinterpret_cast<sockaddr *>(&any), sizeof any);
        ::listen(fd.get(), 5);
        socklen_t size = sizeof any;
        ::getsockname(fd.get(), reinterpret_cast<sockaddr *>(&any), &size);
        port = ntohs(any.sin_port);
    }
    Fd fd;
    unsigned port = 0;
};

inline std::int32_t connect(Rig &rig, const std::string &address, Session &session, hawser_conn *&conn,
                            std::uint64_t timeout = 0)
{
    std::int32_t status = 0;
    const hawser_connect options{sizeof(hawser_connect), 0, timeout, {}};
    rig.in_loop([&] {
        status = rig.abi->api->connect(rig.abi, &rig.node, str(address), &options, &Session::kTable, &session, &conn);
        EXPECT_EQ(rig.heard, "") << "never from inside";
    });
    return status;
}

} // namespace hawser::host::test
