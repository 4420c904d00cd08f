#include "rig.hpp"

#include "hawser/process.h"

#include <gtest/gtest.h>

#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <cstring>
#include <fstream>
#include <string>
#include <vector>

namespace hawser::host::test {
namespace {

const hawser_processes &table(Rig &rig)
{
    return *static_cast<const hawser_processes *>(rig.host.abi()->get_interface(rig.host.abi(), HAWSER_PROCESS));
}

// A shell that runs a script; writes down what it hears.
struct Program {
    explicit Program(Rig *on)
        : rig(on)
    {
        std::signal(SIGPIPE, SIG_IGN); // as the worker does
    }
    Program(const Program &) = delete;
    Program &operator=(const Program &) = delete;
    ~Program()
    {
        if (conn == nullptr) return;
        rig->in_loop([&] {
            if (!over) conn->api->close(conn, HAWSER_ABORT);
        });
        EXPECT_TRUE(rig->eventually([&] { return over; })) << "it was not closed";
    }

    static Program &of(void *self) { return *static_cast<Program *>(self); }
    static void on_open(void *self, hawser_conn *) { of(self).log += "open;"; }
    static std::size_t on_data(void *self, hawser_bytes data)
    {
        const std::size_t used = of(self).take({data.p, data.n});
        of(self).output.append(data.p, used);
        return used;
    }
    static void on_drained(void *self) { of(self).log += "drained;"; }
    static void on_eof(void *self) { of(self).log += "eof;"; }
    static void on_timer(void *self) { of(self).log += "timer;"; }
    static void on_close(void *self, std::int32_t reason, hawser_str)
    {
        of(self).log += "close " + std::to_string(reason) + ';';
        of(self).over = true;
    }
    static void on_exit(void *self, const hawser_exit *how)
    {
        of(self).log += "exit " + std::to_string(how->code) + ' ' + std::to_string(how->signal) + ';';
        of(self).exited = true;
    }
    static void on_errors(void *self, hawser_bytes data) { of(self).errors.append(data.p, data.n); }
    static constexpr hawser_session kSession{
        sizeof(hawser_session), 0, on_open, on_data, on_drained, on_eof, on_timer, nullptr, nullptr, on_close};
    static constexpr hawser_process_events kEvents{sizeof(hawser_process_events), 0, on_exit, on_errors};

    std::int32_t run(const std::string &script, std::uint32_t where = HAWSER_ERRORS_CALL)
    {
        return start("/bin/sh", {"sh", "-c", script}, {{"PATH", "/usr/bin:/bin"}}, {}, where);
    }
    std::int32_t start(const std::string &program, const std::vector<std::string> &words,
                       const std::vector<std::pair<std::string, std::string>> &variables = {},
                       const std::string &directory = {}, std::uint32_t where = HAWSER_ERRORS_CALL)
    {
        std::vector<hawser_str> arguments;
        std::vector<hawser_field> environment;
        for (const std::string &word : words) arguments.push_back(str(word));
        for (const auto &[name, value] : variables) environment.push_back({str(name), str(value)});
        const hawser_spawn spawn{sizeof spawn,
                                 where,
                                 str(program),
                                 arguments.data(),
                                 static_cast<std::uint32_t>(arguments.size()),
                                 static_cast<std::uint32_t>(environment.size()),
                                 environment.data(),
                                 str(directory),
                                 grace};
        why.struct_size = sizeof why;
        std::int32_t status = 0;
        rig->in_loop([&] {
            status = table(*rig).spawn(rig->abi, &rig->node, &spawn, &kSession, &kEvents, this, &conn, &process, &why);
            EXPECT_EQ(log, "") << "never from inside";
        });
        return status;
    }
    std::int32_t write(std::string_view text)
    {
        std::int32_t status = 0;
        const hawser_piece piece{text.data(), text.size(), nullptr, nullptr};
        rig->in_loop([&] { status = conn->api->write(conn, &piece, 1); });
        return status;
    }
    void close(std::uint32_t how)
    {
        rig->in_loop([&] { conn->api->close(conn, how); });
    }
    bool heard(const std::string &wanted)
    {
        return rig->eventually([&] { return log == wanted; });
    }
    bool printed(const std::string &wanted)
    {
        return rig->eventually([&] { return output == wanted; });
    }

    Rig *rig;
    hawser_conn *conn = nullptr;
    hawser_process *process = nullptr;
    std::string log, output, errors;
    std::function<std::size_t(std::string_view)> take = [](std::string_view data) { return data.size(); };
    bool over = false, exited = false;
    std::uint64_t grace = 0;
    hawser_error why{};
};

// Neither gone nor waiting for whoever adopted it.
bool is_alive(int pid)
{
    std::ifstream stat("/proc/" + std::to_string(pid) + "/stat");
    std::string line;
    std::getline(stat, line);
    return !line.empty() && line.find(") Z ") == std::string::npos;
}

TEST(Process, PrintsEndsAndClosesInThisOrder)
{
    Rig rig;
    Program program(&rig);
    ASSERT_EQ(program.run("echo out; echo err >&2; exit 3"), HAWSER_OK) << program.why.text;
    EXPECT_TRUE(rig.eventually([&] { return program.over; })) << program.log;
    EXPECT_EQ(program.output, "out\n");
    EXPECT_EQ(program.errors, "err\n");
    EXPECT_TRUE(program.log == "open;eof;exit 3 0;close -1;" || program.log == "open;exit 3 0;eof;close -1;")
        << program.log;
}

TEST(Process, GetsItsInputAndTheEndOfIt)
{
    Rig rig;
    Program program(&rig);
    ASSERT_EQ(program.start("/bin/cat", {"cat"}), HAWSER_OK);
    EXPECT_EQ(program.write("over"), HAWSER_OK);
    EXPECT_TRUE(program.printed("over"));
    std::int32_t late = HAWSER_OK;
    rig.in_loop([&] { // in one turn: after that it may be over
        program.conn->api->close(program.conn, HAWSER_SHUTDOWN);
        const hawser_piece piece{"late", 4, nullptr, nullptr};
        late = program.conn->api->write(program.conn, &piece, 1);
    });
    EXPECT_EQ(late, HAWSER_CLOSED);
    EXPECT_TRUE(rig.eventually([&] { return program.over; })) << program.log;
    EXPECT_EQ(program.output, "over");
}

TEST(Process, HasItsOwnEnvironmentGroupAndNothingElseOfTheHost)
{
    Rig rig;
    Program program(&rig);
    ::setenv("HAWSER_SECRET", "no", 1);
    ASSERT_EQ(program.start("/bin/sh",
                            {"sh", "-c",
                             "env | grep -v ^_= | grep -v ^PWD=; pwd; ls -1 /proc/self/fd | wc -l; "
                             "grep SigIgn /proc/self/status"},
                            {{"A", "1"}, {"B", "x=y"}}, "/usr"),
              HAWSER_OK);
    EXPECT_TRUE(rig.eventually([&] { return program.over; })) << program.log;
    EXPECT_EQ(program.errors, "");
    EXPECT_EQ(program.output.substr(0, 17), "A=1\nB=x=y\n/usr\n4\n")
        << program.output << "three streams, and that of ls";
    EXPECT_NE(program.output.find("SigIgn:\t0000000000000000"), std::string::npos) << program.output;
}

TEST(Process, ThatCannotBeStartedIsRefusedWithTheReason)
{
    Rig rig;
    Program program(&rig);
    EXPECT_EQ(program.start("/no/such/program", {"x"}), HAWSER_NOT_FOUND);
    EXPECT_EQ(std::string(program.why.text), "/no/such/program: No such file or directory");
    EXPECT_EQ(program.start("/etc/passwd", {"x"}), HAWSER_REFUSED);
    EXPECT_EQ(program.start("/bin/true", {"x"}, {}, "/no/such/folder"), HAWSER_NOT_FOUND);
    EXPECT_EQ(program.start("true", {"x"}), HAWSER_INVALID);
    EXPECT_EQ(std::string(program.why.text), "expected an absolute path, got \"true\"");
    EXPECT_EQ(program.start("/bin/true", {std::string("a\0b", 3)}), HAWSER_INVALID);
    EXPECT_EQ(program.start("/bin/true", {"x"}, {{"A=B", "1"}}), HAWSER_INVALID);
    EXPECT_EQ(program.log, "");
}

TEST(Process, IsToldThatItWasEndedByASignal)
{
    Rig rig;
    Program program(&rig);
    ASSERT_EQ(program.run("sleep 1000"), HAWSER_OK);
    EXPECT_TRUE(program.heard("open;"));
    rig.in_loop([&] {
        EXPECT_EQ(table(rig).signal(program.process, 12345), HAWSER_INVALID);
        EXPECT_EQ(table(rig).signal(program.process, SIGTERM), HAWSER_OK);
    });
    EXPECT_TRUE(rig.eventually([&] { return program.over; })) << program.log;
    EXPECT_NE(program.log.find("exit -1 15;"), std::string::npos) << program.log;
}

TEST(Process, IsAbortedWithAllOfItsGroup)
{
    Rig rig;
    Program program(&rig);
    ASSERT_EQ(program.run("sleep 1000 & echo $!; wait"), HAWSER_OK);
    EXPECT_TRUE(rig.eventually([&] { return program.output.find('\n') != std::string::npos; }));
    const int helper = std::stoi(program.output);
    EXPECT_TRUE(is_alive(helper));
    program.close(HAWSER_ABORT);
    EXPECT_TRUE(rig.eventually([&] { return program.over; })) << program.log;
    EXPECT_EQ(program.log, "open;exit -1 9;close -4;");
    EXPECT_TRUE(rig.eventually([&] { return !is_alive(helper); }));
}

TEST(Process, ThatIsClosedHasTimeToEndByItself)
{
    Rig rig;
    Program program(&rig);
    const std::string file = "/tmp/hawser-process-" + std::to_string(::getpid());
    ASSERT_EQ(program.run("cat > " + file + "; exit 4"), HAWSER_OK);
    EXPECT_EQ(program.write("all of it"), HAWSER_OK);
    program.close(HAWSER_CLOSE);
    EXPECT_TRUE(rig.eventually([&] { return program.over; })) << program.log;
    EXPECT_NE(program.log.find("exit 4 0;close 0;"), std::string::npos) << program.log;
    std::ifstream in(file);
    std::string text;
    std::getline(in, text);
    EXPECT_EQ(text, "all of it");
    ::unlink(file.c_str());
}

TEST(Process, ThatDoesNotEndWhenItIsClosedIsAskedAndThenKilled)
{
    Rig rig;
    Program polite(&rig), deaf(&rig);
    polite.grace = 1'000'000'000; // neither starts another program, which may wait for a disk for longer
    deaf.grace = 20'000'000;
    ASSERT_EQ(polite.run("trap 'exit 7' TERM; echo go; while :; do :; done"), HAWSER_OK);
    ASSERT_EQ(deaf.run("trap '' TERM; echo go; while :; do :; done"), HAWSER_OK);
    EXPECT_TRUE(polite.printed("go\n"));
    EXPECT_TRUE(deaf.printed("go\n"));
    polite.close(HAWSER_CLOSE);
    deaf.close(HAWSER_CLOSE);
    EXPECT_TRUE(polite.heard("open;exit 7 0;close 0;")) << polite.log;
    EXPECT_TRUE(deaf.heard("open;exit -1 9;close 0;")) << deaf.log;
}

TEST(Process, WaitsForWhatItsHelpersStillPrint)
{
    Rig rig;
    Program program(&rig);
    ASSERT_EQ(program.run("(sleep 0.03; echo late) & echo early"), HAWSER_OK);
    EXPECT_TRUE(rig.eventually([&] { return program.exited; }));
    EXPECT_TRUE(program.printed("early\nlate\n")) << program.output;
    EXPECT_TRUE(rig.eventually([&] { return program.over; })) << program.log;
    EXPECT_EQ(program.log, "open;exit 0 0;eof;close -1;");
}

TEST(Process, IsHeldBackWhenItIsPausedAndGoesOnWithWhatWasLeft)
{
    Rig rig;
    Program program(&rig);
    program.take = [&](std::string_view data) {
        program.conn->api->pause(program.conn, 1);
        return std::min<std::size_t>(data.size(), 1);
    };
    ASSERT_EQ(program.run("printf abc; printf def"), HAWSER_OK);
    EXPECT_TRUE(program.printed("a"));
    for (int i = 0; i < 50; ++i) rig.in_loop([] {});
    EXPECT_EQ(program.output, "a");
    program.take = [](std::string_view data) { return data.size(); };
    rig.in_loop([&] { program.conn->api->pause(program.conn, 0); });
    EXPECT_TRUE(program.printed("abcdef")) << program.output;
    EXPECT_TRUE(rig.eventually([&] { return program.over; })) << program.log;
}

TEST(Process, TakesMuchInputWithBackPressure)
{
    Rig rig;
    Program program(&rig);
    ASSERT_EQ(program.run("sleep 0.1; wc -c"), HAWSER_OK);
    const std::string much(1 << 20, 'x');
    EXPECT_EQ(program.write(much), HAWSER_FULL);
    EXPECT_TRUE(rig.eventually([&] { return program.log == "open;drained;"; })) << program.log;
    program.close(HAWSER_SHUTDOWN);
    EXPECT_TRUE(program.printed("1048576\n")) << program.output;
}

TEST(Process, ThatReadsNoInputEndsTheWritesToIt)
{
    Rig rig;
    Program program(&rig);
    int released = 0;
    ASSERT_EQ(program.run("exec <&-; echo closed; sleep 1000"), HAWSER_OK);
    EXPECT_TRUE(program.printed("closed\n"));
    const hawser_piece piece{"x", 1, [](void *count) { ++*static_cast<int *>(count); }, &released};
    rig.in_loop([&] {
        EXPECT_EQ(program.conn->api->write(program.conn, &piece, 1), HAWSER_CLOSED);
        EXPECT_EQ(program.conn->api->write(program.conn, &piece, 1), HAWSER_CLOSED);
    });
    EXPECT_EQ(released, 2);
    EXPECT_EQ(program.log, "open;");
}

TEST(Process, ThatHasEndedIsNotUsed)
{
    Rig rig;
    Broken broken(rig);
    Program program(&rig);
    ASSERT_EQ(program.run("exit 0"), HAWSER_OK) << program.why.text;
    EXPECT_TRUE(rig.eventually([&] { return program.over; }));
    EXPECT_EQ(program.write("late"), HAWSER_INVALID);
    rig.in_loop([&] {
        hawser_conn *conn = program.conn;
        int released = 0;
        conn->api->pause(conn, 1);
        conn->api->set_timer(conn, 1);
        conn->api->close(conn, HAWSER_ABORT);
        conn->api->attach(conn, &Program::kSession, nullptr);
        EXPECT_EQ(conn->api->queued(conn), 0U);
        EXPECT_EQ(conn->api->send_file(
                      conn, -1, 0, 1, [](void *n) { ++*static_cast<int *>(n); }, &released),
                  HAWSER_INVALID);
        EXPECT_EQ(released, 1);
        EXPECT_EQ(table(rig).signal(program.process, SIGTERM), HAWSER_INVALID);
    });
    std::string expected;
    for (const char *call :
         {"hawser_conn.write", "hawser_conn.pause", "hawser_conn.set_timer", "hawser_conn.close", "hawser_conn.attach",
          "hawser_conn.queued", "hawser_conn.send_file", "hawser_processes.signal"})
        expected += std::to_string(rig.node.tag) + "/0 " + call +
                    ": expected a program whose on_close has not returned, got one that has ended\n";
    EXPECT_EQ(broken.take(), expected);
}

TEST(Process, IsKilledWhenTheLoopEnds)
{
    Rig rig;
    Program program(&rig);
    ASSERT_EQ(program.run("sleep 1000 & echo $!; wait"), HAWSER_OK);
    EXPECT_TRUE(rig.eventually([&] { return program.output.find('\n') != std::string::npos; }));
    rig.end();
    EXPECT_EQ(program.log, "open;close -4;");
    program.conn = nullptr;
}

TEST(Process, HearsItsTimer)
{
    Rig rig;
    Program program(&rig);
    ASSERT_EQ(program.run("sleep 1000"), HAWSER_OK);
    rig.in_loop([&] { program.conn->api->set_timer(program.conn, rig.abi->now + 1'000'000); });
    EXPECT_TRUE(program.heard("open;timer;")) << program.log;
}

} // namespace
} // namespace hawser::host::test
