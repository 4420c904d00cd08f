#include "connection.hpp"

#include <sqlite3.h>

#include <stdexcept>
#include <utility>

namespace sqlite {
namespace {

const std::string kBegin = "BEGIN IMMEDIATE";

} // namespace

Value::Value(const hawser_sql_value &raw)
    : type(raw.type)
{
    if (type == HAWSER_SQL_INTEGER)
        integer = raw.as.integer;
    else if (type == HAWSER_SQL_REAL)
        real = raw.as.real;
    else if (type == HAWSER_SQL_TEXT || type == HAWSER_SQL_BLOB)
        text.assign(raw.as.text.p != nullptr ? raw.as.text.p : "", raw.as.text.n);
}

Result::Result()
    : hawser_sql_result{}
{
    struct_size = sizeof(hawser_sql_result);
}

hawser_str Result::keep(std::string_view text)
{
    const std::string &kept = texts.emplace_back(text);
    return {kept.data(), kept.size()};
}

void Result::finish()
{
    columns = names.data();
    column_count = names.size();
    values = cells.data();
    row_count = names.empty() ? 0 : cells.size() / names.size();
}

Connection::Connection(const std::string &path)
{
    const int code = sqlite3_open_v2(path.c_str(), &database_,
                                     SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, nullptr);
    if (code != SQLITE_OK) {
        const std::string text = database_ != nullptr ? sqlite3_errmsg(database_) : sqlite3_errstr(code);
        sqlite3_close(database_);
        throw std::runtime_error(path + ": " + text);
    }
    sqlite3_busy_timeout(database_, 2000); // for programs beside this host; within it writers wait in line
    sqlite3_db_config(database_, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
    sqlite3_db_config(database_, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
    execute_all("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;");
}

Connection::~Connection()
{
    forget();
    for (const Kept &kept : kept_) sqlite3_finalize(kept.statement);
    sqlite3_close(database_);
}

void Connection::execute_all(const std::string &statements)
{
    char *text = nullptr;
    if (sqlite3_exec(database_, statements.c_str(), nullptr, nullptr, &text) == SQLITE_OK) return;
    const std::string why = text != nullptr ? text : "out of memory";
    sqlite3_free(text);
    throw std::runtime_error(why);
}

Failure Connection::failure(int code) const
{
    std::int32_t status = HAWSER_FAILED;
    if (code == SQLITE_BUSY || code == SQLITE_LOCKED) status = HAWSER_BUSY;
    if (code == SQLITE_INTERRUPT) status = HAWSER_TIMED_OUT;
    return {status, code == SQLITE_INTERRUPT ? "the statement took too long" : sqlite3_errmsg(database_)};
}

sqlite3_stmt *Connection::find(const std::string &text, Failure &failed)
{
    if (const auto found = by_text_.find(text); found != by_text_.end()) {
        kept_.splice(kept_.begin(), kept_, found->second);
        return kept_.front().statement;
    }
    sqlite3_stmt *statement = nullptr;
    const char *rest = nullptr;
    // By hawser/sql.h a transaction is going to write; one that only becomes a writer later could be refused then.
    const std::string &sent = text == "BEGIN" ? kBegin : text;
    const int code = sqlite3_prepare_v3(database_, sent.c_str(), static_cast<int>(sent.size() + 1),
                                        SQLITE_PREPARE_PERSISTENT, &statement, &rest);
    if (code != SQLITE_OK) {
        failed = failure(code);
        return nullptr;
    }
    while (*rest == ' ' || *rest == '\n' || *rest == '\t' || *rest == ';') ++rest;
    if (statement == nullptr || *rest != '\0') {
        sqlite3_finalize(statement);
        failed = {HAWSER_FAILED, "expected one statement, got " + std::string(statement == nullptr ? "none" : "more")};
        return nullptr;
    }
    if (kept_.size() == kKept) {
        by_text_.erase(kept_.back().text);
        sqlite3_finalize(kept_.back().statement);
        kept_.pop_back();
    }
    kept_.push_front({text, statement});
    by_text_.emplace(kept_.front().text, kept_.begin());
    return statement;
}

Failure Connection::prepare(const std::string &text, const std::vector<Value> &values)
{
    forget();
    Failure failed;
    sqlite3_stmt *statement = find(text, failed);
    if (statement == nullptr) return failed;
    const int wanted = sqlite3_bind_parameter_count(statement);
    if (std::cmp_not_equal(wanted, values.size()))
        return {HAWSER_FAILED, "expected " + std::to_string(wanted) + " values for the statement, got " +
                                   std::to_string(values.size())};
    int at = 0, code = SQLITE_OK;
    for (const Value &value : values) {
        ++at;
        // SQLite copies texts: rows in parts are read when the call that brought the values has ended.
        if (value.type == HAWSER_SQL_INTEGER)
            code = sqlite3_bind_int64(statement, at, value.integer);
        else if (value.type == HAWSER_SQL_REAL)
            code = sqlite3_bind_double(statement, at, value.real);
        else if (value.type == HAWSER_SQL_TEXT)
            code =
                sqlite3_bind_text64(statement, at, value.text.data(), value.text.size(), SQLITE_TRANSIENT, SQLITE_UTF8);
        else if (value.type == HAWSER_SQL_BLOB)
            code = sqlite3_bind_blob64(statement, at, value.text.data(), value.text.size(), SQLITE_TRANSIENT);
        else
            code = sqlite3_bind_null(statement, at);
        if (code != SQLITE_OK) {
            sqlite3_clear_bindings(statement);
            return failure(code);
        }
    }
    current_ = statement;
    return {};
}

bool Connection::writes() const { return current_ != nullptr && sqlite3_stmt_readonly(current_) == 0; }

bool Connection::in_transaction() const { return sqlite3_get_autocommit(database_) == 0; }

void Connection::roll_back() noexcept
{
    forget();
    if (in_transaction()) sqlite3_exec(database_, "ROLLBACK", nullptr, nullptr, nullptr);
}

void Connection::forget()
{
    if (current_ == nullptr) return;
    sqlite3_reset(current_);
    sqlite3_clear_bindings(current_);
    current_ = nullptr;
}

int Connection::interrupted(void *watch)
{
    const auto &of = *static_cast<const Watch *>(watch);
    if (of.cancelled != nullptr && of.cancelled->load(std::memory_order_relaxed)) return 1;
    return std::chrono::steady_clock::now() > of.until ? 1 : 0;
}

void Connection::read_row(Result &result) const
{
    const int columns = sqlite3_column_count(current_);
    for (int i = 0; i < columns; ++i) {
        hawser_sql_value value{};
        const int type = sqlite3_column_type(current_, i);
        if (type == SQLITE_INTEGER) {
            value.type = HAWSER_SQL_INTEGER;
            value.as.integer = sqlite3_column_int64(current_, i);
        } else if (type == SQLITE_FLOAT) {
            value.type = HAWSER_SQL_REAL;
            value.as.real = sqlite3_column_double(current_, i);
        } else if (type != SQLITE_NULL) {
            value.type = type == SQLITE_TEXT ? HAWSER_SQL_TEXT : HAWSER_SQL_BLOB;
            const auto *bytes = static_cast<const char *>(sqlite3_column_blob(current_, i));
            value.as.text = result.keep({bytes, static_cast<std::size_t>(sqlite3_column_bytes(current_, i))});
        }
        result.cells.push_back(value);
    }
}

Failure Connection::run(std::uint32_t most, std::uint64_t bound, const Watch &watch, std::unique_ptr<Result> &result)
{
    constexpr int kSteps = 1000; // of SQLite's machine between two looks at the watch: some microseconds
    sqlite3_progress_handler(database_, kSteps, interrupted, const_cast<Watch *>(&watch));
    auto made = std::make_unique<Result>();
    const int columns = sqlite3_column_count(current_);
    for (int i = 0; i < columns; ++i) made->names.push_back(made->keep(sqlite3_column_name(current_, i)));
    std::uint64_t rows = 0;
    int code = SQLITE_ROW;
    Failure failed;
    while ((most == 0 || rows < most) && (code = sqlite3_step(current_)) == SQLITE_ROW) {
        if (++rows > bound) {
            failed = {HAWSER_LIMIT, "expected at most " + std::to_string(bound) + " rows; ask for fewer, or in parts"};
            break;
        }
        read_row(*made);
    }
    sqlite3_progress_handler(database_, 0, nullptr, nullptr);
    if (code != SQLITE_ROW && code != SQLITE_DONE) failed = failure(code);
    made->more = code == SQLITE_ROW && failed.status == HAWSER_OK ? 1 : 0;
    made->changes = columns > 0 && sqlite3_stmt_readonly(current_) != 0 ? 0 : sqlite3_changes64(database_);
    made->last_id = sqlite3_last_insert_rowid(database_);
    if (made->more == 0) forget();
    made->finish();
    if (failed.status == HAWSER_OK) result = std::move(made);
    return failed;
}

} // namespace sqlite
