// Tests of hawser/process.hpp, with programs that the test plays.
#include "hawser/process.hpp"
#include "hawser/scope.hpp"
#include "hawser/testing.hpp"

#include <gtest/gtest.h>

#include <csignal>
#include <memory>
#include <string>
#include <vector>

namespace {

using hawser::Command;
using hawser::Exit;
using hawser::Output;
using hawser::Process;
using hawser::Scope;
using hawser::StatusError;
using hawser::Task;
using hawser::testing::Host;
using hawser::testing::Program;

struct Processes : testing::Test {
    Host host;
    hawser::Node node = host.node();
    Scope scope{node};
    std::vector<Program> started;
    std::string log;

    Processes()
    {
        host.programs().add("/bin/tool", [this](Program program) { started.push_back(program); });
    }
    static Task<> follow(Process &process, std::string &log)
    {
        while (const auto line = co_await process->read_line()) log += std::string(*line) + ';';
        const Exit how = co_await process.ended();
        log += "exit " + std::to_string(how.code) + ' ' + std::to_string(how.signal) + ';';
    }
    static Task<> run_it(hawser::Node node, Command command, std::string input, std::string &log, std::size_t most)
    {
        try {
            const Output result = co_await hawser::run(node, command, std::move(input), most);
            log += std::to_string(result.how.code) + ' ' + result.output + '|' + result.errors + ';';
        } catch (const StatusError &error) {
            log += "failed " + std::to_string(error.status()) + ' ' + error.what() + ';';
        }
    }
};

TEST_F(Processes, GetTheirWordsAndAreReadLikeAnyStream)
{
    Process process(
        node, {.program = "/bin/tool", .arguments = {"-v", "x y"}, .environment = {{"A", "1"}}, .directory = "/srv"});
    scope.spawn(follow(process, log));
    host.run();
    ASSERT_EQ(started.size(), 1U);
    EXPECT_EQ(started[0].arguments, (std::vector<std::string>{"/bin/tool", "-v", "x y"}));
    EXPECT_EQ(started[0].environment.at("A"), "1");
    EXPECT_EQ(started[0].directory, "/srv");
    started[0].stdio.send("one\ntwo\n");
    started[0].exit(3);
    EXPECT_EQ(log, "one;two;exit 3 0;");
}

TEST_F(Processes, AreKilledWhenTheirOwnerEnds)
{
    auto process = std::make_unique<Process>(node, Command{.program = "/bin/tool"});
    host.run();
    process.reset();
    host.run();
    EXPECT_TRUE(started[0].killed());
}

TEST_F(Processes, GetSignals)
{
    Process process(node, {.program = "/bin/tool"});
    scope.spawn(follow(process, log));
    host.run();
    EXPECT_TRUE(process.signal(SIGHUP));
    EXPECT_EQ(started[0].signals(), std::vector<int>{SIGHUP});
    started[0].exit(0, SIGTERM);
    EXPECT_EQ(log, "exit -1 15;");
    EXPECT_FALSE(process.signal(SIGHUP));
    EXPECT_EQ(process.id(), 0);
}

TEST_F(Processes, RunToTheirEndInOneCall)
{
    scope.spawn(run_it(node, {.program = "/bin/tool"}, "in", log, 100));
    host.run();
    EXPECT_EQ(started[0].stdio.receive(), "in");
    EXPECT_TRUE(started[0].stdio.ended());
    started[0].stdio.send("out");
    started[0].complain("err");
    started[0].exit(0);
    EXPECT_EQ(log, "0 out|err;");
}

TEST_F(Processes, ThatPrintTooMuchAreKilled)
{
    scope.spawn(run_it(node, {.program = "/bin/tool"}, {}, log, 10));
    host.run();
    started[0].stdio.send(std::string(100, 'x'));
    EXPECT_EQ(log, "failed -6 the program printed more than 10 bytes;");
    EXPECT_TRUE(started[0].killed());
}

TEST_F(Processes, AreHeardWhileTheyHaveNotReadTheirInput)
{
    host.programs().add("/bin/writer", [this](Program program) {
        program.stdio.reads(false);
        started.push_back(program);
    });
    scope.spawn(run_it(node, {.program = "/bin/writer"}, std::string(1024 * 1024, 'i'), log, 500'000));
    host.run();
    started[0].stdio.send(std::string(400'000, 'x'));
    EXPECT_FALSE(started[0].stdio.wire().paused()) << "it could print no more, and each would wait for the other";
    started[0].exit(0);
    EXPECT_EQ(log, "0 " + std::string(400'000, 'x') + "|;");
}

TEST_F(Processes, ThatCannotBeStartedThrowWithTheReason)
{
    scope.spawn(run_it(node, {.program = "/bin/none"}, {}, log, 10));
    host.run();
    EXPECT_EQ(log, "failed -9 /bin/none: No such file or directory;");
}

TEST_F(Processes, MayBeCancelledAnywhere)
{
    const std::size_t rounds = hawser::testing::cancel_everywhere([](Host &in) {
        in.programs().add("/bin/tool", [](Program program) {
            program.stdio.send("line\n");
            program.exit(0);
        });
        auto owner = std::make_unique<Scope>(in.node());
        auto log_of_it = std::make_shared<std::string>();
        owner->spawn([](hawser::Node on, std::shared_ptr<std::string> into) -> Task<> {
            Process process(on, {.program = "/bin/tool"});
            co_await process->write("input");
            co_await follow(process, *into);
        }(in.node(), log_of_it));
        return owner;
    });
    EXPECT_GE(rounds, 3U);
}

} // namespace
