#include "bridge/record_face.hpp"

#include "base/record_writer.hpp"
#include "rig.hpp"

#include <gtest/gtest.h>

#include <sys/mman.h>

namespace hawser::host::test {
namespace {

const hawser_records *records_of(Rig &rig)
{
    return static_cast<const hawser_records *>(rig.host.abi()->get_interface(rig.host.abi(), HAWSER_RECORDS));
}

std::int32_t write(const hawser_records *records, hawser_stream *stream, const std::string &line)
{
    return records->write(stream, str(line));
}

TEST(RecordFace, OffersNoStreamWhileTheOperatorHasItOff)
{
    Rig rig;
    const hawser_records *records = records_of(rig);
    ASSERT_NE(records, nullptr);
    std::uint32_t format = 9;
    EXPECT_EQ(records->open(rig.abi, &rig.node, "access", &format), nullptr);
    EXPECT_EQ(format, 0U);
}

TEST(RecordFace, WritesWholeLinesToTheStreamOfTheOperatorsFormat)
{
    Rig rig;
    const Fd file(::memfd_create("lines", MFD_CLOEXEC));
    RecordWriter writer(rig.log, "access", 1);
    writer.set_output(Fd(::dup(file.get())));
    rig.host.set_access({&writer, AccessFormat::Json});
    const hawser_records *records = records_of(rig);
    std::uint32_t format = 0;
    hawser_stream *stream = records->open(rig.abi, &rig.node, "access", &format);
    ASSERT_NE(stream, nullptr);
    EXPECT_EQ(format, static_cast<std::uint32_t>(HAWSER_RECORDS_JSON));
    EXPECT_EQ(records->open(rig.abi, &rig.node, "other", &format), nullptr);
    EXPECT_EQ(write(records, stream, "{}\n"), HAWSER_OK);
    EXPECT_EQ(write(records, stream, "no end"), HAWSER_INVALID);
    EXPECT_EQ(write(records, stream, ""), HAWSER_INVALID);
    EXPECT_EQ(write(records, stream, std::string(HAWSER_RECORD_MAX, 'x') + '\n'), HAWSER_INVALID);
    EXPECT_TRUE(writer.stop(5'000'000'000));
    EXPECT_EQ(write(records, stream, "late\n"), HAWSER_LIMIT);
    char text[8] = {};
    EXPECT_EQ(::pread(file.get(), text, sizeof text, 0), 3);
    EXPECT_STREQ(text, "{}\n");
}

TEST(RecordFace, TellsTheTimeWithinATurn)
{
    Rig rig;
    const hawser_records *records = records_of(rig);
    rig.in_loop([&] {
        const std::uint64_t first = records->now(rig.abi);
        EXPECT_GE(first, rig.abi->now);
        EXPECT_LT(first - rig.abi->now, 60'000'000'000U);
        EXPECT_GE(records->now(rig.abi), first);
    });
}

} // namespace
} // namespace hawser::host::test
