// A service, resources and a protocol that misbehave on request.
#include "hawser/hawser.hpp"
#include "hawser/http.hpp"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <csignal>
#include <string>

namespace {

// In plugin code for ever.
void hang(hawser::Node node)
{
    node.info("moody_hangs");
    for (;;) ::pause();
}

// In plugin code until a file is there.
void wait_for(hawser::Node node, std::string_view path)
{
    node.info("moody_waits");
    while (::access(std::string(path).c_str(), F_OK) != 0) ::poll(nullptr, 0, 1);
}

struct Moody {
    hawser::Node node;
    std::string mood;

    explicit Moody(hawser::Node of)
        : node(of)
        , mood(of.option("mood").text())
    {
        if (mood == "refuse_create") throw hawser::Error("today is not the day");
        if (mood == "blame_option") throw hawser::Error("mood", "not this mood");
        if (mood == "throw_create") throw 42;
        if (mood == "hang_create") hang(node);
        if (mood == "wait_create") wait_for(node, of.option("file").text());
        if (mood == "crash_create") std::raise(SIGSEGV);
    }
    void start()
    {
        if (mood == "hang_start") hang(node);
        if (mood == "refuse_start") throw hawser::Error("no will to start");
        node.info("moody_started");
    }
    void stop()
    {
        if (mood == "hang_stop") hang(node);
        node.info("moody_stopped");
    }
};

// Takes a file for itself: two of these at a time do not start.
struct SingleUser {
    hawser::Node node;
    std::string file{node.option("file").path()};
    void start() const
    {
        if (node.option("mood").text() == "refuse") throw hawser::Error("no will to start");
        const int fd = ::open(file.c_str(), O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0600);
        if (fd < 0) throw hawser::Error("the file is another's");
        ::close(fd);
    }
    void stop() const { ::unlink(file.c_str()); }
};

// Answers for as long as the client reads: a stream of zeros.
struct Zeros : hawser::http::Later<Zeros> {
    std::uint64_t left;
    explicit Zeros(std::uint64_t bytes)
        : left(bytes)
    {}
    void begin(hawser::http::Request)
    {
        begin_answer(200, "application/octet-stream", static_cast<std::int64_t>(left));
        go_on();
    }
    void drained() { go_on(); }
    void go_on()
    {
        static const std::string kZeros(65536, '0');
        while (left > 0) {
            const std::size_t n = left < kZeros.size() ? static_cast<std::size_t>(left) : kZeros.size();
            left -= n;
            if (!write(std::string_view(kZeros).substr(0, n)) && left > 0) return;
        }
        end();
    }
};

struct Stream {
    hawser::Node node;
    void request(hawser::http::Exchange exchange, hawser::http::Request)
    {
        Zeros::attach(exchange, node, node.option("bytes").size());
    }
};

struct Hang {
    hawser::Node node;
    std::string get(hawser::http::Request)
    {
        hang(node);
        return {};
    }
};

struct Crash {
    std::string get(hawser::http::Request)
    {
        std::raise(SIGSEGV);
        return "survived";
    }
};

// Sends without ever looking at back-pressure.
struct Pusher {
    hawser::Connection connection;
    void opened() const
    {
        const std::string block(1 << 20, 'x');
        for (int i = 0; i < 64; ++i) connection.write(std::string_view(block));
    }
};

} // namespace

HAWSER_PLUGIN(hawser::service<Moody>("moody"), hawser::service<SingleUser>("single_user"),
              hawser::http::resource<Crash>("crash"), hawser::http::resource<Hang>("hang"),
              hawser::http::resource<Stream>("stream"), hawser::protocol<Pusher>("pusher"))
