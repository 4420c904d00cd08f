// A service of a plugin as a part of the tree. For loop 0.
#pragma once

#include "bridge/instances.hpp"
#include "tree/tree.hpp"

#include <string>

namespace hawser::host {

class ServicePart final : public Part {
public:
    ServicePart(Instances &instances, std::uint32_t node, std::string name, LoopFace &loop);
    virtual ~ServicePart() = default;

    void start(std::function<void(std::optional<Failure>)> done) override;
    void stop(std::function<void()> done) override;

private:
    // What the plugin completes; the op is first, so that the op is the way back to this.
    struct Pending {
        hawser_op op;
        ServicePart *part;
    };
    static void completed(hawser_op *op, std::int64_t result) noexcept;
    void finished(std::int64_t result);
    std::int32_t threw(const std::string &text); // by start
    Failure failure(std::int64_t result) const;

    Instances &instances_;
    std::uint32_t node_;
    std::string name_;
    LoopFace &loop_;
    Pending pending_{};
    bool inside_ = false; // a call of its start or stop
    hawser_error error_{};
    std::function<void(std::optional<Failure>)> on_started_;
    std::function<void()> on_stopped_;
};

} // namespace hawser::host
