// hawser/testing/programs.hpp: programs that the test plays, behind hawser.process/1. Part of hawser/testing.hpp.
#pragma once

#include "hawser/process.h"
#include "hawser/testing/connection.hpp"
#include "hawser/testing/loop.hpp"
#include "hawser/testing/problems.hpp"

#include <csignal>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

struct hawser_process {};

namespace hawser::testing {

// One that was started; the test is what runs.
class Program {
public:
    struct State : hawser_process {
        const hawser_process_events *events = nullptr;
        void *self = nullptr;
        std::shared_ptr<Wire> wire;
        std::vector<int> signals;
        bool exited = false;
        int id = 0;
    };
    Program(Loop &loop, std::shared_ptr<State> state, std::vector<std::string> words,
            std::map<std::string, std::string> variables, std::string where)
        : arguments(std::move(words))
        , environment(std::move(variables))
        , directory(std::move(where))
        , stdio(loop, state->wire)
        , loop_(&loop)
        , state_(std::move(state))
    {}
    std::vector<std::string> arguments; // its name first
    std::map<std::string, std::string> environment;
    std::string directory;
    Peer stdio; // receive(): what was written to its input; send(), end(): what it prints

    void complain(std::string bytes) // to its standard error
    {
        later([bytes = std::move(bytes)](State &it) {
            if (!it.wire->closed() && it.events != nullptr && it.events->on_errors != nullptr)
                it.events->on_errors(it.self, {bytes.data(), bytes.size()});
        });
    }
    // It ends, and its pipes with it.
    void exit(int code, int signal = 0)
    {
        later([code, signal](State &it) {
            if (std::exchange(it.exited, true)) return;
            const hawser_exit how{sizeof how, signal != 0 ? -1 : code, signal, 0};
            if (!it.wire->closed() && it.events != nullptr && it.events->on_exit != nullptr)
                it.events->on_exit(it.self, &how);
        });
        stdio.end();
        stdio.close();
    }
    const std::vector<int> &signals() const { return state_->signals; } // that were sent to it
    bool killed() const { return state_->wire->closed() && !state_->exited; }

private:
    template<typename F>
    void later(F f)
    {
        loop_->call([state = state_, f] { f(*state); });
        loop_->run();
    }
    Loop *loop_;
    std::shared_ptr<State> state_;
};

// What programs there are.
class Programs {
public:
    Programs(Loop &loop, Problems &problems)
        : loop_(loop)
        , problems_(problems)
    {}
    // Whoever starts `path` gets what `play` does. Without one: NOT_FOUND.
    void add(std::string path, std::function<void(Program)> play) { programs_[std::move(path)] = std::move(play); }
    const hawser_processes *api() const { return &kApi; }
    // The programs that a node's host has.
    static inline Programs &(*of_node)(const hawser_node *) = nullptr;

    // As the host does at its end: what still runs is killed.
    void end()
    {
        for (const auto &state : running_)
            if (!state->wire->closed()) state->wire->lose(HAWSER_CANCELLED);
    }

private:
    std::int32_t spawn(const hawser_spawn &spawn, const hawser_session *session, const hawser_process_events *events,
                       void *self, hawser_conn **conn, hawser_process **process, hawser_error *error)
    {
        const std::string path(view(spawn.program));
        const auto found = programs_.find(path);
        if (found == programs_.end()) {
            detail::fill(error, {}, path + ": No such file or directory");
            return HAWSER_NOT_FOUND;
        }
        auto state = std::make_shared<Program::State>();
        state->events = events;
        state->self = self;
        state->id = ++last_id_;
        state->wire = std::make_shared<Wire>(loop_, problems_);
        state->wire->use(session, self);
        state->wire->reads(false); // before it plays
        state->wire->open(true);
        running_.push_back(state);
        *conn = state->wire.get();
        *process = state.get();
        std::vector<std::string> words;
        std::map<std::string, std::string> variables;
        for (std::uint32_t i = 0; i < spawn.argument_count; ++i) words.emplace_back(view(spawn.arguments[i]));
        for (std::uint32_t i = 0; i < spawn.environment_count; ++i)
            variables[std::string(view(spawn.environment[i].name))] = view(spawn.environment[i].value);
        Program program(loop_, state, std::move(words), std::move(variables), std::string(view(spawn.directory)));
        loop_.call([play = found->second, program = std::move(program)] {
            program.stdio.wire().reads(true);
            play(program);
        });
        return HAWSER_OK;
    }
    static std::int32_t HAWSER_CALL api_spawn(hawser_loop *, const hawser_node *node, const hawser_spawn *spawn,
                                              const hawser_session *session, const hawser_process_events *events,
                                              void *self, hawser_conn **conn, hawser_process **process,
                                              hawser_error *error) noexcept
    {
        return of_node(node).spawn(*spawn, session, events, self, conn, process, error);
    }
    static std::int32_t HAWSER_CALL api_signal(hawser_process *process, std::int32_t number) noexcept
    {
        auto &state = *static_cast<Program::State *>(process);
        if (state.exited) return HAWSER_NOT_FOUND;
        state.signals.push_back(number);
        return HAWSER_OK;
    }
    static std::int32_t HAWSER_CALL api_id(const hawser_process *process) noexcept
    {
        return static_cast<const Program::State *>(process)->id;
    }
    static constexpr hawser_processes kApi{sizeof(hawser_processes), 0, api_spawn, api_signal, api_id};

    Loop &loop_;
    Problems &problems_;
    std::map<std::string, std::function<void(Program)>> programs_;
    std::vector<std::shared_ptr<Program::State>> running_;
    int last_id_ = 1000;
};

} // namespace hawser::testing
