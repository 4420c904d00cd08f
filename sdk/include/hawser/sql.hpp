// hawser/sql.hpp: a database of SQL in tasks. The option that names the service has the interface "hawser.sql/1".
//
//     hawser::Sql db{node.option("database")};
//     const auto notes = co_await db.query("SELECT id, text FROM notes WHERE id > ?", after);
//     for (const auto &note : notes) use(note.integer("id"), note.text("text"));
//     co_await db.transaction([&](hawser::Sql::Session &in) -> hawser::Task<> {
//         co_await in.query("UPDATE notes SET text = ? WHERE id = ?", text, id);
//     });
//
// Values are bound, never written into the text. A statement that fails throws SqlError with the database's own words.
#pragma once

#include "hawser/options.hpp"
#include "hawser/sql.h"
#include "hawser/task.hpp"
#include "hawser/wait.hpp"

#include <concepts>
#include <coroutine>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace hawser {

class SqlError : public StatusError {
public:
    using StatusError::StatusError;
};

// A value to bind: a whole number, a float, a text, nothing, or a Blob.
struct Blob {
    std::string bytes;
    explicit Blob(std::string with)
        : bytes(std::move(with))
    {}
};
class SqlValue {
public:
    SqlValue(std::nullptr_t) {}
    SqlValue(std::integral auto value)
        : type_(HAWSER_SQL_INTEGER)
        , integer_(static_cast<std::int64_t>(value))
    {}
    SqlValue(double value)
        : type_(HAWSER_SQL_REAL)
        , real_(value)
    {}
    SqlValue(const char *text)
        : SqlValue(std::string(text))
    {}
    SqlValue(std::string_view text)
        : SqlValue(std::string(text))
    {}
    SqlValue(std::string text)
        : type_(HAWSER_SQL_TEXT)
        , text_(std::move(text))
    {}
    SqlValue(Blob blob)
        : type_(HAWSER_SQL_BLOB)
        , text_(std::move(blob.bytes))
    {}
    template<typename T>
    SqlValue(const std::optional<T> &value)
        : SqlValue(value ? SqlValue(*value) : SqlValue(nullptr))
    {}
    hawser_sql_value raw() const // as long as this lives
    {
        hawser_sql_value value{};
        value.type = type_;
        if (type_ == HAWSER_SQL_INTEGER)
            value.as.integer = integer_;
        else if (type_ == HAWSER_SQL_REAL)
            value.as.real = real_;
        else
            value.as.text = str(text_);
        return value;
    }

private:
    std::uint32_t type_ = HAWSER_SQL_NULL;
    std::int64_t integer_ = 0;
    double real_ = 0;
    std::string text_;
};

// One row of Rows, as long as they live. A column is a number from 0 or its name; one that is not there throws Error,
// and so does a value of another type, NULL included: ask is_null() first.
class Row {
public:
    Row(const hawser_sql_result *result, std::size_t row)
        : result_(result)
        , row_(row)
    {}
    bool is_null(auto column) const { return at(column).type == HAWSER_SQL_NULL; }
    std::int64_t integer(auto column) const { return need(column, HAWSER_SQL_INTEGER, "a whole number").as.integer; }
    double real(auto column) const
    {
        const hawser_sql_value &value = at(column);
        return value.type == HAWSER_SQL_INTEGER ? static_cast<double>(value.as.integer)
                                                : need(column, HAWSER_SQL_REAL, "a number").as.real;
    }
    std::string_view text(auto column) const { return view(need(column, HAWSER_SQL_TEXT, "a text").as.text); }
    std::string_view blob(auto column) const { return view(need(column, HAWSER_SQL_BLOB, "bytes").as.text); }

private:
    const hawser_sql_value &at(std::integral auto column) const
    {
        if (!std::cmp_greater_equal(column, 0) || !std::cmp_less(column, result_->column_count))
            throw Error("expected a column of " + std::to_string(result_->column_count) + ", got " +
                        std::to_string(column));
        return result_->values[row_ * result_->column_count + static_cast<std::size_t>(column)];
    }
    const hawser_sql_value &at(std::string_view column) const
    {
        for (std::size_t i = 0; i < result_->column_count; ++i)
            if (view(result_->columns[i]) == column) return at(i);
        throw Error("the result has no column \"" + std::string(column) + '"');
    }
    const hawser_sql_value &need(auto column, std::uint32_t type, const char *what) const
    {
        const hawser_sql_value &value = at(column);
        if (value.type != type) throw Error(std::string("expected ") + what + " in a column, got something else");
        return value;
    }
    const hawser_sql_result *result_;
    std::size_t row_;
};

// What a statement gave.
class Rows {
public:
    Rows(const hawser_sql *api, void *self, const hawser_sql_result *result)
        : api_(api)
        , self_(self)
        , result_(result)
    {}
    Rows(Rows &&other) noexcept
        : api_(other.api_)
        , self_(other.self_)
        , result_(std::exchange(other.result_, nullptr))
    {}
    Rows &operator=(Rows &&other) noexcept
    {
        std::swap(api_, other.api_);
        std::swap(self_, other.self_);
        std::swap(result_, other.result_);
        return *this;
    }
    ~Rows()
    {
        if (result_ != nullptr) api_->release(self_, result_);
    }
    std::size_t size() const { return result_->row_count; }
    bool empty() const { return size() == 0; }
    Row operator[](std::size_t row) const // throws Error where there is none
    {
        if (row >= size())
            throw Error("expected one of " + std::to_string(size()) + " rows, got " + std::to_string(row));
        return {result_, row};
    }
    std::int64_t changes() const { return result_->changes; } // rows inserted, changed or deleted
    std::int64_t last_id() const { return result_->last_id; }
    bool more() const { return result_->more != 0; } // of a Session, with a bound on rows

    struct Iterator {
        const Rows *rows;
        std::size_t at;
        Row operator*() const { return {rows->result_, at}; }
        Iterator &operator++()
        {
            ++at;
            return *this;
        }
        bool operator!=(const Iterator &other) const { return at != other.at; }
    };
    Iterator begin() const { return {this, 0}; }
    Iterator end() const { return {this, size()}; }

private:
    const hawser_sql *api_;
    void *self_;
    const hawser_sql_result *result_;
};

namespace detail {

// A call of the interface that a coroutine waits for; its end cancels it. Begin(call) is what makes the call.
template<typename Begin>
class [[nodiscard]] SqlWait {
public:
    SqlWait(const hawser_sql *api, void *self, Begin begin)
        : api_(api)
        , self_(self)
        , begin_(std::move(begin))
    {
        call_.call.op.complete = completed;
        call_.call.error.struct_size = sizeof call_.call.error;
        call_.wait = this;
    }
    SqlWait(const SqlWait &) = delete;
    SqlWait &operator=(const SqlWait &) = delete;
    ~SqlWait()
    {
        if (waiting_ != nullptr) api_->cancel(self_, waiting_->root->node.loop(), &call_.call);
    }
    bool await_ready() const noexcept { return false; }
    template<Waits P>
    bool await_suspend(std::coroutine_handle<P> handle)
    {
        waiting_ = &handle.promise().resumption;
        const std::int32_t result = begin_(waiting_->root->node.loop(), &call_.call);
        if (result == HAWSER_PENDING) return true;
        waiting_ = nullptr;
        status_ = result;
        return false;
    }
    const hawser_sql_result *await_resume() const
    {
        if (status_ == HAWSER_OK) return call_.call.result;
        std::string text = call_.call.error.text;
        if (text.empty())
            text = status_ == HAWSER_LIMIT    ? "too many statements wait for the database"
                   : status_ == HAWSER_CLOSED ? "the database has been closed"
                                              : "the database takes no such call now";
        throw SqlError(static_cast<std::int32_t>(status_), text);
    }

private:
    struct Held {
        hawser_sql_call call{};
        SqlWait *wait = nullptr;
    };
    static void HAWSER_CALL completed(hawser_op *op, std::int64_t status) noexcept
    {
        SqlWait &self = *reinterpret_cast<Held *>(op)->wait;
        self.status_ = status;
        Resumption &waiting = *std::exchange(self.waiting_, nullptr);
        waiting.root->turns->resume(waiting);
    }
    const hawser_sql *api_;
    void *self_;
    Begin begin_;
    Held call_;
    Resumption *waiting_ = nullptr;
    std::int64_t status_ = 0;
};

} // namespace detail

class Sql {
public:
    // Of an option of type `service` with interface = "hawser.sql/1".
    explicit Sql(const Value &option)
        : api_(static_cast<const hawser_sql *>(option.object().api))
        , self_(option.object().self)
    {}

    // NOLINTBEGIN(performance-unnecessary-value-param): texts are moved on, into the frame of the task
    // One statement for itself: what it changes is committed when this ends.
    template<typename... Values>
    Task<Rows> query(std::string statement, Values &&...values) const
    {
        return run(api_, self_, nullptr, std::move(statement), bound(std::forward<Values>(values)...), 0);
    }

    // A connection for one alone.
    class Session {
    public:
        Session(const Session &) = delete;
        Session &operator=(const Session &) = delete;
        ~Session()
        {
            if (session_ != nullptr) api_->close(self_, loop_, session_);
        }
        template<typename... Values>
        Task<Rows> query(std::string statement, Values &&...values)
        {
            return run(api_, self_, session_, std::move(statement), bound(std::forward<Values>(values)...), 0);
        }
        // No more than `rows` at once; while more() of them says so, next() gives the following ones.
        template<typename... Values>
        Task<Rows> query_some(std::uint32_t rows, std::string statement, Values &&...values)
        {
            return run(api_, self_, session_, std::move(statement), bound(std::forward<Values>(values)...), rows);
        }
        // NOLINTEND(performance-unnecessary-value-param)
        Task<Rows> next(std::uint32_t rows)
        {
            const auto begin = [this, rows](hawser_loop *loop, hawser_sql_call *call) {
                return api_->fetch(self_, loop, session_, rows, call);
            };
            detail::SqlWait wait(api_, self_, begin);
            co_return Rows(api_, self_, co_await wait);
        }

    private:
        friend Sql;
        Session(const hawser_sql *api, void *self)
            : api_(api)
            , self_(self)
        {}
        Task<> open()
        {
            const auto begin = [this](hawser_loop *loop, hawser_sql_call *call) {
                loop_ = loop;
                return api_->open(self_, loop, &session_, call);
            };
            detail::SqlWait wait(api_, self_, begin);
            co_await wait;
        }
        const hawser_sql *api_;
        void *self_;
        hawser_loop *loop_ = nullptr;
        hawser_sql_session *session_ = nullptr;
    };

    // f(session) results in a Task; what it did is committed when that ends, and rolled back when it throws or is
    // cancelled. `f` lives as long as this task.
    template<typename F>
    auto transaction(F &&f) const -> std::invoke_result_t<F &, Session &>
    {
        static_assert(detail::kWholeInAwait<F>, "g++ before 14 destroys the captures of a lambda twice that is written "
                                                "inside a co_await; name it, or capture by reference");
        return in_transaction(api_, self_, std::decay_t<F>(std::forward<F>(f)));
    }
    // The same without a transaction, for rows that come in parts.
    template<typename F>
    auto with_session(F &&f) const -> std::invoke_result_t<F &, Session &>
    {
        static_assert(detail::kWholeInAwait<F>, "g++ before 14 destroys the captures of a lambda twice that is written "
                                                "inside a co_await; name it, or capture by reference");
        return in_session(api_, self_, std::decay_t<F>(std::forward<F>(f)));
    }

private:
    template<typename... Values>
    static std::vector<SqlValue> bound(Values &&...values)
    {
        std::vector<SqlValue> all;
        all.reserve(sizeof...(values));
        (all.emplace_back(std::forward<Values>(values)), ...);
        return all;
    }
    static Task<Rows> run(const hawser_sql *api, void *self, hawser_sql_session *session, std::string statement,
                          std::vector<SqlValue> values, std::uint32_t rows)
    {
        std::vector<hawser_sql_value> raw;
        raw.reserve(values.size());
        for (const SqlValue &value : values) raw.push_back(value.raw());
        const auto begin = [&](hawser_loop *loop, hawser_sql_call *call) {
            return api->run(self, loop, session, str(statement), raw.data(), raw.size(), rows, call);
        };
        detail::SqlWait wait(api, self, begin);
        co_return Rows(api, self, co_await wait);
    }
    template<typename F>
    static auto in_session(const hawser_sql *api, void *self, F f) -> std::invoke_result_t<F &, Session &>
    {
        Session session(api, self);
        co_await session.open();
        co_return co_await f(session);
    }
    template<typename F>
    static auto in_transaction(const hawser_sql *api, void *self, F f) -> std::invoke_result_t<F &, Session &>
    {
        Session session(api, self);
        co_await session.open();
        co_await session.query("BEGIN");
        if constexpr (std::is_same_v<std::invoke_result_t<F &, Session &>, Task<void>>) {
            co_await f(session);
            co_await session.query("COMMIT");
        } else {
            auto result = co_await f(session);
            co_await session.query("COMMIT");
            co_return result;
        }
    }
    const hawser_sql *api_;
    void *self_;
};

} // namespace hawser
