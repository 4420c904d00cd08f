// hawser/process.hpp: other programs, read and written like any stream.
//
//     hawser::Process sorter(node, {.program = "/usr/bin/sort", .arguments = {"-n"}});
//     co_await sorter->write("3\n1\n2\n");
//     sorter.end_input();
//     while (const auto line = co_await sorter->read_line()) …
//     const hawser::Exit how = co_await sorter.ended();
//
// A program has an environment of its own and nothing of the host's; it and its helpers are killed when the Process
// ends. A manifest says requires = ["hawser.process/1"]. [loop]
#pragma once

#include "hawser/client.hpp"
#include "hawser/node.hpp"
#include "hawser/process.h"
#include "hawser/scope.hpp"
#include "hawser/sync.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace hawser {

struct Command {
    std::string program;                     // an absolute path
    std::vector<std::string> arguments = {}; // without its name
    std::vector<std::pair<std::string, std::string>> environment = {};
    std::string directory = {}; // "/"
    // Between the end of its input and SIGTERM, and between that and SIGKILL, when the process is closed.
    std::chrono::nanoseconds grace = std::chrono::seconds(5);
    std::uint32_t errors = HAWSER_ERRORS_LOG;             // HAWSER_ERRORS_…: where its standard error goes
    std::function<void(std::string_view)> on_errors = {}; // instead of `errors`
};

struct Exit {
    int code = -1;  // 0 … 255; -1: by a signal
    int signal = 0; // 0: none
    bool dumped = false;
    bool ok() const { return code == 0; }
};

namespace detail {

class ProcessSession : public OutgoingSession {
public:
    ProcessSession(const Node &node, std::function<void(std::string_view)> errors)
        : OutgoingSession(node)
        , node_(node)
        , on_errors_(std::move(errors))
    {}
    void start(const Command &command)
    {
        const auto *api =
            static_cast<const hawser_processes *>(node_.host()->get_interface(node_.host(), HAWSER_PROCESS));
        if (api == nullptr) throw StatusError(HAWSER_UNSUPPORTED, "the host has no hawser.process/1");
        std::vector<hawser_str> arguments{str(command.program)};
        std::vector<hawser_field> environment;
        for (const std::string &each : command.arguments) arguments.push_back(str(each));
        for (const auto &[name, value] : command.environment) environment.push_back({str(name), str(value)});
        hawser_spawn spawn{};
        spawn.struct_size = sizeof spawn;
        spawn.errors = on_errors_ ? HAWSER_ERRORS_CALL : command.errors;
        spawn.program = str(command.program);
        spawn.arguments = arguments.data();
        spawn.argument_count = static_cast<std::uint32_t>(arguments.size());
        spawn.environment = environment.data();
        spawn.environment_count = static_cast<std::uint32_t>(environment.size());
        spawn.directory = str(command.directory);
        spawn.grace = static_cast<std::uint64_t>(command.grace.count() > 0 ? command.grace.count() : 1);
        hawser_error why{};
        why.struct_size = sizeof why;
        OutgoingSession *self = this;
        hawser_conn *conn = nullptr;
        const std::int32_t status =
            api->spawn(node_.loop(), node_.raw(), &spawn, table(), &kEvents, self, &conn, &process, &why);
        if (status < 0) throw StatusError(status, why.text);
        use(Connection(conn));
        api_ = api;
    }
    std::int32_t signal(int number) { return over() ? HAWSER_NOT_FOUND : api_->signal(process, number); }
    int id() const { return over() ? 0 : api_->id(process); }

    hawser_process *process = nullptr;
    Event exited;
    Exit how;

private:
    bool over() const { return is_over(); }
    static ProcessSession &of(void *self)
    {
        return *static_cast<ProcessSession *>(static_cast<OutgoingSession *>(self));
    }
    static void HAWSER_CALL on_exit(void *self, const hawser_exit *how) noexcept
    {
        ProcessSession &session = of(self);
        session.how = {how->code, how->signal, how->dumped != 0};
        session.exited.set();
    }
    static void HAWSER_CALL heard_errors(void *self, hawser_bytes data) noexcept
    {
        ProcessSession &session = of(self);
        if (!session.is_held()) return;
        guarded_call([&] { session.on_errors_(view(data)); },
                     [&](std::string_view why) {
                         session.node_.error("process_failed", {{"error", why}});
                     });
    }
    static constexpr hawser_process_events kEvents{sizeof(hawser_process_events), 0, on_exit, heard_errors};

    Node node_;
    std::function<void(std::string_view)> on_errors_;
    const hawser_processes *api_ = nullptr;
};

} // namespace detail

// A program that runs; its end kills it.
class Process {
public:
    // Throws StatusError: HAWSER_NOT_FOUND (no such program), HAWSER_REFUSED, HAWSER_INVALID, HAWSER_LIMIT.
    Process(const Node &node, Command command)
        : session_(new detail::ProcessSession(node, std::move(command.on_errors)))
    {
        try {
            session_->start(command);
        } catch (...) {
            delete session_;
            throw;
        }
    }
    Process(const Process &) = delete;
    Process &operator=(const Process &) = delete;
    ~Process() { session_->let_go(true); }

    // Its input and output.
    Stream *operator->() const { return &session_->stream; }
    Stream &operator*() const { return session_->stream; }
    void end_input() const
    {
        if (!session_->is_over()) session_->stream.connection().shut_down();
    }
    // Ends its input; asks it to end, and then kills it, if it does not by itself.
    void close() const
    {
        if (!session_->is_over()) session_->stream.connection().close();
    }
    // To all of its group. False: it has ended.
    bool signal(int number) const { return session_->signal(number) == HAWSER_OK; }
    int id() const { return session_->id(); } // 0: it has ended

    // When it has ended. What it printed may still be there to be read. The Process outlives whoever waits.
    Task<Exit> ended() const
    {
        co_await session_->exited.wait();
        co_return session_->how;
    }

private:
    detail::ProcessSession *session_;
};

struct Output {
    Exit how;
    std::string output, errors;
};

namespace detail {

// A program that reads no input is none that fails.
inline Task<> feed_command(Process &process, std::string input)
{
    try {
        if (!input.empty()) co_await process->write(std::move(input));
    } catch (const StatusError &) {}
    process.end_input();
}

inline Task<Output> run_command(Node node, Command command, std::string input, std::size_t most)
{
    Output result;
    if (!command.on_errors) {
        command.on_errors = [&result, most](std::string_view bytes) {
            result.errors += bytes.substr(0, most - std::min(most, result.errors.size()));
        };
    }
    Process process(node, std::move(command));
    Scope feeding(node); // while it is read: a program that has printed much may wait for that before it reads on
    feeding.spawn(feed_command(process, std::move(input)));
    while (const auto part = co_await process->read_some()) {
        if (part->size() > most - result.output.size())
            throw StatusError(HAWSER_LIMIT, "the program printed more than " + std::to_string(most) + " bytes");
        result.output += *part;
    }
    result.how = co_await process.ended();
    co_return result;
}

} // namespace detail

// Runs a program to its end: `input` in, all that it prints out. Throws as Process, and StatusError with HAWSER_LIMIT
// when it prints more than `most` bytes; then it is killed. The command has a name of its own: one that is made inside
// of the co_await is destroyed twice by g++ before 14.
//
//     const hawser::Command sort{.program = "/usr/bin/sort"};
//     const hawser::Output sorted = co_await hawser::run(node, sort, "b\na\n");
inline Task<Output> run(const Node &node, const Command &command, std::string input = {},
                        std::size_t most = 1024 * 1024)
{
    return detail::run_command(node, command, std::move(input), most);
}
Task<Output> run(const Node &, const Command &&, std::string = {}, std::size_t = 0) = delete;

} // namespace hawser
