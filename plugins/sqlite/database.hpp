// The database of one service: its connections, the line of writers, the bound on what waits. Any thread.
#pragma once

#include "connection.hpp"
#include "statistics.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace sqlite {

struct Settings {
    std::string path, init;
    std::size_t connections = 4, queue = 1000;
    std::uint64_t rows = 10'000;
    std::chrono::nanoseconds timeout{};
};

// Who waits in line: told once, on any thread, when it is its turn.
class Turn {
public:
    virtual void come() = 0;

protected:
    ~Turn() = default;
};

class Database {
public:
    Database(Settings settings, Statistics &statistics)
        : settings_(std::move(settings))
        , statistics_(statistics)
    {
        sessions_.free = settings_.connections;
    }
    Database(const Database &) = delete;
    Database &operator=(const Database &) = delete;

    // Throws std::runtime_error: the file cannot be opened, or `init` is wrong.
    void open();
    // Connections that are free are closed, the others when they come back.
    void close();
    const Settings &settings() const { return settings_; }
    const Statistics::OnLoop &statistics(hawser_loop *loop) { return statistics_.on(loop); } // [loop]

    // A call begins; false: too many are on their way, or it is closed.
    bool admit();
    bool is_open() const;
    void leave(); // a call has ended

    // A connection that nobody uses: one of those that are kept, or a new one. Throws std::runtime_error. [pool]
    std::unique_ptr<Connection> take();
    void give(std::unique_ptr<Connection> connection);

    // The one place of a writer, and the places of those who reserve a connection: taken at once, or in line. True:
    // taken.
    bool take_writer(Turn *turn) { return writer_.take(turn, *this); }
    bool take_session(Turn *turn) { return sessions_.take(turn, *this); }
    void give_writer() { writer_.give(*this); }
    void give_session() { sessions_.give(*this); }
    // It waits no longer. False: its turn has come already.
    bool forget(Turn *turn);

private:
    struct Line {
        std::size_t free = 1;
        std::deque<Turn *> waiting;
        bool take(Turn *turn, Database &of);
        void give(Database &of);
    };
    Settings settings_;
    Statistics &statistics_;
    mutable std::mutex mutex_;
    std::vector<std::unique_ptr<Connection>> idle_; // all below guarded by mutex_
    Line writer_, sessions_;
    std::size_t calls_ = 0;
    bool open_ = false;
};

} // namespace sqlite
