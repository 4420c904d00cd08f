// Tests: tests/unit/bridge/outgoing_test.cpp
#include "bridge/name_lookup.hpp"

#include "bridge/host_face.hpp"
#include "bridge/loop_face.hpp"

#include <netdb.h>

#include <cstring>
#include <memory>
#include <utility>

namespace hawser::host {
namespace {

int ask(const NameQuestion &question, int flags, Addresses &found)
{
    addrinfo hints{};
    hints.ai_socktype = question.type;
    hints.ai_flags = flags | AI_NUMERICSERV;
    addrinfo *all = nullptr;
    const int status = ::getaddrinfo(question.host.c_str(), question.port.c_str(), &hints, &all);
    if (status != 0) return status;
    for (const addrinfo *each = all; each != nullptr; each = each->ai_next) {
        if (each->ai_addrlen > sizeof(sockaddr_storage)) continue;
        ResolvedAddress &address = found.emplace_back();
        std::memcpy(&address.storage, each->ai_addr, each->ai_addrlen);
        address.size = each->ai_addrlen;
    }
    ::freeaddrinfo(all);
    return 0;
}

} // namespace

Addresses literal_address(const NameQuestion &question)
{
    Addresses found;
    ask(question, AI_NUMERICHOST, found);
    return found;
}

Addresses take_turns(Addresses addresses)
{
    Addresses ours, others, turns;
    for (ResolvedAddress &each : addresses) {
        const bool first = each.storage.ss_family == addresses.front().storage.ss_family;
        (first ? ours : others).push_back(each);
    }
    for (std::size_t i = 0; i < ours.size() || i < others.size(); ++i) {
        if (i < ours.size()) turns.push_back(ours[i]);
        if (i < others.size()) turns.push_back(others[i]);
    }
    return turns;
}

NameLookup::NameLookup(NameQuestion question, void *who, Told told)
    : question_(std::move(question))
    , who_(who)
    , told_(told)
{}

NameLookup *NameLookup::start(LoopFace &face, NameQuestion question, void *who, Told told)
{
    std::unique_ptr<NameLookup> made(new NameLookup(std::move(question), who, told));
    made->loop = &face.loop();
    return face.host().pool().submit(made.get()) == OffloadPool::Taken::Ok ? made.release() : nullptr;
}

void NameLookup::work() { status_ = ask(question_, AI_ADDRCONFIG, found_); }

void NameLookup::done()
{
    const std::unique_ptr<NameLookup> mine(this);
    if (who_ != nullptr) told_(who_, status_, std::move(found_));
}

} // namespace hawser::host
