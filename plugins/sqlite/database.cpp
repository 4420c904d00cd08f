#include "database.hpp"

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace sqlite {

void Database::open()
{
    auto first = std::make_unique<Connection>(settings_.path);
    if (!settings_.init.empty()) {
        try {
            first->execute_all(settings_.init);
        } catch (const std::runtime_error &error) {
            throw std::runtime_error(std::string("init: ") + error.what());
        }
    }
    const std::scoped_lock lock(mutex_);
    idle_.push_back(std::move(first));
    open_ = true;
}

void Database::close()
{
    std::vector<std::unique_ptr<Connection>> closed;
    const std::scoped_lock lock(mutex_);
    open_ = false;
    closed.swap(idle_);
}

bool Database::admit()
{
    const std::scoped_lock lock(mutex_);
    if (!open_ || calls_ >= settings_.queue) return false;
    ++calls_;
    return true;
}

bool Database::is_open() const
{
    const std::scoped_lock lock(mutex_);
    return open_;
}

void Database::leave()
{
    const std::scoped_lock lock(mutex_);
    --calls_;
}

std::unique_ptr<Connection> Database::take()
{
    {
        const std::scoped_lock lock(mutex_);
        if (!open_) throw std::runtime_error("the database has been closed");
        if (!idle_.empty()) {
            auto connection = std::move(idle_.back());
            idle_.pop_back();
            return connection;
        }
    }
    return std::make_unique<Connection>(settings_.path);
}

void Database::give(std::unique_ptr<Connection> connection)
{
    connection->roll_back();
    const std::scoped_lock lock(mutex_);
    if (open_) idle_.push_back(std::move(connection));
}

bool Database::Line::take(Turn *turn, Database &of)
{
    const std::scoped_lock lock(of.mutex_);
    if (free > 0) {
        --free;
        return true;
    }
    waiting.push_back(turn);
    return false;
}

// The place goes from hand to hand: nobody can come between.
void Database::Line::give(Database &of)
{
    Turn *next = nullptr;
    {
        const std::scoped_lock lock(of.mutex_);
        if (waiting.empty()) {
            ++free;
            return;
        }
        next = waiting.front();
        waiting.pop_front();
        next->come();
    }
}

bool Database::forget(Turn *turn)
{
    const std::scoped_lock lock(mutex_);
    return std::erase(writer_.waiting, turn) + std::erase(sessions_.waiting, turn) > 0;
}

} // namespace sqlite
