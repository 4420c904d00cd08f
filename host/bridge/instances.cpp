// Tests: tests/unit/worker/compartment_test.cpp
#include "bridge/instances.hpp"

#include "bridge/crumbs.hpp"

#include <cstring>
#include <string>

namespace hawser::host {
namespace {

hawser_error empty_error()
{
    hawser_error error{};
    error.struct_size = sizeof error;
    return error;
}

std::string text_in(const char *text, std::size_t room) { return {text, strnlen(text, room)}; }

} // namespace

Instances::Instances(const CompartmentPlan &plan, HostFace &host)
    : plan_(plan)
    , host_(host)
    , nodes_(plan.nodes.size())
{}

bool Instances::is_service(std::uint32_t node) const { return plan_.nodes[node].role == HAWSER_SERVICE; }

std::optional<Failure> Instances::load_plugins()
{
    for (const PluginRef &plugin : plan_.plugins) {
        const auto loaded = plugins_.load(plugin, host_.abi());
        if (!loaded) return Failure{loaded.error().status, {}, {}, loaded.error().text};
    }
    for (std::uint32_t i = 0; i < nodes_.size(); ++i) {
        const NodePlan &node = plan_.nodes[i];
        const auto kind = plugins_.find(node.plugin, node.role, node.kind);
        if (!kind) return Failure{kind.error().status, node.name, {}, kind.error().text};
        nodes_[i].kind = *kind;
    }
    return std::nullopt;
}

hawser_node Instances::face_of(std::uint32_t node, const OptionTree &options) const
{
    hawser_node face{};
    face.struct_size = sizeof face;
    face.tag = tag(node);
    face.host = host_.abi();
    face.options = options.root();
    face.name = str(plan_.nodes[node].name);
    face.shared = nodes_[node].shared;
    return face;
}

// `loop` is null while nodes are shared: nobody has an instance yet.
bool Instances::resolve(const Value &value, hawser_object &object, LoopFace *loop, std::string &why) const
{
    const Node &named = nodes_[value.node];
    object.api = named.kind;
    object.name = str(plan_.nodes[value.node].name);
    object.tag = tag(value.node);
    if (loop == nullptr) return true;
    object.self = named.on[is_service(value.node) ? 0 : loop->loop().index()].self;
    if (value.interface.empty() || !is_service(value.node)) return true;
    const crumb::Left left(*loop->abi(), object.tag, crumb::kGetInterface);
    object.api = named.kind->get_interface != nullptr ? named.kind->get_interface(object.self, value.interface.c_str())
                                                      : nullptr;
    if (object.api != nullptr) return true;
    why = "service \"" + plan_.nodes[value.node].name + "\" does not give the interface \"" + value.interface +
          "\" that its manifest provides";
    return false;
}

Failure Instances::refused(std::uint32_t node, const char *function, const hawser_error &error) const
{
    const NodePlan &plan = plan_.nodes[node];
    Failure failure;
    failure.node = plan.name;
    failure.option = text_in(error.option, sizeof error.option);
    failure.status = failure.option.empty() ? Status::PluginFailed : Status::BadConfig;
    const std::string text = text_in(error.text, sizeof error.text);
    failure.text = plan.kind + ": " + (text.empty() ? std::string(function) + " refused without a reason" : text);
    return failure;
}

std::optional<Failure> Instances::share()
{
    for (std::uint32_t i = 0; i < nodes_.size(); ++i) {
        Node &node = nodes_[i];
        if (node.kind->share == nullptr) continue;
        std::string why;
        node.options.build(plan_.nodes[i].options, [&](const Value &value, hawser_object &object) {
            return resolve(value, object, nullptr, why);
        });
        node.face = face_of(i, node.options);
        hawser_error error = empty_error();
        node.shared = node.kind->share(&node.face, &error);
        if (node.shared == nullptr) return refused(i, "share", error);
        node.is_shared = true;
    }
    return std::nullopt;
}

std::optional<Failure> Instances::create_one(std::uint32_t index, LoopFace &loop)
{
    Node &node = nodes_[index];
    OnLoop &on = node.on.emplace_back();
    if (is_service(index) && loop.loop().index() != 0) return std::nullopt;
    std::string why;
    const bool built = on.options.build(plan_.nodes[index].options, [&](const Value &value, hawser_object &object) {
        return resolve(value, object, &loop, why);
    });
    if (!built) return Failure{Status::PluginFailed, plan_.nodes[index].name, {}, why};
    on.face = face_of(index, on.options);
    hawser_error error = empty_error();
    const crumb::Left left(*loop.abi(), tag(index), crumb::kCreate);
    on.self = node.kind->create(loop.abi(), &on.face, &error);
    if (on.self == nullptr) return refused(index, "create", error);
    return std::nullopt;
}

// Loops are created one after the other, in the order of their index.
std::optional<Failure> Instances::create(LoopFace &loop)
{
    for (std::uint32_t i = 0; i < nodes_.size(); ++i) {
        if (auto failure = create_one(i, loop)) return failure;
    }
    return std::nullopt;
}

void Instances::drain(LoopFace &loop, std::uint64_t deadline, std::uint32_t why)
{
    for (auto i = static_cast<std::uint32_t>(nodes_.size()); i-- > 0;) {
        const Node &node = nodes_[i];
        void *self = node.on[loop.loop().index()].self;
        if (self == nullptr || node.kind->drain == nullptr) continue;
        const crumb::Left left(*loop.abi(), tag(i), crumb::kDrain);
        node.kind->drain(self, deadline, why);
    }
}

void Instances::destroy(LoopFace &loop)
{
    const unsigned index = loop.loop().index();
    for (auto i = static_cast<std::uint32_t>(nodes_.size()); i-- > 0;) {
        Node &node = nodes_[i];
        if (index >= node.on.size() || node.on[index].self == nullptr) continue;
        const crumb::Left left(*loop.abi(), tag(i), crumb::kDestroy);
        node.kind->destroy(node.on[index].self);
        node.on[index].self = nullptr;
    }
}

void Instances::unshare()
{
    for (auto i = nodes_.size(); i-- > 0;) {
        Node &node = nodes_[i];
        if (node.is_shared && node.kind->unshare != nullptr) node.kind->unshare(node.shared);
        node.is_shared = false;
    }
}

} // namespace hawser::host
