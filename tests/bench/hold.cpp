// Holds connections open, each after one request (or one echo), for as long as its standard input stays open: how much
// memory does a server keep for each? Spreads the sources over 127.0.0.1 to 127.0.0.N, so that ports suffice.
//   hold ADDRESS COUNT                        prints "held COUNT" when all stand
#include "sockets.hpp"

#include <fcntl.h>

#include <array>
#include <string_view>
#include <vector>

namespace {

constexpr std::string_view kRequest = "GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n";
constexpr int kPerSource = 10'000;

// One connection that has had its answer. Blocking, one at a time: the server's memory is what is looked at.
int open_one(const bench::Address &address, const std::string &source)
{
    const int fd = bench::start_connect(address, source.c_str());
    if (fd < 0) bench::die("connecting");
    const int flags = 0;
    if (::fcntl(fd, F_SETFL, flags) != 0) bench::die("fcntl");
    if (::send(fd, kRequest.data(), kRequest.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(kRequest.size()))
        bench::die("sending");
    std::array<char, 4096> answer{};
    if (::recv(fd, answer.data(), answer.size(), 0) <= 0) bench::die("receiving");
    return fd;
}

} // namespace

int main(int argc, char **argv)
{
    if (argc != 3) {
        std::fprintf(stderr, "usage: hold ADDRESS COUNT\n");
        return 64;
    }
    const bench::Address address = bench::parse_address(argv[1]);
    const int count = std::atoi(argv[2]);
    std::vector<int> held;
    for (int i = 0; i < count; ++i) held.push_back(open_one(address, "127.0.0." + std::to_string(1 + i / kPerSource)));
    std::printf("held %d\n", count);
    std::fflush(stdout);
    char byte = 0;
    while (::read(STDIN_FILENO, &byte, 1) > 0) {}
}
