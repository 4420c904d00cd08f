// The raw limit of a TCP echo: one receive, one send.
//   raw_echo ADDRESS
#include "raw_server.hpp"

int main(int argc, char **argv)
{
    if (argc != 2) {
        std::fprintf(stderr, "usage: raw_echo ADDRESS\n");
        return 64;
    }
    bench::serve(
        argv[1], [](int) {},
        [](int fd, const char *bytes, std::size_t size) {
            return ::send(fd, bytes, size, MSG_NOSIGNAL) == static_cast<ssize_t>(size);
        });
}
