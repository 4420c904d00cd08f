// hawser/http_events.hpp: server-sent events (WHATWG HTML § 9.2): an answer that goes on, event by event.
//
//     hawser::Task<> get(hawser::http::Call &call)
//     {
//         hawser::http::EventStream events(call);
//         for (;;) {
//             co_await events.send(next_text(), "news");
//             co_await hawser::sleep(std::chrono::seconds(1));
//         }
//     }
//
// Ends with the task: when it returns the answer is complete, when the client goes it is cancelled. [loop]
#pragma once

#include "hawser/http_call.hpp"
#include "hawser/sync.hpp"
#include "hawser/wait.hpp"

#include <chrono>
#include <cstddef>
#include <exception>
#include <string>
#include <string_view>
#include <utility>

namespace hawser::http {

class EventStream {
public:
    // Begins the answer. Throws Error if the request was answered already.
    explicit EventStream(Call &call)
        : call_(call)
    {
        call.begin({200, "text/event-stream", {}, {{"Cache-Control", "no-store"}}});
    }
    // Whole, unless an exception passes: then it is cut off.
    ~EventStream()
    {
        if (!call_.is_over() && std::uncaught_exceptions() == exceptions_) call_.end();
    }
    EventStream(const EventStream &) = delete;
    EventStream &operator=(const EventStream &) = delete;

    // The id of the last event that the client has, or "": it comes again after a break.
    std::string_view last_id() const { return call_.request().field("last-event-id"); }

    // One event, of as many lines as `data` has; waits while the client reads slowly. Throws Error for a type or an id
    // with a line's end in it.
    Task<> send(std::string data, std::string type = {}, std::string id = {})
    {
        std::string text;
        add(text, "event", type);
        add(text, "id", id);
        std::string_view rest = data;
        for (;;) {
            const std::size_t end = rest.find_first_of("\r\n");
            text.append("data: ").append(rest.substr(0, end)).append("\n");
            if (end == std::string_view::npos) break;
            rest.remove_prefix(end + (rest.substr(end, 2) == "\r\n" ? 2 : 1));
        }
        return write(call_, lock_, std::move(text));
    }
    // How long the client is to wait before it comes again after a break.
    Task<> set_retry(std::chrono::milliseconds time)
    {
        return write(call_, lock_, "retry: " + std::to_string(time.count()) + "\n");
    }
    // From now on something is sent every `interval`, so that whoever is between keeps the connection.
    void keep_alive(std::chrono::nanoseconds interval)
    {
        const auto beat = [](Call &call, Mutex &lock, std::chrono::nanoseconds every) -> Task<> {
            for (;;) {
                co_await sleep(every);
                co_await write(call, lock, ":\n");
            }
        };
        beats_.spawn(beat(call_, lock_, interval));
    }

private:
    static void add(std::string &text, const char *name, const std::string &value)
    {
        if (value.empty()) return;
        if (value.find_first_of(std::string_view("\r\n\0", 3)) != std::string::npos)
            throw Error(std::string("the ") + name + " of an event: expected one line");
        text.append(name).append(": ").append(value).append("\n");
    }
    static Task<> write(Call &call, Mutex &mutex, std::string text)
    {
        const auto lock = co_await mutex.lock();
        co_await call.write(text + "\n");
    }
    Call &call_;
    int exceptions_ = std::uncaught_exceptions();
    Mutex lock_;
    Scope beats_{call_.node()};
};

} // namespace hawser::http
