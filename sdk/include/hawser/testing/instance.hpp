// hawser/testing/instance.hpp: one node of a kind with its instance, made and ended as the host does it. Part of
// hawser/testing.hpp.
//
//     hawser::testing::Host host;
//     hawser::testing::Instance echo(host, hawser::protocol<Echo>("echo"));
//     auto peer = echo.connect();
//     EXPECT_EQ(peer.ask("over"), "over");
#pragma once

#include "hawser/abi.h"
#include "hawser/testing/connection.hpp"
#include "hawser/testing/host.hpp"

#include <cstdint>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace hawser::testing {

class Instance {
public:
    // `table` is what protocol<…>(), service<…>() or http::resource<…>() gave, or a kind of a Library. Throws Error
    // with the option where the instance is refused.
    template<typename Table>
    Instance(Host &host, const Table &table, Options options = {})
        : Instance(host, keep(table), std::move(options), 0)
    {}
    Instance(Host &host, const hawser_kind *kind, Options options = {})
        : Instance(host, std::shared_ptr<const hawser_kind>(kind, [](const hawser_kind *) {}), std::move(options), 0)
    {}
    Instance(const Instance &) = delete;
    Instance &operator=(const Instance &) = delete;
    ~Instance()
    {
        for (const auto &wire : wires_)
            if (!wire->closed()) wire->lose(HAWSER_CANCELLED);
        host_.run();
        if (started_) stop();
        kind_->destroy(self_);
        if (kind_->unshare != nullptr && node_.raw()->shared != nullptr) kind_->unshare(node_.raw()->shared);
    }

    // A protocol: a new connection. `parked`: what another session remembered; `reads` false: as Peer::reads(false).
    Peer connect(std::string_view parked = {}, bool reads = true)
    {
        const auto &protocol = *reinterpret_cast<const hawser_protocol *>(kind_.get());
        auto wire = std::make_shared<Wire>(host_.loop(), host_.problems());
        void *session = protocol.open(self_, wire.get(), {parked.data(), parked.size()});
        if (session == nullptr) throw Error("the protocol refused the connection");
        wire->use(protocol.session, session);
        if (!reads) wire->reads(false);
        wire->open(false);
        wires_.push_back(wire);
        host_.run();
        return Peer(host_.loop(), std::move(wire));
    }
    // A service. Throws Error where it refuses to start.
    void start()
    {
        const auto &service = *reinterpret_cast<const hawser_service *>(kind_.get());
        if (service.start != nullptr) {
            hawser_error error{};
            error.struct_size = sizeof error;
            const std::int64_t result = wait([&](hawser_op *op) { return service.start(self_, op, &error); });
            if (result != HAWSER_OK) throw Error(error.option, error.text);
        }
        started_ = true;
    }
    void stop()
    {
        started_ = false;
        const auto &service = *reinterpret_cast<const hawser_service *>(kind_.get());
        if (service.stop != nullptr) wait([&](hawser_op *op) { return service.stop(self_, op); });
    }
    // As the host does when it stops or replaces.
    void drain(std::uint32_t why = HAWSER_STOPPING, std::chrono::nanoseconds deadline = std::chrono::seconds(10))
    {
        const std::uint64_t until = host_.now() + static_cast<std::uint64_t>(deadline.count());
        if (kind_->drain != nullptr) kind_->drain(self_, until, why);
        for (const auto &wire : wires_) wire->drain(why, until);
        host_.run();
    }
    // As an option of another node holds it.
    const hawser_object *object()
    {
        object_.api = kind_.get();
        object_.self = self_;
        object_.tag = node_.raw()->tag;
        object_.name = node_.raw()->name;
        return &object_;
    }
    void *self() const { return self_; }
    const hawser_kind &kind() const { return *kind_; }
    const Node &node() const { return node_; }
    Host &host() { return host_; }

private:
    struct Answered {
        hawser_op op{};
        bool done = false;
        std::int64_t result = 0;
    };
    Instance(Host &host, std::shared_ptr<const hawser_kind> kind, Options options, int)
        : host_(host)
        , kind_(std::move(kind))
        , node_(host.node(std::string("test.") + kind_->name, std::move(options)))
    {
        hawser_error error{};
        error.struct_size = sizeof error;
        if (kind_->share != nullptr) {
            void *shared = kind_->share(node_.raw(), &error);
            if (shared == nullptr) throw Error(error.option, error.text);
            const_cast<hawser_node *>(node_.raw())->shared = shared;
        }
        self_ = kind_->create(node_.loop(), node_.raw(), &error);
        if (self_ != nullptr) return;
        if (kind_->unshare != nullptr && node_.raw()->shared != nullptr) kind_->unshare(node_.raw()->shared);
        throw Error(error.option, error.text);
    }
    template<typename Table>
    static std::shared_ptr<const hawser_kind> keep(const Table &table)
    {
        auto kept = std::make_shared<Table>(table);
        return {kept, &kept->kind};
    }
    template<typename Begin>
    std::int64_t wait(Begin begin)
    {
        Answered answered;
        answered.op.complete = [](hawser_op *op, std::int64_t result) {
            auto &self = *reinterpret_cast<Answered *>(op);
            self.done = true;
            self.result = result;
        };
        const std::int32_t now = begin(&answered.op);
        if (now != HAWSER_PENDING) return now;
        while (!answered.done && (host_.loop().step() || host_.loop().jump())) {}
        if (!answered.done)
            host_.problems().report("start or stop said PENDING, and nothing is pending that could end it");
        return answered.result;
    }

    Host &host_;
    std::shared_ptr<const hawser_kind> kind_;
    Node node_;
    void *self_ = nullptr;
    bool started_ = false;
    std::vector<std::shared_ptr<Wire>> wires_;
    hawser_object object_{};
};

} // namespace hawser::testing
