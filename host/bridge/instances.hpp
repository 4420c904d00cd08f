// The instances of a compartment: of each node what its loops share, and one instance on each loop (a service: one, on
// loop 0). Made in the order of the plan, destroyed in reverse. share()/unshare() are for the starting thread before
// and after the loops run; all else for the loop that is named.
#pragma once

#include "bridge/host_face.hpp"
#include "bridge/loop_face.hpp"
#include "bridge/option_tree.hpp"
#include "bridge/plugin_set.hpp"
#include "config/plan.hpp"
#include "tree/failure.hpp"

#include <deque>
#include <optional>
#include <vector>

namespace hawser::host {

class Instances {
public:
    // `plan` outlives this.
    Instances(const CompartmentPlan &plan, HostFace &host);

    std::optional<Failure> load_plugins(); // [start]
    std::optional<Failure> share();        // [start]
    std::optional<Failure> create(LoopFace &loop);
    void drain(LoopFace &loop, std::uint64_t deadline, std::uint32_t why);
    void destroy(LoopFace &loop);
    void unshare(); // [start]

    // Null: the node is absent, its plugin in quarantine.
    const hawser_kind *kind(std::uint32_t node) const { return nodes_[node].kind; }
    void *self(std::uint32_t node, unsigned loop) const { return nodes_[node].on[loop].self; }
    static std::uint32_t tag(std::uint32_t node) { return node + 1; }
    bool is_service(std::uint32_t node) const;

private:
    struct OnLoop {
        OptionTree options;
        hawser_node face{};
        void *self = nullptr;
    };
    struct Node {
        const hawser_kind *kind = nullptr;
        OptionTree options; // of share
        hawser_node face{};
        void *shared = nullptr;
        bool is_shared = false;
        std::deque<OnLoop> on;
    };
    hawser_node face_of(std::uint32_t node, const OptionTree &options) const;
    bool resolve(const Value &value, hawser_object &object, LoopFace *loop, std::string &why) const;
    const void *interface_of(const Value &value, const hawser_object &object, LoopFace &loop,
                             std::string &thrown) const;
    void report_thrown(std::uint32_t tag, std::uint32_t entry, const std::string &text);
    void report(const char *event, std::uint32_t tag, std::uint32_t entry, const std::string &text);
    hawser_loop &first_loop() const;
    std::optional<Failure> create_one(std::uint32_t node, LoopFace &loop);
    Failure refused(std::uint32_t node, const char *function, const hawser_error &error) const;

    const CompartmentPlan &plan_;
    HostFace &host_;
    PluginSet plugins_;
    std::deque<Node> nodes_;
};

} // namespace hawser::host
