// One call of the interface on its way: from the loop that made it to the pool, perhaps into a line, and back.
#pragma once

#include "database.hpp"

#include "hawser/sql.h"

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace sqlite {

// What hawser_sql.open gave. Of one loop.
struct Session {
    std::unique_ptr<Connection> connection;
    bool writes = false; // has the place of the writer
    bool busy = false;   // a call of it is on its way
    bool closed = false; // to be ended when that is back
};

// Deletes itself when it has completed, or been cancelled and come back. [loop] except as said.
class Request final : public Turn {
public:
    struct Call {
        hawser_sql_call *call;
        Session *session;      // null: none
        std::string statement; // empty: fetch
        std::vector<Value> values;
        std::uint32_t rows = 0;
        Session **opened = nullptr; // set: reserves a connection
    };
    // A status as of hawser_sql.run.
    static std::int32_t begin(Database &database, const hawser_host *host, hawser_loop *loop, Call with);
    static void cancel(hawser_sql_call *call);
    static void close(Database &database, hawser_loop *loop, Session *session);

    void come() override; // [any-thread]

private:
    struct Op {
        hawser_op op{};
        Request *request = nullptr;
    };
    Request(Database &database, const hawser_host *host, hawser_loop *loop, Call with);
    ~Request();

    std::int32_t go(); // to the pool
    static std::int64_t HAWSER_CALL work(void *request) noexcept;
    static void HAWSER_CALL worked(hawser_op *op, std::int64_t result) noexcept;
    static void HAWSER_CALL late(hawser_op *op, std::int64_t) noexcept;
    static void HAWSER_CALL turn_came(void *request, void *) noexcept;
    Failure run(); // [pool]
    bool has_writer() const { return with_.session != nullptr ? with_.session->writes : writes_; }
    void give_writer();
    void wait_in_line();
    void finish(const Failure &failure);

    static constexpr std::int64_t kNeedsWriter = 1;
    Database &database_;
    const hawser_host *host_;
    hawser_loop *loop_;
    Call with_;
    hawser_ref ref_;
    Op op_, late_;
    std::chrono::steady_clock::time_point until_;
    std::atomic<bool> cancelled_ = false;
    std::unique_ptr<Connection> connection_; // without a session
    bool prepared_ = false, writes_ = false, has_place_ = false, waiting_ = false;
    Failure failure_;
    std::unique_ptr<Result> result_;
};

} // namespace sqlite
