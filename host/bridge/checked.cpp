// Tests: tests/unit/bridge/checked_test.cpp
#include "bridge/checked.hpp"

#include "bridge/conn.hpp"
#include "bridge/conn_shell.hpp"
#include "bridge/crumbs.hpp"
#include "bridge/host_face.hpp"
#include "bridge/loop_face.hpp"

#include <algorithm>
#include <string>
#include <utility>

namespace hawser::host {

Checked::Checked(LoopFace &face)
    : face_(face)
{}

Checked::~Checked() = default;

hawser_conn *Checked::shown(Conn &conn)
{
    std::unique_ptr<ConnShell> &shell = live_[&conn];
    if (!shell) shell = std::make_unique<ConnShell>(face_, conn.tag(), &conn);
    return shell.get();
}

void Checked::gone(Conn &conn)
{
    const auto found = live_.find(&conn);
    if (found == live_.end()) return;
    found->second->end();
    over_.push_back(std::move(found->second));
    live_.erase(found);
    if (over_.size() > kRemembered) over_.pop_front();
}

std::size_t Checked::deliver(const hawser_session &session, void *self, hawser_bytes data)
{
    std::string copy(data.p, data.n);
    const std::size_t used = session.on_data(self, {copy.data(), copy.size()});
    std::fill(copy.begin(), copy.end(), '\xDD'); // who looks at it later sees that
    return used;
}

void Checked::report_left(std::uint32_t tag, const Refs &refs)
{
    const std::int64_t operations = pending_[tag];
    const std::size_t tracked = refs.count(tag);
    if (operations > 0)
        face_.host().broke(tag, crumb::kDestroy, "destroy",
                           "expected no operation pending, got " + std::to_string(operations));
    if (tracked > 0)
        face_.host().broke(tag, crumb::kDestroy, "destroy",
                           "expected no object tracked, got " + std::to_string(tracked));
}

} // namespace hawser::host
