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
#include "hawser/scope.hpp"
#include "hawser/task.hpp"

#include <exception>
#include <memory>
#include <type_traits>
#include <utility>

namespace hawser {
namespace detail {

// A start or stop that is a task: `op` is completed at its end, unless that comes at once.
template<typename T>
struct ServiceInstance : Instance<T> {
    explicit ServiceInstance(const Node &of)
        : Instance<T>(of)
    {}
    static ServiceInstance &of(void *self) { return *static_cast<ServiceInstance *>(static_cast<Instance<T> *>(self)); }

    // HAWSER_OK, HAWSER_FAILED with `why`, or HAWSER_PENDING.
    std::int32_t run(Task<void> task, hawser_op *op, hawser_error *why)
    {
        done_ = op;
        error_ = why;
        begins_ = true;
        scope_ = std::make_unique<Scope>(this->node, failed, this, emptied);
        scope_->spawn(std::move(task));
        begins_ = false;
        return scope_->empty() ? result_ : HAWSER_PENDING;
    }

private:
    static void failed(void *self, const std::exception_ptr &thrown) noexcept
    {
        auto &service = *static_cast<ServiceInstance *>(self);
        service.result_ = HAWSER_FAILED;
        if (service.error_ == nullptr) {
            service.node.error("stop_failed", {{"error", what(thrown)}});
            service.result_ = HAWSER_OK;
        } else {
            guarded<int>(service.error_, 0, [&] {
                std::rethrow_exception(thrown);
                return 0;
            });
        }
    }
    static void emptied(void *self) noexcept
    {
        auto &service = *static_cast<ServiceInstance *>(self);
        if (service.begins_) return;
        const std::int32_t result = std::exchange(service.result_, HAWSER_OK);
        service.done_->complete(service.done_, result);
    }
    hawser_op *done_ = nullptr;
    hawser_error *error_ = nullptr;
    std::int32_t result_ = HAWSER_OK;
    bool begins_ = false;
    std::unique_ptr<Scope> scope_; // ends before the object
};

template<typename T>
void *HAWSER_CALL create_service(hawser_loop *loop, const hawser_node *node, hawser_error *error) noexcept
{
    return guarded<void *>(error, nullptr, [&]() -> void * {
        return static_cast<Instance<T> *>(new ServiceInstance<T>(Node(loop, node)));
    });
}

template<typename T>
void HAWSER_CALL destroy_service(void *self) noexcept
{
    end_instance(&ServiceInstance<T>::of(self));
}

template<typename T>
std::int32_t HAWSER_CALL start_service(void *self, hawser_op *op, hawser_error *error) noexcept
{
    return guarded<std::int32_t>(error, HAWSER_FAILED, [&]() -> std::int32_t {
        auto &service = ServiceInstance<T>::of(self);
        if constexpr (std::is_void_v<decltype(service.object.start())>) {
            service.object.start();
            return HAWSER_OK;
        } else {
            return service.run(service.object.start(), op, error);
        }
    });
}

template<typename T>
std::int32_t HAWSER_CALL stop_service(void *self, hawser_op *op) noexcept
{
    auto &service = ServiceInstance<T>::of(self);
    std::int32_t result = HAWSER_OK;
    service.home.hooks.run(0, service.node);
    service.home.hooks.run(1, service.node);
    guarded_call(
        [&] {
            if constexpr (requires { service.object.stop(); }) {
                if constexpr (std::is_void_v<decltype(service.object.stop())>)
                    service.object.stop();
                else
                    result = service.run(service.object.stop(), op, nullptr);
            }
        },
        [&](std::string_view why) {
            service.node.error("stop_failed", {{"error", why}});
        });
    return result;
}

} // namespace detail

template<typename T>
constexpr hawser_service service(const char *name)
{
    hawser_service table{detail::kind_head<T>(HAWSER_SERVICE, name, sizeof(hawser_service)), nullptr,
                         detail::stop_service<T>};
    table.kind.create = detail::create_service<T>;
    table.kind.destroy = detail::destroy_service<T>;
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
