// Tests: tests/unit/worker/compartment_test.cpp
#include "bridge/instances.hpp"

#include "bridge/crumbs.hpp"
#include "bridge/guard.hpp"
#include "plugin/entry_names.hpp"

#include <cstring>
#include <string>
#include <utility>

namespace hawser::host {
namespace {

hawser_error empty_error()
{
    hawser_error error{};
    error.struct_size = sizeof error;
    return error;
}

void *refuse_thrown(hawser_error &error, const char *function, const std::string &text)
{
    const std::string whole = std::string(function) + " threw: " + text;
    error.text[whole.copy(error.text, sizeof error.text - 1)] = '\0';
    error.option[0] = '\0';
    return nullptr;
}

std::string text_in(const char *text, std::size_t room) { return {text, strnlen(text, room)}; }

} // namespace

Instances::Instances(const CompartmentPlan &plan, HostFace &host)
    : plan_(plan)
    , host_(host)
    , nodes_(plan.nodes.size())
{
    host_.on_threw(
        [this](std::uint32_t tag, std::uint32_t entry, const std::string &text) { report_thrown(tag, entry, text); });
    host_.on_broken([this](std::uint32_t tag, std::uint32_t entry, const std::string &text) {
        report("contract_broken", tag, entry, text);
    });
}

void Instances::report_thrown(std::uint32_t tag, std::uint32_t entry, const std::string &text)
{
    report("plugin_threw", tag, entry, text);
}

// [any-thread] The tag is of a crumb, which a plugin may have spoiled.
void Instances::report(const char *event, std::uint32_t tag, std::uint32_t entry, const std::string &text)
{
    const bool known = tag > 0 && tag <= plan_.nodes.size();
    const NodePlan nobody;
    const NodePlan &node = known ? plan_.nodes[tag - 1] : nobody;
    host_.log().write(Level::Error, known ? node.name : "host", event,
                      {{"plugin", known ? plan_.plugins[node.plugin].name : "unknown"},
                       {"in", entry == 0 ? "it is not known" : entry_name(entry, node.role)},
                       {"error", text}});
}

// For [start], when no loop runs: the crumb of the first one.
hawser_loop &Instances::first_loop() const { return *host_.loops().front()->abi(); }

bool Instances::is_service(std::uint32_t node) const { return plan_.nodes[node].role == HAWSER_SERVICE; }

std::optional<Failure> Instances::load_plugins()
{
    for (std::uint32_t i = 0; i < plan_.plugins.size(); ++i) {
        if (plan_.plugins[i].quarantined) {
            plugins_.skip(plan_.plugins[i]);
            continue;
        }
        const OneProcess one;
        // Tags of plugins follow those of nodes.
        const auto number = static_cast<std::uint32_t>(nodes_.size()) + i;
        const auto loaded = plugins_.load(plan_.plugins[i], host_.abi(), first_loop(), tag(number));
        if (!loaded) return Failure{loaded.error().status, {}, {}, loaded.error().text};
    }
    for (std::uint32_t i = 0; i < nodes_.size(); ++i) {
        const NodePlan &node = plan_.nodes[i];
        if (node.absent) continue;
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

const void *Instances::interface_of(const Value &value, const hawser_object &object, LoopFace &loop,
                                    std::string &thrown) const
{
    const hawser_kind &kind = *nodes_[value.node].kind;
    if (kind.get_interface == nullptr) return nullptr;
    const crumb::Left left(*loop.abi(), object.tag, crumb::kGetInterface);
    return contain([&] { return kind.get_interface(object.self, value.interface.c_str()); },
                   [&](const std::string &text) -> const void * {
                       thrown = ": get_interface threw: " + text;
                       return nullptr;
                   });
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
    std::string thrown;
    object.api = interface_of(value, object, *loop, thrown);
    if (object.api != nullptr) return true;
    why = "service \"" + plan_.nodes[value.node].name + "\" does not give the interface \"" + value.interface +
          "\" that its manifest provides" + thrown;
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
        if (node.kind == nullptr || node.kind->share == nullptr) continue;
        std::string why;
        node.options.build(plan_.nodes[i].options, [&](const Value &value, hawser_object &object) {
            return resolve(value, object, nullptr, why);
        });
        node.face = face_of(i, node.options);
        hawser_error error = empty_error();
        const OneProcess one;
        const crumb::Left left(first_loop(), tag(i), crumb::kShare);
        node.shared = contain([&] { return node.kind->share(&node.face, &error); },
                              [&](const std::string &text) { return refuse_thrown(error, "share", text); });
        if (node.shared == nullptr) return refused(i, "share", error);
        node.is_shared = true;
    }
    return std::nullopt;
}

std::optional<Failure> Instances::create_one(std::uint32_t index, LoopFace &loop)
{
    Node &node = nodes_[index];
    OnLoop &on = node.on.emplace_back();
    if (node.kind == nullptr) return std::nullopt; // absent
    if (is_service(index) && loop.loop().index() != 0) return std::nullopt;
    std::string why;
    const bool built = on.options.build(plan_.nodes[index].options, [&](const Value &value, hawser_object &object) {
        return resolve(value, object, &loop, why);
    });
    if (!built) return Failure{Status::PluginFailed, plan_.nodes[index].name, {}, why};
    on.face = face_of(index, on.options);
    hawser_error error = empty_error();
    const OneProcess one;
    const crumb::Left left(*loop.abi(), tag(index), crumb::kCreate);
    on.self = contain([&] { return node.kind->create(loop.abi(), &on.face, &error); },
                      [&](const std::string &text) { return refuse_thrown(error, "create", text); });
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
        contain([&] { node.kind->drain(self, deadline, why); },
                [&](const std::string &text) { report_thrown(tag(i), crumb::kDrain, text); });
    }
}

void Instances::destroy(LoopFace &loop)
{
    const unsigned index = loop.loop().index();
    for (auto i = static_cast<std::uint32_t>(nodes_.size()); i-- > 0;) {
        Node &node = nodes_[i];
        if (index >= node.on.size() || node.on[index].self == nullptr) continue;
        const crumb::Left left(*loop.abi(), tag(i), crumb::kDestroy);
        contain([&] { node.kind->destroy(node.on[index].self); },
                [&](const std::string &text) { report_thrown(tag(i), crumb::kDestroy, text); });
        node.on[index].self = nullptr;
        loop.report_left(tag(i));
    }
}

void Instances::unshare()
{
    for (auto i = static_cast<std::uint32_t>(nodes_.size()); i-- > 0;) {
        Node &node = nodes_[i];
        if (!std::exchange(node.is_shared, false) || node.kind->unshare == nullptr) continue;
        const crumb::Left left(first_loop(), tag(i), crumb::kUnshare);
        contain([&] { node.kind->unshare(node.shared); },
                [&](const std::string &text) { report_thrown(tag(i), crumb::kUnshare, text); });
    }
}

} // namespace hawser::host
