// hawser/interface.hpp: plugins that use each other: a table of functions in C behind an id with a version.
//
//     struct Greeter {                                          // in a header that both plugins include
//         static constexpr const char *kId = "org.example.greeter/1";
//         std::uint32_t struct_size;                            // tables only grow at their end
//         std::int32_t (*count)(void *self, hawser_str name);
//     };
//
//     struct Service {                                          // provides = [{ interface = "org.example.greeter/1" }]
//         std::int32_t count(hawser_str name);
//         const void *interface(std::string_view id) const { return hawser::provide(id, kTable); }
//         static constexpr Greeter kTable{sizeof(Greeter), hawser::method<&Service::count>};
//     };
//
//     auto greeter = hawser::require<Greeter>(node.option("greeter"));      // interface = "org.example.greeter/1"
//     greeter->count(greeter.self(), hawser::str("ada"));
//
// A manifest says which threads may call an interface; see sdk/README.md.
#pragma once

#include "hawser/node.hpp"
#include "hawser/options.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace hawser {

// The table if `id` is that of its type, else null. For T::interface(id).
template<typename Table>
const void *provide(std::string_view id, const Table &table)
{
    return id == Table::kId ? &table : nullptr;
}

namespace detail {

// A member function of T as a function of the table: what it throws is logged, and a value of zeros is its result.
template<auto F>
struct InterfaceMethod;
template<typename T, typename R, typename... Arguments, R (T::*F)(Arguments...)>
struct InterfaceMethod<F> {
    static R HAWSER_CALL call(void *self, Arguments... arguments) noexcept
    {
        auto &instance = *static_cast<Instance<T> *>(self);
        if constexpr (std::is_void_v<R>) {
            guarded_call([&] { (instance.object.*F)(arguments...); },
                         [&](std::string_view why) { log(instance.node, why); });
        } else {
            R result{};
            guarded_call([&] { result = (instance.object.*F)(arguments...); },
                         [&](std::string_view why) { log(instance.node, why); });
            return result;
        }
    }
    static void log(const Node &node, std::string_view why) { node.error("interface_failed", {{"error", why}}); }
};

} // namespace detail

template<auto F>
inline constexpr auto method = detail::InterfaceMethod<F>::call;

// Another's interface, as an option of type `service` gives it. Valid as long as the instance that has the option.
template<typename Table>
class Required {
public:
    Required(const Table *table, void *self)
        : table_(table)
        , self_(self)
    {}
    const Table *operator->() const { return table_; }
    void *self() const { return self_; }
    // Whether the other has this member: tables of later versions are longer.
    template<typename Member>
    bool has(Member Table::*member) const
    {
        const auto offset = reinterpret_cast<const char *>(&(table_->*member)) - reinterpret_cast<const char *>(table_);
        return static_cast<std::size_t>(offset) + sizeof(Member) <= table_->struct_size;
    }

private:
    const Table *table_;
    void *self_;
};

// Throws Error if the option is absent. That it is of this interface is the host's check, by the manifest.
template<typename Table>
Required<Table> require(const Value &option)
{
    const hawser_object &object = option.object();
    return {static_cast<const Table *>(object.api), object.self};
}

} // namespace hawser
