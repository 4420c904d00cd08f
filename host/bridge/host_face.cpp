// Tests: tests/unit/bridge/loop_face_test.cpp
#include "bridge/host_face.hpp"

#include "bridge/child_process.hpp"
#include "bridge/crumbs.hpp"
#include "bridge/datagram_port.hpp"
#include "bridge/guard.hpp"
#include "bridge/life_face.hpp"
#include "bridge/loop_face.hpp"
#include "bridge/metric_face.hpp"
#include "bridge/ready_face.hpp"
#include "bridge/record_face.hpp"
#include "config/host_interfaces.hpp"

#include <algorithm>
#include <array>
#include <string_view>

namespace hawser::host {
namespace {

// What the host offers beyond hawser/abi.h.
struct Interface {
    std::string_view id;
    const void *table;
};
constexpr std::array kInterfaces{
    Interface{HAWSER_DATAGRAM, &kDatagrams}, Interface{HAWSER_LIFE, &kLife},       Interface{HAWSER_METRICS, &kMetrics},
    Interface{HAWSER_PROCESS, &kProcesses},  Interface{HAWSER_READY, &kReadiness}, Interface{HAWSER_RECORDS, &kRecords},
};

constexpr bool offers_what_manifests_may_require()
{
    for (const std::string_view id : kHostInterfaces) {
        if (std::none_of(kInterfaces.begin(), kInterfaces.end(), [id](const Interface &each) { return each.id == id; }))
            return false;
    }
    return kInterfaces.size() == kHostInterfaces.size();
}
static_assert(offers_what_manifests_may_require());

} // namespace

HostFace::HostFace(Log &log, OffloadPool &pool)
    : face_{}
    , log_(log)
    , pool_(pool)
{
    face_.owner = this;
    face_.abi.struct_size = sizeof(hawser_host);
    face_.abi.abi_minor = HAWSER_ABI_MINOR;
    face_.abi.get_interface = get_interface;
    face_.abi.log = write_log;
    face_.abi.post = post;
    face_.abi.fail = fail;
}

HostFace &HostFace::of(const hawser_host *host) { return *reinterpret_cast<const Face *>(host)->owner; }

const void *HostFace::get_interface(const hawser_host *, const char *id) noexcept
{
    for (const Interface &each : kInterfaces) {
        if (each.id == id) return each.table;
    }
    return nullptr;
}

void HostFace::write_log(const hawser_node *node, std::uint32_t level, hawser_str event, const hawser_field *fields,
                         std::size_t count) noexcept
{
    constexpr std::size_t kMostFields = 32;
    const auto known = static_cast<Level>(std::clamp<std::uint32_t>(level, HAWSER_LOG_ERROR, HAWSER_LOG_DEBUG));
    Log &log = of(node->host).log_;
    if (!log.enabled(known)) return;
    std::array<LogField, kMostFields> copies;
    count = std::min(count, kMostFields);
    for (std::size_t i = 0; i < count; ++i) copies[i] = {view(fields[i].name), view(fields[i].value)};
    log.write(known, view(node->name), view(event), std::span<const LogField>(copies.data(), count));
}

std::int32_t HostFace::post(const hawser_host *host, hawser_ref to, void (*run)(void *, void *), void *arg) noexcept
{
    const HostFace &self = of(host);
    const unsigned index = Refs::loop_of(to);
    if (index >= self.loops_.size() || to == 0 || run == nullptr) {
        self.broke(0, 0, "hawser_host.post", "expected a number that track gave and a function, got another");
        return HAWSER_INVALID;
    }
    LoopFace &loop = *self.loops_[index];
    const auto deliver = [](const Task &task) {
        auto &face = *static_cast<LoopFace *>(task.first);
        const std::uint32_t tag = face.refs().mark(task.number);
        const crumb::Left left(*face.abi(), tag, crumb::kPosted);
        try {
            task.third(face.refs().find(task.number), task.second);
        } catch (...) {
            face.host().threw(tag, crumb::kPosted);
        }
    };
    return loop.loop().post({deliver, &loop, arg, run, to}) ? HAWSER_OK : HAWSER_CLOSED;
}

void HostFace::threw(std::uint32_t tag, std::uint32_t entry) noexcept
{
    if (threw_) threw_(tag, entry, thrown_text());
}

void HostFace::broke(std::uint32_t tag, std::uint32_t entry, std::string_view call, std::string_view what) const
{
    if (broken_) broken_(tag, entry, std::string(call) + ": " + std::string(what));
}

void HostFace::fail(const hawser_node *node, hawser_str why) noexcept
{
    const HostFace &self = of(node->host);
    if (self.failed_) self.failed_(std::string(view(node->name)), std::string(view(why)));
}

} // namespace hawser::host
