// Latency at a rate that does not depend on the answers: requests are due at fixed times on connections taken in turn,
// and each is counted from when it was due, so that a server that stalls is charged for all who would have waited.
// Prints one JSON object; status 0 if every answer was right.
//   pace ADDRESS --rate N --seconds N [--connections N] [--path PATH]
#include "answers.hpp"
#include "sockets.hpp"

#include <sys/prctl.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <ctime>
#include <deque>
#include <string_view>
#include <vector>

namespace {

struct Settings {
    std::string address, path = "/";
    double rate = 1000, seconds = 1;
    std::size_t connections = 64;
};

[[noreturn]] void usage()
{
    std::fprintf(stderr, "usage: pace ADDRESS --rate N --seconds N [--connections N] [--path PATH]\n");
    std::exit(64);
}

Settings parse(int argc, char **argv)
{
    if (argc < 2) usage();
    Settings settings;
    settings.address = argv[1];
    for (int i = 2; i + 1 < argc; i += 2) {
        const std::string_view name = argv[i];
        const char *value = argv[i + 1];
        if (name == "--rate")
            settings.rate = std::strtod(value, nullptr);
        else if (name == "--seconds")
            settings.seconds = std::strtod(value, nullptr);
        else if (name == "--connections")
            settings.connections = std::strtoul(value, nullptr, 10);
        else if (name == "--path")
            settings.path = value;
        else
            usage();
    }
    if (argc % 2 != 0 || settings.rate <= 0 || settings.connections == 0) usage();
    return settings;
}

std::uint64_t now_ns()
{
    timespec now{};
    ::clock_gettime(CLOCK_MONOTONIC, &now);
    return static_cast<std::uint64_t>(now.tv_sec) * 1'000'000'000 + static_cast<std::uint64_t>(now.tv_nsec);
}

class Pace {
public:
    explicit Pace(const Settings &settings)
        : settings_(settings)
        , request_("GET " + settings.path + " HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        , epoll_(::epoll_create1(EPOLL_CLOEXEC))
    {
        const bench::Address address = bench::parse_address(settings.address);
        for (std::size_t i = 0; i < settings.connections; ++i) {
            const int fd = bench::start_connect(address);
            if (fd < 0) bench::die("connect");
            bench::watch(epoll_, fd, EPOLLIN);
            fds_.push_back(fd);
            if (index_of_.size() <= static_cast<std::size_t>(fd)) index_of_.resize(static_cast<std::size_t>(fd) + 1);
            index_of_[static_cast<std::size_t>(fd)] = i;
            answers_.emplace_back(std::string_view());
            due_.emplace_back();
        }
    }
    void run()
    {
        constexpr std::uint64_t kStart = 100'000'000, kWait = 5'000'000'000; // to connect; for the last answers
        const std::uint64_t begin = now_ns() + kStart;
        const auto total = static_cast<std::uint64_t>(settings_.rate * settings_.seconds);
        const double pause = 1e9 / settings_.rate;
        const std::uint64_t end = begin + static_cast<std::uint64_t>(settings_.seconds * 1e9) + kWait;
        std::uint64_t sent = 0, now = 0;
        while ((now = now_ns()) < end && latencies_.size() + errors_ < total) {
            auto due = begin + static_cast<std::uint64_t>(static_cast<double>(sent) * pause);
            if (sent < total && now >= due) {
                send(sent % fds_.size(), due);
                due = begin + static_cast<std::uint64_t>(static_cast<double>(++sent) * pause);
            }
            take(due > now ? due - now : 0, sent == total);
        }
        errors_ += sent - std::min<std::uint64_t>(sent, latencies_.size() + errors_);
    }
    std::vector<std::uint32_t> &latencies_ns() { return latencies_; }
    std::uint64_t errors() const { return errors_; }

private:
    void send(std::size_t index, std::uint64_t due)
    {
        if (::send(fds_[index], request_.data(), request_.size(), MSG_NOSIGNAL) !=
            static_cast<ssize_t>(request_.size())) {
            ++errors_;
            return;
        }
        due_[index].push_back(due);
    }
    void take(std::uint64_t wait_ns, bool all_sent)
    {
        constexpr std::uint64_t kSecond = 1'000'000'000, kLook = 10'000'000;
        if (all_sent) wait_ns = kLook;
        const timespec wait{static_cast<time_t>(wait_ns / kSecond), static_cast<long>(wait_ns % kSecond)};
        std::array<epoll_event, 64> events{};
        const int count = ::epoll_pwait2(epoll_, events.data(), events.size(), &wait, nullptr);
        for (int i = 0; i < count; ++i) readable(events[static_cast<std::size_t>(i)].data.fd);
    }
    void readable(int fd)
    {
        static std::array<char, 256 * 1024> buffer;
        const std::size_t index = index_of_[static_cast<std::size_t>(fd)];
        const ssize_t size = ::recv(fd, buffer.data(), buffer.size(), 0);
        if (size < 0 && errno == EAGAIN) return;
        if (size <= 0) {
            ::epoll_ctl(epoll_, EPOLL_CTL_DEL, fd, nullptr);
            return;
        }
        answers_[index].add(buffer.data(), static_cast<std::size_t>(size));
        bench::Answers::Next next;
        while ((next = answers_[index].next()) == bench::Answers::Next::Good && !due_[index].empty()) {
            latencies_.push_back(
                static_cast<std::uint32_t>(std::min<std::uint64_t>(now_ns() - due_[index].front(), UINT32_MAX)));
            due_[index].pop_front();
        }
        if (next == bench::Answers::Next::Bad) ++errors_;
    }

    Settings settings_;
    std::string request_;
    int epoll_;
    std::vector<int> fds_;
    std::vector<std::size_t> index_of_; // by descriptor
    std::vector<bench::Answers> answers_;
    std::vector<std::deque<std::uint64_t>> due_;
    std::vector<std::uint32_t> latencies_;
    std::uint64_t errors_ = 0;
};

double microseconds(const std::vector<std::uint32_t> &sorted, double part)
{
    return sorted.empty() ? 0 : sorted[static_cast<std::size_t>(part * static_cast<double>(sorted.size() - 1))] / 1e3;
}

} // namespace

int main(int argc, char **argv)
{
    ::signal(SIGPIPE, SIG_IGN);
    ::prctl(PR_SET_TIMERSLACK, 1UL); // ns
    Pace pace(parse(argc, argv));
    pace.run();
    auto &latencies = pace.latencies_ns();
    std::sort(latencies.begin(), latencies.end());
    std::printf("{\"answers\":%zu,\"errors\":%llu,\"p50_us\":%.1f,\"p99_us\":%.1f,\"p999_us\":%.1f,\"most_us\":%.1f}\n",
                latencies.size(), static_cast<unsigned long long>(pace.errors()), microseconds(latencies, 0.5),
                microseconds(latencies, 0.99), microseconds(latencies, 0.999), microseconds(latencies, 1));
    return pace.errors() == 0 ? 0 : 1;
}
