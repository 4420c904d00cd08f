#include "fake.hpp"
#include "targets.hpp"

#include <cstdio>
#include <string>

namespace hawser::fuzz {
namespace {

using namespace http_engine::test;

// What the resources saw and the client got, in one text.
class Play {
public:
    Play()
    {
        rig_.route("/echo", [this](auto *e, auto *r) {
            see(r);
            Echo::attach(e, r);
        });
        rig_.route("/", [this](auto *e, auto *r) {
            see(r);
            say(e, "answer");
        });
    }
    void feed(std::string_view bytes)
    {
        if (rig_.conn.closed == 0) rig_.feed(bytes);
    }
    // Without 100 (Continue), which only those get that wait for it.
    std::string outcome()
    {
        std::string output = rig_.conn.output;
        const std::string interim = "HTTP/1.1 100 Continue\r\n\r\n";
        for (std::size_t at; (at = output.find(interim)) != std::string::npos;) output.erase(at, interim.size());
        return seen_ + '\n' + output + (rig_.conn.closed != 0 ? "closed" : "open");
    }

private:
    void see(const hawser_http_request *r)
    {
        seen_.append(text(r->method_name)).append(" ").append(text(r->path)).append("?").append(text(r->query));
        for (std::size_t i = 0; i < r->field_count; ++i)
            seen_.append(" ").append(text(r->fields[i].name)).append("=").append(text(r->fields[i].value));
        seen_ += '\n';
        demand(text(r->path).empty() || text(r->path).front() == '/' || text(r->path) == "*", "a path begins with /");
        demand(text(r->path).find("/../") == std::string_view::npos, "no dot segment is left");
        for (std::size_t i = 0; i < r->field_count; ++i)
            demand(text(r->fields[i].value).find_first_of(std::string_view("\r\n\0", 3)) == std::string_view::npos,
                   "no value holds the end of a line");
    }
    Rig rig_;
    std::string seen_;
};

// A client may wait for 100 (Continue): what is answered meanwhile depends on what has come of its body.
bool may_wait(std::string bytes)
{
    for (char &c : bytes) c = c == 'C' ? 'c' : c;
    return bytes.find("100-c") != std::string::npos;
}

} // namespace

void http(std::string_view input)
{
    if (input.empty()) return;
    const std::size_t step = 1 + static_cast<unsigned char>(input.front());
    // A head that comes in parts is looked at again when a line ends: so the last one does.
    std::string bytes(input.substr(1));
    bytes += "\r\n\r\n";
    Play whole, cut;
    whole.feed(bytes);
    for (std::size_t at = 0; at < bytes.size(); at += step) cut.feed(std::string_view(bytes).substr(at, step));
    const std::string expected = whole.outcome(), got = cut.outcome();
    if (expected == got || may_wait(bytes)) return;
    std::fprintf(stderr, "whole:\n%s\nin cuts of %zu:\n%s\n", expected.c_str(), step, got.c_str());
    demand(false, "however it is cut, it is the same");
}

} // namespace hawser::fuzz
