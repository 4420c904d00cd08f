// The closed-loop load that lg makes: N connections, each sends its request (or several at once), waits for the whole
// answers and sends again. One thread. Every way to fail has a count of its own, so that a reload can be judged
// strictly.
#pragma once

#include "answers.hpp"
#include "sockets.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace bench {

struct LoadSettings {
    std::string address;
    std::string request; // the bytes of one
    bool echo = false;   // the answer is the request
    std::size_t connections = 64;
    std::size_t pipeline = 1;   // requests sent at once on a connection
    std::uint64_t requests = 0; // stop after so many answers; 0: when told to
    bool fresh = false;         // a new connection for each request, which asks the server to close it
};

struct LoadCounts {
    std::uint64_t answers = 0;
    std::uint64_t connections = 0; // made
    std::uint64_t refused = 0;     // connecting failed
    std::uint64_t lost = 0;        // ended without an answer on a connection that had none before
    std::uint64_t raced = 0;       // ended without an answer between two requests: a client may send again
    std::uint64_t cut = 0;         // ended within an answer, or with fewer than were asked for
    std::uint64_t bad = 0;         // not HTTP, not 2xx, not what was sent, or more than was asked for
    std::uint64_t errors() const { return refused + lost + cut + bad; }
};

class Load {
public:
    explicit Load(const LoadSettings &settings);
    // Runs until the requests are answered; without a number of them until `stop_fd` becomes readable. Prints "running"
    // after the first answer.
    void run(int stop_fd);
    const LoadCounts &counts() const { return counts_; }
    std::vector<std::uint32_t> &latencies_us() { return latencies_; } // of at most the first two million turns

private:
    struct Connection {
        explicit Connection(std::string_view echo)
            : answers(echo)
        {}
        int fd = -1;
        Answers answers;
        std::size_t waiting = 0; // answers still to come
        bool served = false;     // had an answer before
        bool ending = false;     // the server said that it closes
        std::uint64_t sent_ns = 0;
    };

    void open(std::size_t index);
    void reopen(std::size_t index);
    void send(std::size_t index);
    void readable(std::size_t index);
    bool take_answers(Connection &connection); // false: bad
    void ended(std::size_t index);
    void turn_done(std::size_t index);
    bool done() const { return settings_.requests != 0 && counts_.answers >= settings_.requests; }

    LoadSettings settings_;
    Address address_;
    std::string batch_;
    int epoll_;
    std::vector<Connection> connections_;
    std::vector<std::size_t> index_of_; // by descriptor
    LoadCounts counts_;
    std::vector<std::uint32_t> latencies_;
};

} // namespace bench
