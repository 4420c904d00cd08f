#include "bridge/guard.hpp"

#include "plugin/entry_names.hpp"
#include "rig.hpp"

#include <gtest/gtest.h>

#include <stdexcept>

namespace hawser::host::test {
namespace {

TEST(Guard, SaysWhatWasThrownWhateverItIs)
{
    const auto text = [](const std::string &thrown) { return thrown; };
    EXPECT_EQ(contain([]() -> std::string { throw std::runtime_error("why"); }, text), "why");
    EXPECT_EQ(contain([]() -> std::string { throw 42; }, text), "an exception that is no std::exception");
    EXPECT_EQ(contain([]() -> std::string { return "fine"; }, text), "fine");
}

// A rig that hears who threw; its functions throw "x".
struct Thrower : Rig {
    Thrower()
    {
        host.on_threw([this](std::uint32_t tag, std::uint32_t entry, const std::string &text) {
            const std::lock_guard lock(mutex);
            heard_threw += std::to_string(tag) + ' ' + std::string(entry_name(entry, {})) + ' ' + text + ';';
        });
    }
    bool hears(const std::string &all)
    {
        return eventually([&] {
            const std::lock_guard lock(mutex);
            return heard_threw == all;
        });
    }
    std::mutex mutex;
    std::string heard_threw;
};

TEST(Guard, StopsWhatACompletionThrows)
{
    Thrower rig;
    hawser_op op{};
    op.complete = [](hawser_op *, std::int64_t) { throw std::runtime_error("x"); };
    rig.in_loop([&] {
        const std::uint32_t was = hawser_enter(rig.abi, HAWSER_CRUMB(5, 3));
        rig.abi->api->timer(rig.abi, rig.abi->now, &op);
        hawser_enter(rig.abi, was);
    });
    EXPECT_TRUE(rig.hears("5 complete x;"));
    rig.in_loop([&] { EXPECT_EQ(rig.abi->crumb, 0U); });
}

TEST(Guard, StopsWhatAPostThrows)
{
    Thrower rig;
    int object = 0;
    rig.in_loop([&] {
        const hawser_ref ref = rig.abi->api->track(rig.abi, &object);
        rig.host.abi()->post(
            rig.host.abi(), ref, [](void *, void *) { throw std::runtime_error("x"); }, nullptr);
    });
    EXPECT_TRUE(rig.hears("0 post x;"));
}

TEST(Guard, MakesWorkThatThrowsAFailureAndStopsWhatItsReleaseThrows)
{
    Thrower rig;
    struct Waiting {
        hawser_op op{};
        std::int64_t result = 0;
    } waiting;
    waiting.op.complete = [](hawser_op *op, std::int64_t result) { reinterpret_cast<Waiting *>(op)->result = result; };
    rig.in_loop([&] {
        rig.abi->api->offload(
            rig.abi, [](void *) -> std::int64_t { throw std::runtime_error("x"); },
            [](void *) { throw std::runtime_error("y"); }, nullptr, &waiting.op);
    });
    EXPECT_TRUE(rig.hears("0 work x;0 release y;"));
    rig.in_loop([&] { EXPECT_EQ(waiting.result, HAWSER_FAILED); });
}

} // namespace
} // namespace hawser::host::test
