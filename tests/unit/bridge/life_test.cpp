#include "rig.hpp"

#include "hawser/life.h"

#include <gtest/gtest.h>

#include <string>

namespace hawser::host::test {
namespace {

const hawser_life &table(Rig &rig)
{
    return *static_cast<const hawser_life *>(rig.host.abi()->get_interface(rig.host.abi(), HAWSER_LIFE));
}

struct Waiting {
    hawser_op op{};
    int times = 0;
    Waiting()
    {
        op.complete = [](hawser_op *done, std::int64_t result) {
            EXPECT_EQ(result, HAWSER_OK);
            ++reinterpret_cast<Waiting *>(done)->times;
        };
    }
};

TEST(Life, SaysThatItRunsOnceItDoesAndFromThenOnAtOnce)
{
    Rig rig;
    Waiting first, given_up, late;
    rig.in_loop([&] {
        EXPECT_EQ(table(rig).running(rig.abi, &first.op), HAWSER_PENDING);
        EXPECT_EQ(table(rig).running(rig.abi, &given_up.op), HAWSER_PENDING);
        EXPECT_EQ(rig.abi->api->cancel(rig.abi, &given_up.op), 1);
        EXPECT_EQ(rig.abi->api->cancel(rig.abi, &given_up.op), 0);
    });
    for (int i = 0; i < 10; ++i) rig.in_loop([] {});
    EXPECT_EQ(first.times, 0);
    rig.in_loop([&] {
        rig.face.set_running();
        EXPECT_EQ(first.times, 0) << "never from inside";
    });
    EXPECT_TRUE(rig.eventually([&] { return first.times == 1; }));
    rig.in_loop([&] {
        EXPECT_EQ(table(rig).running(rig.abi, &late.op), HAWSER_PENDING);
        EXPECT_EQ(late.times, 0) << "never from inside";
    });
    EXPECT_TRUE(rig.eventually([&] { return late.times == 1; }));
    EXPECT_EQ(given_up.times, 0);
}

TEST(Life, AsksForTheEndWithAStatusThatIsNotTheHosts)
{
    Rig rig;
    std::string asked;
    rig.host.on_end_asked([&](const std::string &node, int status, const std::string &why) {
        asked += node + ' ' + std::to_string(status) + ' ' + why + ';';
    });
    EXPECT_EQ(table(rig).stop(&rig.node, 64, str("no")), HAWSER_INVALID);
    EXPECT_EQ(table(rig).stop(&rig.node, -1, str("no")), HAWSER_INVALID);
    EXPECT_EQ(table(rig).stop(&rig.node, 3, str("it is done")), HAWSER_OK);
    EXPECT_EQ(asked, "service.test 3 it is done;");
}

} // namespace
} // namespace hawser::host::test
