// The resource `cgi`: each request starts a program, which answers (RFC 3875).
// Tests: plugins/cgi/tests/cgi_test.cpp
#include "answer.hpp"
#include "variables.hpp"

#include "hawser/http.hpp"
#include "hawser/http_call.hpp"
#include "hawser/http_form.hpp"
#include "hawser/process.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace {

using cgi::Answer;
using cgi::Script;
using cgi::Variables;
using hawser::StatusError;
using hawser::Task;
using hawser::http::Call;
using hawser::http::Problem;
using hawser::http::Request;

constexpr std::size_t kPart = 64 * 1024;

// How many run, over all loops.
struct Running {
    std::atomic<std::int64_t> count{0};
};

class Place {
public:
    Place(Running &all, std::int64_t most)
        : all_(all)
    {
        if (all_.count.fetch_add(1) < most) return;
        all_.count.fetch_sub(1);
        throw Problem(503, "as many programs run as may").field("Retry-After", "1");
    }
    ~Place() { all_.count.fetch_sub(1); }
    Place(const Place &) = delete;
    Place &operator=(const Place &) = delete;

private:
    Running &all_;
};

class Cgi {
public:
    using Shared = Running;

    explicit Cgi(hawser::Node node)
        : node_(node)
        , timeout_(node.option("timeout").duration())
        , most_(node.option("running").integer())
        , gather_(node.option("gather").size())
    {
        if (const auto directory = node.option("directory")) directory_ = directory.path();
        if (const auto program = node.option("program")) script_.program = program.path();
        if (directory_.empty() == script_.program.empty())
            throw hawser::Error(directory_.empty() ? "directory" : "program",
                                "expected either a directory of programs or one program");
        if (!directory_.empty()) expect_directory(directory_);
        if (!script_.program.empty() && ::access(script_.program.c_str(), X_OK) != 0)
            throw hawser::Error("program", "expected an executable file, got \"" + script_.program + '"');
        if (const auto root = node.option("root")) script_.root = root.path();
        script_.authorization = node.option("authorization").boolean();
        const hawser::Value further = node.option("environment");
        for (std::uint32_t i = 0; i < further.count(); ++i) {
            const std::string name(further[i].key());
            if (name.empty() || name.find('=') != std::string::npos)
                throw hawser::Error("environment", "expected names without \"=\", got \"" + name + '"');
            environment_.emplace_back(name, further[i].text());
        }
    }

    void request(hawser::http::Exchange exchange, Request request)
    {
        const Script script = find(request);
        Call::start(exchange.raw(), node_, [this, script](Call &call) { return serve(call, script); });
    }

private:
    static void expect_directory(const std::string &path)
    {
        struct stat found {};
        if (::stat(path.c_str(), &found) != 0 || !S_ISDIR(found.st_mode))
            throw hawser::Error("directory", "expected a directory, got \"" + path + '"');
    }

    // Which program, and what the rest of the path is.
    Script find(const Request &request) const
    {
        Script script = script_;
        const std::string_view path = request.path(), rest = request.rest();
        std::size_t named = 0; // how much of the rest names the program
        if (script.program.empty()) {
            const std::size_t begin = rest.empty() || rest.front() != '/' ? 0 : 1;
            named = std::min(rest.find('/', begin), rest.size());
            script.program = directory_ + '/' + program_name(rest.substr(begin, named - begin));
            expect_program(script.program);
        }
        script.name = decoded(path.substr(0, path.size() - rest.size() + named));
        script.path_info = decoded(rest.substr(named));
        return script;
    }
    static std::string program_name(std::string_view segment)
    {
        std::string name = decoded(segment);
        if (name.empty() || name.front() == '.') throw Problem(404, "there is no such program");
        return name;
    }
    static std::string decoded(std::string_view text)
    {
        std::string out = hawser::http::percent_decoded(text);
        // An encoded slash would be another path.
        const bool slashes = std::count(out.begin(), out.end(), '/') != std::count(text.begin(), text.end(), '/');
        if (slashes || out.find('\0') != std::string::npos) throw Problem(404, "there is no such path");
        return out;
    }
    static void expect_program(const std::string &path)
    {
        struct stat found {};
        if (::stat(path.c_str(), &found) != 0 || !S_ISREG(found.st_mode))
            throw Problem(404, "there is no such program");
        if (::access(path.c_str(), X_OK) != 0) throw Problem(403, "it is not executable");
    }

    Task<> serve(Call &call, Script script)
    {
        const Place place(node_.shared<Running>(), most_);
        // A program is told how long its input is; a body that does not say so is gathered first.
        std::optional<std::string> gathered;
        if (call.request().body_length() < 0) gathered = co_await call.body(gather_);
        const std::uint64_t length =
            gathered ? gathered->size() : static_cast<std::uint64_t>(call.request().body_length());
        hawser::Command command{.program = script.program,
                                .environment = variables_of(call.request(), script, length, environment_),
                                .directory = script.program.substr(0, script.program.rfind('/') + 1)};
        hawser::Process process = start(std::move(command));
        process->set_idle_timeout(timeout_);
        hawser::Scope feeding(node_); // ends with this, before the process
        feeding.spawn(feed(call, process, std::move(gathered)));
        co_await relay(call, process);
    }
    hawser::Process start(hawser::Command command) const
    {
        try {
            return hawser::Process(node_, std::move(command));
        } catch (const StatusError &error) {
            node_.error("program_failed", {{"error", error.what()}});
            if (error.status() == HAWSER_LIMIT) throw Problem(503, "no program can be started now");
            throw Problem(500, "the program cannot be started");
        }
    }

    // Its input. One that does not want all of it has its reasons.
    static Task<> feed(Call &call, hawser::Process &process, std::optional<std::string> gathered)
    {
        try {
            if (gathered) {
                co_await process->write(std::move(*gathered));
            } else {
                while (const auto part = co_await call.read()) co_await process->write(*part);
            }
        } catch (const StatusError &) {}
        process.end_input();
    }

    Task<> relay(Call &call, hawser::Process &process)
    {
        Answer answer;
        co_await read_head(process, answer);
        const std::int64_t length = answer.length ? static_cast<std::int64_t>(*answer.length) : HAWSER_HTTP_UNKNOWN;
        call.begin(answer.head, length);
        std::uint64_t left = answer.length.value_or(~std::uint64_t{0});
        while (left > 0) {
            const auto part = co_await process->read_some(kPart);
            if (!part) break;
            const std::string_view fits = part->substr(0, std::min<std::uint64_t>(left, part->size()));
            left -= answer.length ? fits.size() : 0;
            co_await call.write(std::string(fits));
        }
        call.end();
    }
    Task<> read_head(hawser::Process &process, Answer &answer)
    {
        std::string wrong;
        std::uint32_t status = 502;
        try {
            while (true) {
                const auto line = co_await process->read_line(Answer::kLongestHead);
                if (!line) {
                    const hawser::Exit how = co_await process.ended();
                    wrong = "it ended with " + std::to_string(how.signal != 0 ? how.signal : how.code) +
                            (how.signal != 0 ? " (a signal)" : "") + " before the end of its head";
                    break;
                }
                if (line->empty() ? answer.finish() : answer.take(*line)) {
                    if (line->empty()) co_return;
                } else {
                    wrong = answer.error();
                    break;
                }
            }
        } catch (const StatusError &error) {
            status = error.status() == HAWSER_TIMED_OUT ? 504 : 502;
            wrong = error.status() == HAWSER_TIMED_OUT ? "it printed no head in time" : error.what();
        }
        node_.error("program_failed", {{"error", wrong}});
        throw Problem(status, status == 504 ? "the program took too long" : "the program gave no answer");
    }

    hawser::Node node_;
    std::chrono::nanoseconds timeout_;
    std::int64_t most_;
    std::size_t gather_; // of a body whose length is not known before its end
    std::string directory_;
    Script script_; // of `program`
    Variables environment_;
};

} // namespace

HAWSER_PLUGIN(hawser::http::resource<Cgi>("cgi"))
