#include "seam/parcel.hpp"

#include <gtest/gtest.h>

#include <string>

namespace hawser::host {
namespace {

ParcelBatch batch()
{
    ParcelBatch made;
    made.number = 7;
    Parcel plain{"web", "http", "state", "GET / HT", 42, true, {}};
    Parcel proxied{"mail", "smtp", "", "", 0, false, Parcel::Ends{}};
    proxied.ends->peer = {4, 4711, {192, 0, 2, 7}, "192.0.2.7:4711"};
    proxied.ends->local = {6, 25, {0x20, 1}, "[2001::]:25"};
    made.parcels = {plain, proxied};
    return made;
}

TEST(Parcels, CarryEverythingOfAConnection)
{
    const auto got = decode_parcels(encode_parcels(batch()), 2);
    ASSERT_TRUE(got.ok());
    EXPECT_EQ(got->number, 7U);
    const Parcel &plain = got->parcels[0], &proxied = got->parcels[1];
    EXPECT_EQ(plain.listener + ' ' + plain.protocol + ' ' + plain.state + ' ' + plain.input, "web http state GET / HT");
    EXPECT_EQ(plain.timer, 42U);
    EXPECT_TRUE(plain.paused);
    EXPECT_FALSE(plain.ends.has_value());
    ASSERT_TRUE(proxied.ends.has_value());
    EXPECT_EQ(proxied.ends->peer.text, "192.0.2.7:4711");
    EXPECT_EQ(proxied.ends->peer.port, 4711);
    EXPECT_EQ(proxied.ends->peer.ip[3], 7);
    EXPECT_EQ(proxied.ends->local.family, 6);
    EXPECT_FALSE(proxied.paused);
}

TEST(Parcels, AreRefusedWithAnotherNumberOfSockets)
{
    EXPECT_FALSE(decode_parcels(encode_parcels(batch()), 1).ok());
    EXPECT_FALSE(decode_parcels(encode_parcels(batch()), 3).ok());
}

TEST(Parcels, AreRefusedWhereverTheyAreCutOff)
{
    const std::string whole = encode_parcels(batch());
    for (std::size_t n = 0; n < whole.size(); ++n) EXPECT_FALSE(decode_parcels(whole.substr(0, n), 2).ok()) << n;
}

TEST(Parcels, AreRefusedInAnotherVersion)
{
    std::string bytes = encode_parcels(batch());
    ++bytes[0];
    EXPECT_FALSE(decode_parcels(bytes, 2).ok());
}

TEST(Parcels, AreAsLongAsTheySay)
{
    const ParcelBatch both = batch();
    ParcelBatch one = both;
    one.parcels.pop_back();
    EXPECT_EQ(encode_parcels(both).size() - encode_parcels(one).size(), parcel_size(both.parcels[1]));
}

TEST(ParcelAnswers, SayWhichWereAccepted)
{
    const auto got = decode_parcel_answer(encode_parcel_answer({9, {1, 0, 1}}));
    ASSERT_TRUE(got.ok());
    EXPECT_EQ(got->number, 9U);
    EXPECT_EQ(got->accepted, (std::vector<std::uint8_t>{1, 0, 1}));
}

TEST(ParcelAnswers, AreRefusedWhereverTheyAreCutOff)
{
    const std::string whole = encode_parcel_answer({9, {1, 0, 1}});
    for (std::size_t n = 0; n < whole.size(); ++n) EXPECT_FALSE(decode_parcel_answer(whole.substr(0, n)).ok()) << n;
}

} // namespace
} // namespace hawser::host
