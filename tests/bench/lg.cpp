// The load client of scripts/bench and of the system tests. Sends the same request in a closed loop and judges every
// answer; prints one JSON object of counts; status 0 if nothing failed, else 1.
//   lg ADDRESS [--connections N] [--requests N] [--pipeline N] [--fresh] [--echo BYTES] [--post BYTES] [--browser]
//   [--path PATH]
// Without --requests it runs until its standard input ends. "running" is printed after the first answer.
#include "load.hpp"

#include <algorithm>
#include <csignal>
#include <ctime>
#include <string_view>

namespace {

std::string small_request(const std::string &path, bool fresh)
{
    return "GET " + path + " HTTP/1.1\r\nHost: 127.0.0.1\r\n" + (fresh ? "Connection: close\r\n\r\n" : "\r\n");
}

// What a browser sends for a page: 605 bytes with the path "/".
std::string browser_request(const std::string &path)
{
    std::string request =
        "GET " + path +
        " HTTP/1.1\r\n"
        "Host: 127.0.0.1:8080\r\n"
        "Connection: keep-alive\r\n"
        "sec-ch-ua: \"Chromium\";v=\"130\", \"Not?A_Brand\";v=\"99\"\r\n"
        "sec-ch-ua-mobile: ?0\r\n"
        "sec-ch-ua-platform: \"Linux\"\r\n"
        "Upgrade-Insecure-Requests: 1\r\n"
        "User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 "
        "Safari/537.36\r\n"
        "Accept: text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8\r\n"
        "Sec-Fetch-Site: none\r\n"
        "Sec-Fetch-Mode: navigate\r\n"
        "Sec-Fetch-Dest: document\r\n"
        "Accept-Encoding: gzip, deflate, br\r\n"
        "Accept-Language: en-GB,en;q=0.9\r\n"
        "Cookie: session=";
    while (request.size() + 4 < 605) request += 'c';
    return request + "\r\n\r\n";
}

std::string post_request(const std::string &path, std::size_t size)
{
    return "POST " + path +
           " HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: text/plain\r\nContent-Length: " + std::to_string(size) +
           "\r\n\r\n" + std::string(size, 'p');
}

[[noreturn]] void usage()
{
    std::fprintf(stderr, "usage: lg ADDRESS [--connections N] [--requests N] [--pipeline N] [--fresh] [--echo BYTES] "
                         "[--post BYTES] [--browser] [--path PATH]\n");
    std::exit(64);
}

bench::LoadSettings parse(int argc, char **argv)
{
    if (argc < 2) usage();
    bench::LoadSettings settings;
    settings.address = argv[1];
    std::string path = "/";
    bool browser = false;
    std::size_t post = 0;
    for (int i = 2; i < argc; ++i) {
        const std::string_view name = argv[i];
        const auto value = [&] { return ++i < argc ? argv[i] : (usage(), nullptr); };
        if (name == "--connections")
            settings.connections = std::strtoul(value(), nullptr, 10);
        else if (name == "--requests")
            settings.requests = std::strtoull(value(), nullptr, 10);
        else if (name == "--pipeline")
            settings.pipeline = std::strtoul(value(), nullptr, 10);
        else if (name == "--fresh")
            settings.fresh = true;
        else if (name == "--echo")
            settings.request.assign(std::strtoul(value(), nullptr, 10), 'e'), settings.echo = true;
        else if (name == "--post")
            post = std::strtoul(value(), nullptr, 10);
        else if (name == "--browser")
            browser = true;
        else if (name == "--path")
            path = value();
        else
            usage();
    }
    if (post > 0)
        settings.request = post_request(path, post);
    else if (!settings.echo)
        settings.request = browser ? browser_request(path) : small_request(path, settings.fresh);
    return settings;
}

std::uint32_t percentile(const std::vector<std::uint32_t> &sorted, double part)
{
    return sorted.empty() ? 0 : sorted[static_cast<std::size_t>(part * static_cast<double>(sorted.size() - 1))];
}

} // namespace

int main(int argc, char **argv)
{
    ::signal(SIGPIPE, SIG_IGN);
    bench::Load load(parse(argc, argv));
    timespec begin{}, end{};
    ::clock_gettime(CLOCK_MONOTONIC, &begin);
    load.run(STDIN_FILENO);
    ::clock_gettime(CLOCK_MONOTONIC, &end);
    const double seconds =
        static_cast<double>(end.tv_sec - begin.tv_sec) + static_cast<double>(end.tv_nsec - begin.tv_nsec) * 1e-9;
    auto &latencies = load.latencies_us();
    std::sort(latencies.begin(), latencies.end());
    const bench::LoadCounts &counts = load.counts();
    const auto number = [](std::uint64_t n) { return static_cast<unsigned long long>(n); };
    std::printf(
        "{\"answers\":%llu,\"seconds\":%.3f,\"connections\":%llu,\"errors\":%llu,\"refused\":%llu,\"lost\":%llu,"
        "\"raced\":%llu,\"cut\":%llu,\"bad\":%llu,\"p50_us\":%u,\"p99_us\":%u}\n",
        number(counts.answers), seconds, number(counts.connections), number(counts.errors()), number(counts.refused),
        number(counts.lost), number(counts.raced), number(counts.cut), number(counts.bad), percentile(latencies, 0.5),
        percentile(latencies, 0.99));
    return counts.errors() == 0 ? 0 : 1;
}
