#include "client.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>

namespace hawser::test {
namespace {

constexpr int kWaitMs = 30000;

sockaddr_storage parse(const std::string &address, socklen_t &size)
{
    sockaddr_storage storage{};
    if (address.starts_with("unix:")) {
        auto &un = reinterpret_cast<sockaddr_un &>(storage);
        un.sun_family = AF_UNIX;
        std::strncpy(un.sun_path, address.c_str() + 5, sizeof un.sun_path - 1);
        size = sizeof un;
        return storage;
    }
    const std::size_t colon = address.rfind(':');
    const auto port = static_cast<std::uint16_t>(std::atoi(address.c_str() + colon + 1));
    if (address[0] == '[') {
        auto &six = reinterpret_cast<sockaddr_in6 &>(storage);
        six.sin6_family = AF_INET6;
        six.sin6_port = htons(port);
        inet_pton(AF_INET6, address.substr(1, colon - 2).c_str(), &six.sin6_addr);
        size = sizeof six;
    } else {
        auto &four = reinterpret_cast<sockaddr_in &>(storage);
        four.sin_family = AF_INET;
        four.sin_port = htons(port);
        inet_pton(AF_INET, address.substr(0, colon).c_str(), &four.sin_addr);
        size = sizeof four;
    }
    return storage;
}

} // namespace

Client::Client(const std::string &address, int receive_buffer)
{
    socklen_t size = 0;
    const sockaddr_storage storage = parse(address, size);
    fd_ = ::socket(storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (receive_buffer > 0) ::setsockopt(fd_, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
    if (::connect(fd_, reinterpret_cast<const sockaddr *>(&storage), size) != 0) {
        ::close(fd_);
        fd_ = -1;
    }
}

Client::~Client()
{
    if (fd_ >= 0) ::close(fd_);
}

bool Client::send(std::string_view bytes)
{
    while (!bytes.empty()) {
        const ssize_t n = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (n <= 0) return false;
        bytes.remove_prefix(static_cast<std::size_t>(n));
    }
    return true;
}

void Client::shut_down() { ::shutdown(fd_, SHUT_WR); }

void Client::reset()
{
    const linger now{1, 0};
    ::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &now, sizeof now);
    ::close(fd_);
    fd_ = -1;
}

bool Client::fill()
{
    pollfd readable{fd_, POLLIN, 0};
    if (::poll(&readable, 1, kWaitMs) <= 0) return false;
    char buffer[65536];
    const ssize_t n = ::recv(fd_, buffer, sizeof buffer, 0);
    if (n <= 0) return false;
    input_.append(buffer, static_cast<std::size_t>(n));
    return true;
}

std::string Client::receive(std::size_t n)
{
    while (input_.size() < n && fill()) {}
    std::string taken = input_.substr(0, n);
    input_.erase(0, n);
    return taken;
}

std::string Client::receive_until(std::string_view text)
{
    std::size_t at;
    while ((at = input_.find(text)) == std::string::npos && fill()) {}
    return receive(at == std::string::npos ? input_.size() : at + text.size());
}

std::string Client::receive_all()
{
    while (fill()) {}
    return receive(input_.size());
}

bool Client::ended() { return input_.empty() && !fill() && input_.empty(); }

Client::Answer Client::answer(bool to_head)
{
    Answer answer;
    answer.head = receive_until("\r\n\r\n");
    if (answer.head.size() < 12) return answer;
    answer.status = std::atoi(answer.head.c_str() + 9);
    std::string lower = answer.head;
    std::transform(lower.begin(), lower.end(), lower.begin(), [](unsigned char c) { return std::tolower(c); });
    answer.closes = lower.find("\r\nconnection: close") != std::string::npos;
    if (to_head || answer.status == 204 || answer.status == 304 || answer.status < 200) return answer;
    if (const std::size_t at = lower.find("\r\ncontent-length: "); at != std::string::npos) {
        answer.body = receive(std::strtoull(lower.c_str() + at + 18, nullptr, 10));
    } else if (lower.find("\r\ntransfer-encoding: chunked") != std::string::npos) {
        for (;;) {
            const std::size_t n = std::strtoull(receive_until("\r\n").c_str(), nullptr, 16);
            answer.body += receive(n);
            receive(2);
            if (n == 0) break;
        }
    } else {
        answer.body = receive_all();
    }
    return answer;
}

Client::Answer Client::get(const std::string &path, const std::string &fields)
{
    send("GET " + path + " HTTP/1.1\r\nHost: test\r\n" + fields + "\r\n");
    return answer();
}

} // namespace hawser::test
