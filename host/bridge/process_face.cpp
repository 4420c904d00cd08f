// Tests: tests/unit/bridge/process_test.cpp
// The table hawser_processes, and that of a program's connection.
#include "bridge/child_process.hpp"
#include "bridge/host_face.hpp"
#include "bridge/refusal.hpp"

#include <sys/epoll.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace hawser::host {
namespace {

std::int32_t status_of(int error)
{
    switch (error) {
    case ENOENT:
    case ENOTDIR:
        return HAWSER_NOT_FOUND;
    case EACCES:
    case EPERM:
    case ENOEXEC:
    case EISDIR:
        return HAWSER_REFUSED;
    case EAGAIN:
    case ENOMEM:
    case EMFILE:
    case ENFILE:
    case E2BIG:
        return HAWSER_LIMIT;
    default:
        return HAWSER_FAILED;
    }
}

bool has_nul(std::string_view text) { return text.find('\0') != std::string_view::npos; }

// Empty, or what is wrong.
std::string read_plan(const hawser_spawn &spawn, ChildPlan &plan)
{
    plan.program = view(spawn.program);
    plan.directory = spawn.directory.n > 0 ? std::string(view(spawn.directory)) : "/";
    for (const std::string &path : {plan.program, plan.directory}) {
        if (path.empty() || path.front() != '/' || has_nul(path))
            return "expected an absolute path, got \"" + path + '"';
    }
    for (std::uint32_t i = 0; i < spawn.argument_count; ++i) {
        plan.arguments.emplace_back(view(spawn.arguments[i]));
        if (has_nul(plan.arguments.back())) return "expected an argument without NUL, got one with it";
    }
    if (plan.arguments.empty()) plan.arguments.push_back(plan.program);
    for (std::uint32_t i = 0; i < spawn.environment_count; ++i) {
        const std::string name(view(spawn.environment[i].name)), value(view(spawn.environment[i].value));
        if (name.empty() || name.find('=') != std::string::npos || has_nul(name) || has_nul(value))
            return "expected a variable without NUL and \"=\" in its name, got \"" + name + '"';
        plan.environment.push_back(name + '=' + value);
    }
    if (spawn.errors == HAWSER_ERRORS_OUTPUT) plan.errors = ChildPlan::Errors::Output;
    if (spawn.errors == HAWSER_ERRORS_NONE) plan.errors = ChildPlan::Errors::Nowhere;
    return {};
}

std::int32_t spawn(hawser_loop *loop, const hawser_node *node, const hawser_spawn *spawn, const hawser_session *session,
                   const hawser_process_events *events, void *self, hawser_conn **conn, hawser_process **process,
                   hawser_error *error) noexcept
{
    LoopFace &face = LoopFace::of(loop);
    if (!face.here("hawser_processes.spawn", node->tag)) return refuse(error, HAWSER_INVALID, "it is another loop's");
    if (face.is_ending()) return refuse(error, HAWSER_CLOSED, "the loop ends");
    ChildPlan plan;
    if (const std::string wrong = read_plan(*spawn, plan); !wrong.empty()) return refuse(error, HAWSER_INVALID, wrong);
    StartedChild started;
    if (const int why = start_child(plan, started); why != 0) {
        char text[128];
        return refuse(error, status_of(why), plan.program + ": " + strerror_r(why, text, sizeof text));
    }
    const std::uint64_t grace = spawn->grace != 0 ? spawn->grace : ChildProcess::kGrace;
    auto made = std::make_unique<ChildProcess>(
        face,
        ChildProcess::Owner{session, events, self, node->tag, spawn->errors, std::string(view(node->name)), grace},
        std::move(started));
    if (!made->begin()) return refuse(error, HAWSER_LIMIT, plan.program + ": its pipes cannot be watched");
    *conn = made.get();
    if (process != nullptr) *process = made.get();
    static_cast<void>(made.release()); // ends itself
    return HAWSER_OK;
}

std::int32_t send_signal(hawser_process *process, std::int32_t number) noexcept
{
    auto &child = *static_cast<ChildProcess *>(process);
    return child.here("hawser_processes.signal") ? child.signal(number) : HAWSER_INVALID;
}

std::int32_t id(const hawser_process *process) noexcept { return static_cast<const ChildProcess *>(process)->id(); }

} // namespace

const hawser_processes kProcesses = {sizeof(hawser_processes), 0, spawn, send_signal, id};

const hawser_conn_api ChildProcess::kApi = {
    sizeof(hawser_conn_api),
    0,
    api_write,
    api_send_file,
    api_pause,
    api_set_timer,
    api_close,
    api_attach,
    api_address,
    api_tls,
    api_queued,
};

std::int32_t ChildProcess::api_write(hawser_conn *conn, const hawser_piece *pieces, std::size_t count) noexcept
{
    if (of(conn).here("hawser_conn.write")) return of(conn).write(pieces, count);
    release_all(pieces, count);
    return HAWSER_INVALID;
}

std::int32_t ChildProcess::api_send_file(hawser_conn *conn, std::intptr_t, std::uint64_t, std::uint64_t,
                                         void (*release)(void *), void *ctx) noexcept
{
    if (release != nullptr) release(ctx);
    return of(conn).here("hawser_conn.send_file") ? HAWSER_UNSUPPORTED : HAWSER_INVALID;
}

void ChildProcess::api_pause(hawser_conn *conn, std::int32_t paused) noexcept
{
    ChildProcess &self = of(conn);
    if (!self.here("hawser_conn.pause") || self.is_over() || (paused != 0) == self.paused_) return;
    self.paused_ = paused != 0;
    self.output_.want(self.paused_ ? 0U : static_cast<std::uint32_t>(EPOLLIN));
    if (self.paused_ || std::exchange(self.gives_, true)) return;
    self.later(Later::Give);
}

void ChildProcess::api_set_timer(hawser_conn *conn, std::uint64_t at) noexcept
{
    ChildProcess &self = of(conn);
    if (!self.here("hawser_conn.set_timer")) return;
    TimerHeap &timers = self.face_.loop().timers();
    timers.cancel(&self.timer_);
    if (at == 0 || self.is_over()) return;
    const auto fire = [](void *who) { static_cast<ChildProcess *>(who)->timer_due(); };
    timers.start(at, fire, &self, &self.timer_);
}

void ChildProcess::api_close(hawser_conn *conn, std::uint32_t how) noexcept
{
    if (!of(conn).here("hawser_conn.close")) return;
    const bool known = how >= HAWSER_SHUTDOWN && how <= HAWSER_ABORT;
    of(conn).close(known ? how : HAWSER_CLOSE);
}

void ChildProcess::api_attach(hawser_conn *conn, const hawser_session *session, void *session_self) noexcept
{
    ChildProcess &self = of(conn);
    if (!self.here("hawser_conn.attach")) return;
    self.owner_.session = session;
    self.owner_.self = session_self;
    self.owner_.events = nullptr;
    if (self.concluding_ || std::exchange(self.opens_, true)) return; // it hears on_close
    self.later(Later::Open);
}

std::int32_t ChildProcess::api_address(hawser_conn *, std::uint32_t, hawser_address *) noexcept
{
    return HAWSER_NOT_FOUND;
}

std::int32_t ChildProcess::api_tls(hawser_conn *, hawser_tls *) noexcept { return HAWSER_NOT_FOUND; }

std::uint64_t ChildProcess::api_queued(hawser_conn *conn) noexcept
{
    return of(conn).here("hawser_conn.queued") ? of(conn).queued_ : 0;
}

} // namespace hawser::host
