// The raw limit of HTTP: answers every request head with the same 13 bytes, parsing nothing but the empty line at its
// end. Keep-alive and pipelining; with --close each connection ends after its first answer.
//   raw_http ADDRESS [--close]
#include "raw_server.hpp"

#include <string_view>
#include <vector>

namespace {

constexpr std::string_view kAnswer = "HTTP/1.1 200 OK\r\n"
                                     "Date: Tue, 24 Nov 2026 10:00:00 GMT\r\n"
                                     "Server: raw\r\n"
                                     "Content-Type: text/plain; charset=utf-8\r\n"
                                     "Content-Length: 13\r\n\r\n"
                                     "Hello, world!";
constexpr int kMostAnswers = 1024; // in one send

// Counts empty lines in `bytes`, going on from `matched` bytes of "\r\n\r\n".
int count_heads(unsigned char &matched, const char *bytes, std::size_t size)
{
    int heads = 0;
    const char *end = bytes + size;
    while (bytes != end) {
        if (matched == 0) {
            bytes = static_cast<const char *>(std::memchr(bytes, '\r', static_cast<std::size_t>(end - bytes)));
            if (!bytes) return heads;
            matched = 1;
            ++bytes;
            continue;
        }
        const char wanted = matched == 2 ? '\r' : '\n';
        matched = *bytes == wanted ? static_cast<unsigned char>(matched + 1) : *bytes == '\r' ? 1 : 0;
        ++bytes;
        if (matched == 4) {
            matched = 0;
            ++heads;
        }
    }
    return heads;
}

} // namespace

int main(int argc, char **argv)
{
    if (argc < 2) {
        std::fprintf(stderr, "usage: raw_http ADDRESS [--close]\n");
        return 64;
    }
    const bool close_after = argc > 2 && std::string_view(argv[2]) == "--close";
    std::string answers;
    for (int i = 0; i < kMostAnswers; ++i) answers += kAnswer;
    std::vector<unsigned char> matched(65536);
    bench::serve(
        argv[1], [&](int fd) { matched[static_cast<std::size_t>(fd)] = 0; },
        [&](int fd, const char *bytes, std::size_t size) {
            int heads = count_heads(matched[static_cast<std::size_t>(fd)], bytes, size);
            if (heads > kMostAnswers) heads = kMostAnswers;
            const std::size_t length = static_cast<std::size_t>(heads) * kAnswer.size();
            if (heads > 0 && ::send(fd, answers.data(), length, MSG_NOSIGNAL) != static_cast<ssize_t>(length))
                return false;
            return !(close_after && heads > 0);
        });
}
