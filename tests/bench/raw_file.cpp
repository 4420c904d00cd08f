// The raw limit of files: answers every request with the same file, parsing nothing. Up to 16 KiB from memory in one
// send with its head, more by sendfile behind it.
//   raw_file ADDRESS FILE
#include "sockets.hpp"

#include <fcntl.h>
#include <sys/sendfile.h>
#include <sys/stat.h>

#include <array>
#include <csignal>
#include <string_view>
#include <vector>

namespace {

constexpr std::size_t kFromMemory = 16 * 1024;

class Server {
public:
    Server(const std::string &address, const char *path)
        : file_(::open(path, O_RDONLY | O_CLOEXEC))
        , listener_(bench::listen_on(address))
        , epoll_(::epoll_create1(EPOLL_CLOEXEC))
        , left_(65536)
    {
        struct stat status {};
        if (file_ < 0 || ::fstat(file_, &status) != 0) bench::die(path);
        size_ = status.st_size;
        head_ = "HTTP/1.1 200 OK\r\nDate: Tue, 24 Nov 2026 10:00:00 GMT\r\nServer: raw\r\nContent-Type: text/plain\r\n"
                "Content-Length: " +
                std::to_string(size_) + "\r\n\r\n";
        if (static_cast<std::size_t>(size_) <= kFromMemory) {
            const std::size_t before = head_.size();
            head_.resize(before + static_cast<std::size_t>(size_));
            if (::pread(file_, head_.data() + before, static_cast<std::size_t>(size_), 0) != size_) bench::die(path);
            size_ = 0;
        }
        bench::watch(epoll_, listener_, EPOLLIN);
    }

    [[noreturn]] void run()
    {
        std::array<epoll_event, 256> events{};
        for (;;) {
            const int count = ::epoll_wait(epoll_, events.data(), events.size(), -1);
            for (int i = 0; i < count; ++i) {
                const epoll_event &event = events[static_cast<std::size_t>(i)];
                if (event.data.fd == listener_)
                    accept_all();
                else if (!((event.events & EPOLLOUT) != 0 ? send_rest(event.data.fd) : readable(event.data.fd)))
                    ::close(event.data.fd);
            }
        }
    }

private:
    void accept_all()
    {
        int fd;
        while ((fd = ::accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0)
            bench::watch(epoll_, fd, EPOLLIN);
    }
    // These return false for a connection that is over.
    bool readable(int fd)
    {
        static std::array<char, 64 * 1024> buffer;
        const ssize_t size = ::recv(fd, buffer.data(), buffer.size(), 0);
        if (size <= 0) return size < 0 && errno == EAGAIN;
        const int flags = MSG_NOSIGNAL | (size_ > 0 ? MSG_MORE : 0);
        if (::send(fd, head_.data(), head_.size(), flags) != static_cast<ssize_t>(head_.size())) return false;
        left_[static_cast<std::size_t>(fd)] = size_;
        return size_ == 0 || send_some(fd, EPOLLIN);
    }
    bool send_rest(int fd) { return send_some(fd, EPOLLOUT); }
    bool send_some(int fd, std::uint32_t watched)
    {
        off_t &left = left_[static_cast<std::size_t>(fd)];
        while (left > 0) {
            off_t at = size_ - left;
            const ssize_t sent = ::sendfile(fd, file_, &at, static_cast<std::size_t>(left));
            if (sent < 0 && errno != EAGAIN) return false;
            if (sent < 0) break;
            left -= sent;
        }
        const std::uint32_t wanted = left > 0 ? EPOLLOUT : EPOLLIN;
        if (wanted != watched) bench::watch(epoll_, fd, wanted, EPOLL_CTL_MOD);
        return true;
    }

    int file_, listener_, epoll_;
    off_t size_ = 0; // of what is sent behind the head
    std::string head_;
    std::vector<off_t> left_;
};

} // namespace

int main(int argc, char **argv)
{
    if (argc != 3) {
        std::fprintf(stderr, "usage: raw_file ADDRESS FILE\n");
        return 64;
    }
    ::signal(SIGPIPE, SIG_IGN);
    Server(argv[1], argv[2]).run();
}
