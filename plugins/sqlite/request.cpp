#include "request.hpp"

#include "hawser/error.hpp"

#include <exception>
#include <utility>

namespace sqlite {

Request::Request(Database &database, const hawser_host *host, hawser_loop *loop, Call with)
    : database_(database)
    , host_(host)
    , loop_(loop)
    , with_(std::move(with))
    , ref_(loop->api->track(loop, this))
    , until_(std::chrono::steady_clock::now() + database.settings().timeout)
{
    op_.op.complete = worked;
    op_.request = this;
    late_.op.complete = late;
    late_.request = this;
    database_.statistics(loop_).in_flight.add();
}

Request::~Request()
{
    loop_->api->cancel(loop_, &late_.op);
    loop_->api->untrack(loop_, ref_);
    if (connection_ != nullptr) database_.give(std::move(connection_));
    database_.statistics(loop_).in_flight.subtract();
    database_.leave();
}

std::int32_t Request::begin(Database &database, const hawser_host *host, hawser_loop *loop, Call with)
{
    if (with.session != nullptr && (with.session->busy || with.session->closed)) return HAWSER_INVALID;
    if (!database.is_open()) return HAWSER_CLOSED;
    if (!database.admit()) {
        database.statistics(loop).refused();
        return HAWSER_LIMIT;
    }
    hawser_sql_call *call = with.call;
    Session *session = with.session;
    auto *request = new Request(database, host, loop, std::move(with));
    if (request->with_.opened != nullptr) {
        request->has_place_ = database.take_session(request);
        if (!request->has_place_) request->wait_in_line();
    }
    const std::int32_t result = request->waiting_ ? HAWSER_PENDING : request->go();
    if (result != HAWSER_PENDING) {
        if (request->has_place_) database.give_session();
        delete request;
        return result;
    }
    if (session != nullptr) session->busy = true;
    call->result = nullptr;
    call->op.host[0] = request;
    return HAWSER_PENDING;
}

std::int32_t Request::go()
{
    constexpr auto kNothing = [](void *) noexcept {};
    return loop_->api->offload(loop_, work, kNothing, this, &op_.op);
}

std::int64_t HAWSER_CALL Request::work(void *request) noexcept
{
    auto &self = *static_cast<Request *>(request);
    try {
        self.failure_ = self.run();
        // Here, as what it may have to roll back or to close takes its time.
        if (self.connection_ != nullptr && self.with_.opened == nullptr && self.failure_.status != kNeedsWriter)
            self.database_.give(std::move(self.connection_));
    } catch (const std::exception &error) {
        self.failure_ = {HAWSER_FAILED, error.what()};
    }
    return self.failure_.status == kNeedsWriter ? kNeedsWriter : 0;
}

Failure Request::run()
{
    if (with_.session == nullptr && connection_ == nullptr) connection_ = database_.take();
    if (with_.opened != nullptr) return {};
    Connection &connection = with_.session != nullptr ? *with_.session->connection : *connection_;
    if (!with_.statement.empty() && !prepared_) {
        Failure wrong = connection.prepare(with_.statement, with_.values);
        if (wrong.status != HAWSER_OK) return wrong;
        prepared_ = true;
    }
    if (!connection.has_statement()) return {HAWSER_INVALID, "no statement of this session has rows left"};
    if (connection.writes() && !has_writer()) return {kNeedsWriter, {}};
    const Watch watch{until_, &cancelled_};
    return connection.run(with_.rows, database_.settings().rows, watch, result_);
}

void HAWSER_CALL Request::worked(hawser_op *op, std::int64_t result) noexcept
{
    Request &self = *reinterpret_cast<Op *>(op)->request;
    if (result != kNeedsWriter || self.with_.call == nullptr)
        return self.finish(Failure(self.failure_)); // which goes with the request
    if (self.database_.take_writer(&self))
        turn_came(&self, nullptr);
    else
        self.wait_in_line();
}

void Request::wait_in_line()
{
    waiting_ = true;
    if (with_.opened == nullptr) database_.statistics(loop_).waits.add();
    const auto wait = static_cast<std::uint64_t>(database_.settings().timeout.count());
    loop_->api->timer(loop_, loop_->now + wait, &late_.op);
}

void Request::come() { host_->post(host_, ref_, turn_came, nullptr); }

// It has the place: of the writer, or of a session.
void HAWSER_CALL Request::turn_came(void *request, void *) noexcept
{
    if (request == nullptr) return;
    auto &self = *static_cast<Request *>(request);
    self.waiting_ = false;
    self.loop_->api->cancel(self.loop_, &self.late_.op);
    if (self.with_.opened != nullptr)
        self.has_place_ = true;
    else
        (self.with_.session != nullptr ? self.with_.session->writes : self.writes_) = true;
    if (self.with_.call == nullptr) return self.finish({});
    const std::int32_t result = self.go();
    if (result != HAWSER_PENDING) self.finish({result, "too much work waits for the pool"});
}

void HAWSER_CALL Request::late(hawser_op *op, std::int64_t) noexcept
{
    Request &self = *reinterpret_cast<Op *>(op)->request;
    // If its turn has come in this moment, that goes on.
    if (self.waiting_ && self.database_.forget(&self))
        self.finish({HAWSER_TIMED_OUT, "its turn did not come in time: others hold the database"});
}

void Request::cancel(hawser_sql_call *call)
{
    auto *request = static_cast<Request *>(call->op.host[0]);
    if (request == nullptr) return;
    call->op.host[0] = nullptr;
    request->with_.call = nullptr;
    request->cancelled_.store(true, std::memory_order_relaxed);
    if (request->waiting_ && request->database_.forget(request)) request->finish({});
}

void Request::give_writer()
{
    bool &writes = with_.session != nullptr ? with_.session->writes : writes_;
    const bool over = with_.session == nullptr || !with_.session->connection->in_transaction();
    if (!writes || !over) return;
    writes = false;
    database_.give_writer();
}

void Request::finish(const Failure &failure)
{
    hawser_sql_call *call = with_.call;
    Session *session = with_.session;
    give_writer();
    if (with_.opened != nullptr && has_place_) {
        if (call != nullptr && failure.status == HAWSER_OK)
            *with_.opened = new Session{std::move(connection_)};
        else
            database_.give_session();
    }
    Database &database = database_;
    hawser_loop *loop = loop_;
    const auto time = std::chrono::steady_clock::now() - (until_ - database.settings().timeout);
    if (call == nullptr)
        database.statistics(loop).cancelled();
    else
        database.statistics(loop).ended(failure.status, time);
    std::unique_ptr<Result> result = std::move(result_);
    delete this;
    if (session != nullptr) {
        session->busy = false;
        if (session->closed) close(database, loop, session);
    }
    if (call == nullptr) return;
    call->op.host[0] = nullptr;
    if (failure.status == HAWSER_OK)
        call->result = result.release();
    else
        hawser::detail::fill(&call->error, {}, failure.text);
    call->op.complete(&call->op, failure.status);
}

namespace {

// Gives a session's connection back, off the loop: it may have something to roll back.
struct Closing {
    hawser_op op{};
    Database *database;
    std::unique_ptr<Session> session;

    static std::int64_t HAWSER_CALL work(void *closing) noexcept
    {
        auto &self = *static_cast<Closing *>(closing);
        self.database->give(std::move(self.session->connection));
        return 0;
    }
    static void HAWSER_CALL done(hawser_op *op, std::int64_t) noexcept
    {
        auto *self = reinterpret_cast<Closing *>(op);
        if (self->session->writes) self->database->give_writer();
        self->database->give_session();
        delete self;
    }
};

} // namespace

void Request::close(Database &database, hawser_loop *loop, Session *session)
{
    session->closed = true;
    if (session->busy) return;
    auto *closing = new Closing{{}, &database, std::unique_ptr<Session>(session)};
    closing->op.complete = Closing::done;
    constexpr auto kNothing = [](void *) noexcept {};
    if (loop->api->offload(loop, Closing::work, kNothing, closing, &closing->op) == HAWSER_PENDING) return;
    Closing::work(closing); // rather late than never
    Closing::done(&closing->op, 0);
}

} // namespace sqlite
