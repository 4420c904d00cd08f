#include "base/slab.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <vector>

namespace hawser::host {
namespace {

template<std::size_t Size>
struct Block {
    explicit Block(int number)
        : value(number)
    {}
    int value;
    char rest[Size - sizeof(int)] = {};
};

using Object = Block<136>;

std::multiset<int> values(Slab<Object> &slab)
{
    std::multiset<int> found;
    slab.for_each([&](Object &object) { found.insert(object.value); });
    return found;
}

// 500 objects of one size, written whole: each keeps what was written to it, so none overlaps another.
template<std::size_t Size>
bool keeps_apart()
{
    Slab<Block<Size>> slab;
    std::vector<Block<Size> *> made;
    for (int i = 0; i < 500; ++i) {
        made.push_back(slab.create(i));
        std::fill(std::begin(made.back()->rest), std::end(made.back()->rest), static_cast<char>(i));
    }
    bool apart = true;
    for (int i = 0; i < 500; ++i) {
        const Block<Size> &block = *made[static_cast<std::size_t>(i)];
        apart = apart && block.value == i &&
                std::count(std::begin(block.rest), std::end(block.rest), static_cast<char>(i)) ==
                    static_cast<long>(sizeof block.rest);
    }
    for (Block<Size> *block : made) slab.destroy(block);
    return apart && slab.size() == 0;
}

TEST(Slab, LeavesTheMemoryOfWhatHasEndedAloneUntilItIsGivenBack)
{
    Slab<Object> slab;
    Object *first = slab.create(1);
    Object *second = slab.create(2);
    void *rests = slab.end(first);
    EXPECT_EQ(values(slab), std::multiset<int>{2});
    EXPECT_EQ(slab.size(), 1U);
    std::vector<Object *> more;
    for (int i = 0; i < 200; ++i) more.push_back(slab.create(3));
    EXPECT_EQ(std::count(more.begin(), more.end(), rests), 0);
    slab.give_back(rests);
    EXPECT_EQ(slab.create(4), rests) << "of all that is free";
    EXPECT_EQ(slab.size(), 202U);
    slab.destroy(first);
    slab.destroy(second);
    for (Object *object : more) slab.destroy(object);
    EXPECT_EQ(slab.size(), 0U);
}

TEST(Slab, KeepsObjectsOfAnySizeApart)
{
    EXPECT_TRUE(keeps_apart<8>());
    EXPECT_TRUE(keeps_apart<120>());
    EXPECT_TRUE(keeps_apart<124>());
    EXPECT_TRUE(keeps_apart<128>());
    EXPECT_TRUE(keeps_apart<136>());
    EXPECT_TRUE(keeps_apart<1000>());
}

TEST(Slab, VisitsEveryLiveObjectOnce)
{
    Slab<Object> slab;
    std::vector<Object *> made;
    for (int i = 0; i < 200; ++i) made.push_back(slab.create(i));
    std::multiset<int> expected;
    for (int i = 0; i < 200; ++i) {
        if (i % 3 == 0)
            slab.destroy(made[static_cast<std::size_t>(i)]);
        else
            expected.insert(i);
    }
    EXPECT_EQ(values(slab), expected);
    EXPECT_EQ(slab.size(), expected.size());
    for (int i = 0; i < 200; ++i)
        if (i % 3 != 0) slab.destroy(made[static_cast<std::size_t>(i)]);
}

TEST(Slab, UsesTheRoomOfADestroyedObjectAgain)
{
    Slab<Object> slab;
    std::vector<Object *> made;
    for (int i = 0; i < 64; ++i) made.push_back(slab.create(i));
    Object *gone = made[10];
    slab.destroy(gone);
    made[10] = slab.create(99);
    EXPECT_EQ(made[10], gone);
    for (Object *object : made) slab.destroy(object);
}

TEST(Slab, GoesOnAfterAllItsObjectsWereDestroyed)
{
    Slab<Object> slab;
    for (int round = 0; round < 3; ++round) {
        std::vector<Object *> made;
        for (int i = 0; i < 300; ++i) made.push_back(slab.create(i));
        EXPECT_EQ(slab.size(), 300U);
        for (Object *object : made) slab.destroy(object);
        EXPECT_EQ(slab.size(), 0U);
        EXPECT_TRUE(values(slab).empty());
    }
}

TEST(Slab, MayGrowWhileItsObjectsAreVisited)
{
    Slab<Object> slab;
    std::vector<Object *> made;
    for (int i = 0; i < 64; ++i) made.push_back(slab.create(i));
    std::size_t visited = 0;
    slab.for_each([&](Object &) {
        if (++visited > 64) return;
        for (int i = 0; i < 64; ++i) made.push_back(slab.create(100 + i));
    });
    EXPECT_GE(visited, 64U);
    EXPECT_LE(visited, made.size());
    for (Object *object : made) slab.destroy(object);
}

} // namespace
} // namespace hawser::host
