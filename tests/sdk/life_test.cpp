// Tests of hawser/life.hpp, hawser/watch.hpp, and of services whose start and stop are tasks.
#include "hawser/hawser.hpp"
#include "hawser/life.hpp"
#include "hawser/scope.hpp"
#include "hawser/testing.hpp"
#include "hawser/watch.hpp"

#include <gtest/gtest.h>

#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <memory>
#include <optional>
#include <string>

namespace {

using hawser::Change;
using hawser::DirectoryWatch;
using hawser::Phase;
using hawser::Scope;
using hawser::Task;
using hawser::testing::Host;
using hawser::testing::Instance;
using namespace std::chrono_literals;

std::string *heard = nullptr; // what the instances of a test did

struct Slow {
    hawser::Node node;
    Task<> start()
    {
        *heard += "start;";
        co_await hawser::sleep(1s);
        if (node.option("fails").boolean()) throw hawser::Error("fails", "it cannot start");
        *heard += "started;";
    }
    Task<> stop()
    {
        *heard += "stop;";
        co_await hawser::sleep(1s);
        *heard += "stopped;";
    }
};

struct AtOnce {
    Task<> start() { co_return; }
    Task<> stop()
    {
        throw hawser::Error("never mind");
        co_return;
    }
};

struct Hooked {
    explicit Hooked(hawser::Node node)
    {
        for (const Phase phase : {Phase::after, Phase::before, Phase::during}) {
            for (const char *which : {"first", "second"}) {
                hawser::on_shutdown(node, phase, [phase, which] {
                    *heard += std::to_string(static_cast<int>(phase)) + which + ';';
                    if (*heard == "0second;") throw hawser::Error("not now");
                });
            }
        }
    }
    ~Hooked() { *heard += "gone;"; }
    void stop() { *heard += "stop;"; }
};

struct Lives : testing::Test {
    std::string log;
    Host host;
    hawser::Node node = host.node();
    Scope scope{node};
    Lives() { heard = &log; }
};

TEST_F(Lives, WaitForAStartAndAStopThatAreTasks)
{
    Instance service(host, hawser::service<Slow>("slow"), {{"fails", false}});
    service.start();
    EXPECT_EQ(log, "start;started;");
    service.stop();
    EXPECT_EQ(log, "start;started;stop;stopped;");
}

TEST_F(Lives, RefuseToStartWithWhatTheTaskThrows)
{
    Instance service(host, hawser::service<Slow>("slow"), {{"fails", true}});
    try {
        service.start();
        ADD_FAILURE() << "it started";
    } catch (const hawser::Error &error) {
        EXPECT_EQ(error.option(), "fails");
        EXPECT_STREQ(error.what(), "it cannot start");
    }
}

TEST_F(Lives, MayEndWhileTheyStart)
{
    const std::size_t rounds = hawser::testing::cancel_everywhere([this](Host &in) {
        struct Owner {
            Owner(Host &on)
                : kind(hawser::service<Slow>("slow"))
                , self(kind.kind.create(&on.loop(), on.node("service.slow", {{"fails", false}}).raw(), nullptr))
            {
                op.complete = [](hawser_op *, std::int64_t) {};
                kind.start(self, &op, nullptr);
            }
            ~Owner() { kind.kind.destroy(self); }
            hawser_service kind;
            void *self;
            hawser_op op{};
        };
        log.clear();
        return std::make_unique<Owner>(in);
    });
    EXPECT_GT(rounds, 0U);
}

TEST_F(Lives, TakeATaskThatEndsAtOnceAndLogWhatAStopThrows)
{
    Instance service(host, hawser::service<AtOnce>("once"));
    service.start();
    service.stop();
    ASSERT_EQ(host.logged("stop_failed").size(), 1U);
    EXPECT_EQ(host.logged("stop_failed")[0].fields.at("error"), "never mind");
}

TEST_F(Lives, CallTheirHooksInPhasesTheLastFirst)
{
    {
        Instance service(host, hawser::service<Hooked>("hooked"));
        service.start();
        service.drain();
        EXPECT_EQ(log, "0second;0first;");
        service.stop();
    }
    EXPECT_EQ(log, "0second;0first;1second;1first;stop;gone;2second;2first;");
    EXPECT_EQ(host.logged("shutdown_hook_failed").size(), 1U) << "and one that throws keeps none from running";
}

TEST_F(Lives, CallTheirHooksAlsoWithoutADrainOrAStop)
{
    {
        const Instance service(host, hawser::service<Hooked>("hooked"));
    }
    EXPECT_EQ(log, "0second;0first;1second;1first;gone;2second;2first;");
}

TEST_F(Lives, HaveNoHooksWithoutAnInstance)
{
    hawser_node stranger = *node.raw();
    EXPECT_THROW(hawser::on_shutdown(hawser::Node(node.loop(), &stranger), Phase::before, [] {}), hawser::Error);
}

TEST_F(Lives, AreToldWhenEverythingServes)
{
    host.starts_later();
    const hawser::WhenRunning announce(node, [this] { log += "serves;"; });
    auto given_up = std::make_unique<hawser::WhenRunning>(node, [this] { log += "never;"; });
    scope.spawn([](std::string &into) -> Task<> {
        co_await hawser::running();
        into += "task;";
    }(log));
    host.advance(10s);
    given_up.reset();
    EXPECT_EQ(log, "");
    host.serve();
    EXPECT_TRUE(log == "serves;task;" || log == "task;serves;") << log;
}

TEST_F(Lives, AskForTheEndWithAStatus)
{
    hawser::request_stop(node, 3, "it is done");
    EXPECT_EQ(host.asked_to_stop(), std::vector<std::string>{"3 it is done"});
    EXPECT_THROW(hawser::request_stop(node, 64, "no"), hawser::Error);
}

struct Folder {
    Folder()
    {
        char made[] = "/tmp/hawser-watch-XXXXXX";
        path = ::mkdtemp(made);
    }
    ~Folder()
    {
        for (const char *name : {"/a", "/b"}) ::unlink((path + name).c_str());
        ::rmdir(path.c_str());
    }
    std::string path;
};

Task<> list(DirectoryWatch &watch, std::string &log)
{
    while (const auto change = co_await watch.next())
        log += std::string(change->what == Change::made      ? "made "
                           : change->what == Change::written ? "written "
                           : change->what == Change::removed ? "removed "
                                                             : "missed ") +
               change->name + ';';
    log += "gone;";
}

TEST_F(Lives, HearWhatChangesInADirectory)
{
    Folder folder;
    DirectoryWatch watch(node, folder.path);
    scope.spawn(list(watch, log));
    std::ofstream(folder.path + "/a") << "text";
    std::rename((folder.path + "/a").c_str(), (folder.path + "/b").c_str());
    ::unlink((folder.path + "/b").c_str());
    EXPECT_TRUE(host.descriptors().look(1000));
    EXPECT_EQ(log, "made a;written a;removed a;made b;removed b;");
    ::rmdir(folder.path.c_str());
    EXPECT_TRUE(host.descriptors().look(1000));
    EXPECT_EQ(log, "made a;written a;removed a;made b;removed b;gone;");
    EXPECT_FALSE(host.descriptors().look());
}

TEST_F(Lives, SayWhichDirectoryCannotBeWatched)
{
    try {
        const DirectoryWatch watch(node, "/no/such/folder");
        ADD_FAILURE();
    } catch (const hawser::Error &error) {
        EXPECT_STREQ(error.what(), "/no/such/folder: No such file or directory");
    }
}

TEST_F(Lives, WatchDescriptorsOfOthers)
{
    std::array<int, 2> ends{};
    ASSERT_EQ(::pipe(ends.data()), 0);
    std::optional<hawser::Watch> watch;
    watch.emplace(node, ends[0], HAWSER_READABLE, [&](std::uint32_t what) {
        log += std::to_string(what) + ';';
        char byte = 0;
        EXPECT_EQ(::read(ends[0], &byte, 1), 1);
        if (byte == 'x') watch.reset(); // from inside
    });
    EXPECT_THROW(hawser::Watch(node, ends[0], HAWSER_READABLE, [](std::uint32_t) {}), hawser::StatusError);
    EXPECT_EQ(::write(ends[1], "ax", 2), 2);
    EXPECT_TRUE(host.descriptors().look());
    EXPECT_TRUE(host.descriptors().look());
    EXPECT_EQ(log, "1;1;");
    EXPECT_FALSE(watch.has_value());
    for (const int end : ends) ::close(end);
}

} // namespace
