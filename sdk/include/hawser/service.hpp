// hawser/service.hpp: a service from a class of the author's, one object a compartment.
//
//     struct Service {
//         explicit Service(hawser::Node node);      // or none
//         void start();                             // or hawser::Task<> start(); throws hawser::Error to refuse
//         void stop();                              // or hawser::Task<> stop()
//     };                                            // each may be absent
#pragma once

#include "hawser/abi.h"
#include "hawser/node.hpp"

#include <type_traits>

namespace hawser {
namespace detail {

template<typename T>
struct TaskService; // hawser/service_task.hpp

// Whether start() or stop() is a task.
template<typename T>
constexpr bool has_tasks()
{
    bool has = false;
    if constexpr (requires(T & t) { t.start(); }) has = !std::is_void_v<decltype(std::declval<T &>().start())>;
    if constexpr (requires(T & t) { t.stop(); }) has = has || !std::is_void_v<decltype(std::declval<T &>().stop())>;
    return has;
}

template<typename T>
void *HAWSER_CALL create_service(hawser_loop *loop, const hawser_node *node, hawser_error *error) noexcept
{
    return guarded<void *>(
        error, nullptr, [&]() -> void * { return static_cast<Instance<T> *>(new TaskService<T>(Node(loop, node))); });
}

template<typename T>
void HAWSER_CALL destroy_service(void *self) noexcept
{
    end_instance(&TaskService<T>::of(self));
}

// A call of start() or stop(): HAWSER_OK, or what its task comes to.
template<typename T, typename F>
std::int32_t begin_part(void *self, hawser_op *op, hawser_error *error, F f)
{
    T &object = static_cast<Instance<T> *>(self)->object;
    if constexpr (std::is_void_v<decltype(f(object))>) {
        f(object);
        return HAWSER_OK;
    } else {
        return TaskService<T>::of(self).run(f(object), op, error);
    }
}

template<typename T>
std::int32_t HAWSER_CALL start_service(void *self, hawser_op *op, hawser_error *error) noexcept
{
    return guarded<std::int32_t>(
        error, HAWSER_FAILED, [&] { return begin_part<T>(self, op, error, [](T &object) { return object.start(); }); });
}

template<typename T>
std::int32_t HAWSER_CALL stop_service(void *self, hawser_op *op) noexcept
{
    auto &instance = *static_cast<Instance<T> *>(self);
    std::int32_t result = HAWSER_OK;
    instance.home.hooks.run(0, instance.node);
    instance.home.hooks.run(1, instance.node);
    if constexpr (requires { instance.object.stop(); })
        guarded_call([&] { result = begin_part<T>(self, op, nullptr, [](T &object) { return object.stop(); }); },
                     [&](std::string_view why) {
                         instance.node.error("stop_failed", {{"error", why}});
                     });
    return result;
}

} // namespace detail

template<typename T>
constexpr hawser_service service(const char *name)
{
    hawser_service table{detail::kind_head<T>(HAWSER_SERVICE, name, sizeof(hawser_service)), nullptr,
                         detail::stop_service<T>};
    if constexpr (detail::has_tasks<T>()) {
        static_assert(
            requires { sizeof(detail::TaskService<T>); }, "a start() or stop() that is a task needs hawser/scope.hpp");
        table.kind.create = detail::create_service<T>;
        table.kind.destroy = detail::destroy_service<T>;
    }
    if constexpr (requires(T & t) { t.start(); })
        table.start = detail::start_service<T>;
    else
        static_assert(
            !requires { requires detail::Method<decltype(&T::start)>; }, "start() of a service takes no argument");
    if constexpr (!requires(T & t) { t.stop(); })
        static_assert(
            !requires { requires detail::Method<decltype(&T::stop)>; }, "stop() of a service takes no argument");
    return table;
}

} // namespace hawser
