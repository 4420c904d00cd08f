// hawser/service.hpp: a service from a class of the author's, one object a compartment.
//
//     struct Service {
//         explicit Service(hawser::Node node);      // or none
//         void start();                             // throws hawser::Error to refuse; may be absent
//         void stop();                              // may be absent
//     };
#pragma once

#include "hawser/abi.h"
#include "hawser/node.hpp"

namespace hawser {
namespace detail {

template<typename T>
std::int32_t HAWSER_CALL start_service(void *self, hawser_op *, hawser_error *error) noexcept
{
    return guarded<std::int32_t>(error, HAWSER_FAILED, [&] {
        static_cast<Instance<T> *>(self)->object.start();
        return HAWSER_OK;
    });
}

template<typename T>
std::int32_t HAWSER_CALL stop_service(void *self, hawser_op *) noexcept
{
    auto &instance = *static_cast<Instance<T> *>(self);
    guarded_call([&] { instance.object.stop(); },
                 [&](std::string_view why) {
                     instance.node.error("stop_failed", {{"error", why}});
                 });
    return HAWSER_OK;
}

} // namespace detail

template<typename T>
constexpr hawser_service service(const char *name)
{
    hawser_service table{detail::kind_head<T>(HAWSER_SERVICE, name, sizeof(hawser_service)), nullptr, nullptr};
    if constexpr (requires(T & t) { t.start(); })
        table.start = detail::start_service<T>;
    else
        static_assert(
            !requires { requires detail::Method<decltype(&T::start)>; }, "start() of a service takes no argument");
    if constexpr (requires(T & t) { t.stop(); })
        table.stop = detail::stop_service<T>;
    else
        static_assert(
            !requires { requires detail::Method<decltype(&T::stop)>; }, "stop() of a service takes no argument");
    return table;
}

} // namespace hawser
