// Tests: tests/unit/bridge/record_face_test.cpp
#include "bridge/record_face.hpp"

#include "base/record_writer.hpp"
#include "bridge/host_face.hpp"
#include "loop/loop.hpp"

namespace hawser::host {
namespace {

static_assert(HAWSER_RECORD_MAX == RecordWriter::kMostLine && RecordWriter::kMostLine <= RecordWriter::kRing);
static_assert(static_cast<int>(AccessFormat::Combined) == HAWSER_RECORDS_COMBINED &&
              static_cast<int>(AccessFormat::Json) == HAWSER_RECORDS_JSON);

// A hawser_stream is the ring of its loop.
hawser_stream *open(hawser_loop *loop, const hawser_node *node, const char *name, std::uint32_t *format) noexcept
{
    const HostFace::Access &access = HostFace::of(node->host).access();
    const bool is_on = std::string_view(name) == "access" && access.lines != nullptr;
    RecordWriter::Ring *ring = is_on ? access.lines->ring(loop->index) : nullptr;
    *format = ring != nullptr ? static_cast<std::uint32_t>(access.format) : 0;
    return reinterpret_cast<hawser_stream *>(ring);
}

std::int32_t write(hawser_stream *stream, hawser_str line) noexcept
{
    if (line.n == 0 || line.n > HAWSER_RECORD_MAX || line.p[line.n - 1] != '\n') return HAWSER_INVALID;
    return RecordWriter::write(*reinterpret_cast<RecordWriter::Ring *>(stream), view(line)) ? HAWSER_OK : HAWSER_LIMIT;
}

std::uint64_t now(hawser_loop *) noexcept { return monotonic_now(); }

} // namespace

const hawser_records kRecords = {sizeof(hawser_records), 0, open, write, now};

} // namespace hawser::host
