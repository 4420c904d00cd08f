// hawser/node.hpp: what an instance is told about itself: its options, its name, its loop, its log.
#pragma once

#include "hawser/abi.h"
#include "hawser/error.hpp"
#include "hawser/options.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace hawser {

struct Field {
    std::string_view name, value;
};

// A handle; copies are cheap. Valid until the instance is destroyed. [loop], what logs
// and fails [any-thread]
class Node {
public:
    Node(hawser_loop *loop, const hawser_node *node)
        : loop_(loop)
        , node_(node)
    {}

    Value options() const { return Value(node_->options); }
    Value option(const char *name) const { return options()[name]; }
    std::string_view name() const { return view(node_->name); }
    hawser_loop *loop() const { return loop_; }
    const hawser_node *raw() const { return node_; }
    const hawser_host *host() const { return node_->host; }
    // What all loops have in common, if the class has a type Shared. Throws Error if it has none.
    template<typename T>
    T &shared() const
    {
        if (node_->shared == nullptr) throw Error("expected a class with a type Shared, got one without");
        return *static_cast<T *>(node_->shared);
    }

    // node.info("fetched", {{"from", peer}, {"bytes", std::to_string(n)}});
    template<std::size_t N>
    void log(std::uint32_t level, std::string_view event, const Field (&fields)[N]) const
    {
        hawser_field out[N];
        for (std::size_t i = 0; i < N; ++i) out[i] = {str(fields[i].name), str(fields[i].value)};
        node_->host->log(node_, level, str(event), out, N);
    }
    void log(std::uint32_t level, std::string_view event) const
    {
        node_->host->log(node_, level, str(event), nullptr, 0);
    }
    template<std::size_t N>
    void info(std::string_view event, const Field (&fields)[N]) const
    {
        log(HAWSER_LOG_INFO, event, fields);
    }
    void info(std::string_view event) const { log(HAWSER_LOG_INFO, event); }
    template<std::size_t N>
    void error(std::string_view event, const Field (&fields)[N]) const
    {
        log(HAWSER_LOG_ERROR, event, fields);
    }
    void error(std::string_view event) const { log(HAWSER_LOG_ERROR, event); }

    // It cannot go on: a service is stopped and started again by its restart policy. Returns at once. [any-thread]
    void fail(std::string_view why) const { node_->host->fail(node_, str(why.empty() ? "it gave no reason" : why)); }
    // The work of this service is done: it is stopped, and started again only if its policy is "always". [any-thread]
    void finish() const { node_->host->fail(node_, str("")); }

private:
    hawser_loop *loop_;
    const hawser_node *node_;
};

namespace detail {

// What is to be done when an instance ends: before (its host drains it), during (it stops), after (it has gone).
struct ShutdownHooks {
    std::vector<std::function<void()>> phases[3];

    // Each once, the last added first. What one throws is logged, and the next one runs.
    void run(std::size_t phase, const Node &node) noexcept
    {
        std::vector<std::function<void()>> hooks = std::exchange(phases[phase], {});
        for (; !hooks.empty(); hooks.pop_back())
            guarded_call([&] { hooks.back()(); },
                         [&](std::string_view why) {
                             node.error("shutdown_hook_failed", {{"error", why}});
                         });
    }
};

// A member function: one that is there and cannot be called as it should be is a mistake, not an absent one.
template<typename P>
concept Method = std::is_member_function_pointer_v<P>;

// The nodes of this plugin that have an instance on this thread; the last made is the home of what has no node of its
// own.
class Home {
public:
    explicit Home(const Node &node)
        : node_(node)
        , before_(std::exchange(last(), this))
        , after_(nullptr)
    {
        if (before_ != nullptr) before_->after_ = this;
    }
    Home(const Home &) = delete;
    Home &operator=(const Home &) = delete;
    ~Home()
    {
        (after_ != nullptr ? after_->before_ : last()) = before_;
        if (before_ != nullptr) before_->after_ = after_;
    }
    static Home *&last()
    {
        thread_local Home *home = nullptr;
        return home;
    }
    const Node &node() const { return node_; }
    // Of the instance of this node on this thread; null: it has none (yet, or any more).
    static Home *of(const hawser_node *node)
    {
        Home *home = last();
        while (home != nullptr && home->node_.raw() != node) home = home->before_;
        return home;
    }
    ShutdownHooks hooks;

private:
    Node node_;
    Home *before_, *after_;
};

inline const Node *find_home() { return Home::last() != nullptr ? &Home::last()->node() : nullptr; }

// An instance of the author's class T, made from its node if it wants one.
template<typename T>
T make_instance(const Node &node)
{
    if constexpr (requires { T{node}; })
        return T{node};
    else
        return T{};
}

template<typename T>
struct Instance {
    Node node;
    Home home;
    T object;
    explicit Instance(const Node &of)
        : node(of)
        , home(of)
        , object(make_instance<T>(of))
    {}
};

template<typename T>
void *HAWSER_CALL create(hawser_loop *loop, const hawser_node *node, hawser_error *error) noexcept
{
    return guarded<void *>(error, nullptr, [&]() -> void * { return new Instance<T>(Node(loop, node)); });
}

// Deletes the object; what its destructor throws is logged.
template<typename T>
void dispose(T *object, Node node) noexcept
{
    guarded_call([&] { delete object; }, [&](std::string_view why) { node.error("destroy_failed", {{"error", why}}); });
}

// Deletes an Instance, with what is to be done before, and after it has gone.
template<typename I>
void end_instance(I *instance) noexcept
{
    const Node node = instance->node;
    ShutdownHooks &hooks = instance->home.hooks;
    hooks.run(0, node);
    hooks.run(1, node);
    ShutdownHooks after = std::move(hooks);
    dispose(instance, node);
    after.run(2, node);
}

template<typename T>
void HAWSER_CALL destroy(void *self) noexcept
{
    auto *instance = static_cast<Instance<T> *>(self);
    end_instance(instance);
}

// What all loops have in common: a T::Shared, made once before the instances, from the node if it wants one.
template<typename T>
void *HAWSER_CALL share(const hawser_node *node, hawser_error *error) noexcept
{
    return guarded<void *>(error, nullptr, [&]() -> void * {
        const Node of(nullptr, node);
        if constexpr (std::is_constructible_v<typename T::Shared, const Node &>)
            return new typename T::Shared(of);
        else
            return new typename T::Shared{};
    });
}

template<typename T>
void HAWSER_CALL unshare(void *shared) noexcept
{
    guarded_call([&] { delete static_cast<typename T::Shared *>(shared); }, [](std::string_view) {});
}

template<typename T>
void HAWSER_CALL drain(void *self, std::uint64_t deadline, std::uint32_t why) noexcept
{
    auto &instance = *static_cast<Instance<T> *>(self);
    instance.home.hooks.run(0, instance.node);
    if constexpr (requires(T & t) { t.drain(deadline, why); })
        guarded_call([&] { instance.object.drain(deadline, why); },
                     [&](std::string_view what) {
                         instance.node.error("drain_failed", {{"error", what}});
                     });
}

template<typename T>
const void *HAWSER_CALL get_interface(void *self, const char *id) noexcept
{
    const void *table = nullptr;
    auto &instance = *static_cast<Instance<T> *>(self);
    guarded_call([&] { table = instance.object.interface(std::string_view(id)); },
                 [&](std::string_view why) {
                     instance.node.error("interface_failed", {{"error", why}});
                 });
    return table;
}

// T may have interface(id), the table of an interface that it provides or null, whose functions get the instance's
// self: see interface_self(). T may have a type Shared, which Node::shared<Shared>() gives, and drain(deadline, why):
// see hawser_kind.
template<typename T>
constexpr hawser_kind kind_head(const char *role, const char *name, std::uint32_t size)
{
    hawser_kind kind{size, 0, role, name, nullptr, nullptr, create<T>, nullptr, nullptr, destroy<T>};
    if constexpr (requires { typename T::Shared; }) {
        kind.share = share<T>;
        kind.unshare = unshare<T>;
    }
    kind.drain = drain<T>;
    if constexpr (requires(T & t) { t.interface(std::string_view()); }) kind.get_interface = get_interface<T>;
    return kind;
}

} // namespace detail

// The author's object of a `self` that a function of an interface was given.
template<typename T>
T &interface_self(void *self)
{
    return static_cast<detail::Instance<T> *>(self)->object;
}

} // namespace hawser
