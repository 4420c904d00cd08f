// One connection to the database: statements that are kept, values that are bound, rows that are read. Used by one
// thread at a time, on the offload pool.
#pragma once

#include "hawser/sql.h"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <deque>
#include <list>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

struct sqlite3;
struct sqlite3_stmt;

namespace sqlite {

// A value of the plugin's own: what a call is given outlives the call.
struct Value {
    std::uint32_t type = HAWSER_SQL_NULL;
    std::int64_t integer = 0;
    double real = 0;
    std::string text;
    explicit Value(const hawser_sql_value &raw);
};

// What a caller gets; freed by release().
struct Result : hawser_sql_result {
    Result();
    std::vector<hawser_str> names;
    std::vector<hawser_sql_value> cells;
    std::deque<std::string> texts; // what names and cells point to
    hawser_str keep(std::string_view text);
    void finish(); // once all is in
};

struct Failure {
    std::int32_t status = HAWSER_OK;
    std::string text;
};

// Ends a statement from outside: when its time is over, or when it is cancelled.
struct Watch {
    std::chrono::steady_clock::time_point until;
    std::atomic<bool> *cancelled = nullptr;
};

class Connection {
public:
    // Throws std::runtime_error with the database's own text.
    explicit Connection(const std::string &path);
    ~Connection();
    Connection(const Connection &) = delete;
    Connection &operator=(const Connection &) = delete;

    // Several statements, without results; for the start. Throws std::runtime_error.
    void execute_all(const std::string &statements);

    // Makes `text` the statement at hand. A failure: it is wrong.
    Failure prepare(const std::string &text, const std::vector<Value> &values);
    bool writes() const; // the statement at hand needs the one place of a writer
    // Reads rows of the statement at hand: all, or `most` and then it says more; above `bound` it is a failure.
    Failure run(std::uint32_t most, std::uint64_t bound, const Watch &watch, std::unique_ptr<Result> &result);
    void forget(); // the statement at hand
    bool has_statement() const { return current_ != nullptr; }
    bool in_transaction() const;
    void roll_back() noexcept;

private:
    struct Kept {
        std::string text;
        sqlite3_stmt *statement;
    };
    static int interrupted(void *watch);
    Failure failure(int code) const;
    sqlite3_stmt *find(const std::string &text, Failure &failed);
    void read_row(Result &result) const;

    static constexpr std::size_t kKept = 64; // statements of a connection
    sqlite3 *database_ = nullptr;
    sqlite3_stmt *current_ = nullptr;
    std::list<Kept> kept_; // the last used first
    std::unordered_map<std::string_view, std::list<Kept>::iterator> by_text_;
};

} // namespace sqlite
