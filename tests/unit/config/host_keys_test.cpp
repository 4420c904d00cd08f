#include "config/host_keys.hpp"

#include "config/load.hpp"

#include <gtest/gtest.h>

#include <functional>

namespace hawser::host {
namespace {

void for_each(const std::vector<OptionSpec> &specs, const std::function<void(const OptionSpec &)> &visit)
{
    for (const OptionSpec &spec : specs) {
        visit(spec);
        for_each(spec.keys, visit);
    }
}

void for_all(const std::function<void(const OptionSpec &)> &visit)
{
    const HostKeys &keys = host_keys();
    for (const auto *section : {&keys.root, &keys.host, &keys.log, &keys.listener, &keys.service, &keys.compartment})
        for_each(*section, visit);
}

TEST(HostKeys, AreEachDescribed)
{
    for_all([](const OptionSpec &spec) { EXPECT_FALSE(spec.text.empty()) << spec.name; });
}

TEST(HostKeys, SayTheirDefaultInTheDeclarationOrInTheText)
{
    for_all([](const OptionSpec &spec) {
        if (spec.required || spec.fallback || spec.type == OptionSpec::Type::Table || spec.has != OptionSpec::Has::Yes)
            return;
        const bool said = spec.text.find("default") != std::string::npos || spec.name == "include";
        EXPECT_TRUE(said) << spec.name;
    });
}

// The structures of the plan have defaults of their own, for whoever makes one without a file.
TEST(HostKeys, HaveTheDefaultsOfThePlan)
{
    LoadRequest request;
    request.name = "empty";
    request.text = "";
    const Loaded loaded = load_config(request);
    ASSERT_TRUE(loaded.plan);
    HostPlan plain;
    plain.plugins = {""};
    plain.compartments.emplace_back().name = "main";
    EXPECT_EQ(*loaded.plan, plain);
}

} // namespace
} // namespace hawser::host
