// A plugin's manifest: what it offers, read from TOML without running any of its code.
#pragma once

#include "base/result.hpp"
#include "config/plan.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace hawser::host {

// Exact for 64 bits: `real` of a float option, `integer` of all others.
struct Bound {
    double real = 0;
    std::int64_t integer = 0;
};

struct OptionSpec {
    enum class Type : std::uint8_t {
        String,
        Integer,
        Float,
        Boolean,
        Duration,
        Size,
        Path,
        Address,
        Secret,
        Enum,
        List,
        Table,
        Service,
        Resource,
        Routes,
    };
    std::string name;
    Type type = Type::String;
    std::string text;
    bool required = false;
    std::optional<Value> fallback;    // `default`, converted
    std::string default_text;         // as written, for people
    std::optional<Bound> min, max;    // of an integer, float, duration (ns), size (bytes)
    std::string min_text, max_text;   // as written, for people
    std::vector<std::string> choices; // Enum
    std::vector<OptionSpec> items;    // List: exactly one. Table with free keys: exactly one
    std::vector<OptionSpec> keys;     // Table with fixed keys
    std::string interface;            // Service, Resource, Routes: what the named one must implement
    std::vector<OptionSpec> entry;    // Routes: the owner's options for each entry
    std::string stand_in;             // Routes: kind to create in place of a quarantined entry

    // Of the host's own keys only (config/host_keys.cpp).
    enum class Has : std::uint8_t { Yes, No, Neutral }; // Neutral: only a value that asks for nothing
    Has has = Has::Yes;
    std::vector<std::string> words; // may stand in place of a value: "auto"
    bool single = false;            // List: its only item may stand alone
    std::string format;             // String, Path: a shape that Conversion::check knows
    std::string like;               // String: what is expected, in words: "an address like …"
};

struct ProvidedInterface {
    std::string interface; // "org.x.sql/1"
    bool any_thread = false;
};

struct KindSpec {
    std::string word; // "protocol", "resource", "service"
    std::string name;
    std::string role; // "hawser.protocol/1" …
    std::string text;
    std::vector<OptionSpec> options;
    std::vector<ProvidedInterface> provides;
    std::vector<std::string> requires_; // interfaces of the host
    std::vector<std::string> optional_;
    std::vector<std::string> exclusive;
    std::vector<std::string> alpn;
};

struct Manifest {
    std::string name, version, summary;
    std::uint32_t abi_major = 0, abi_minor = 0;
    std::vector<KindSpec> kinds;
};

// Reads `text`; `name` is how it is shown in messages ("plugins/echo.so: manifest"). All problems are added with their
// line in the manifest; nullopt when there was any. Never throws.
std::optional<Manifest> parse_manifest(std::string_view text, const std::string &name, Sources &sources,
                                       Problems &problems);

std::string_view option_type_name(OptionSpec::Type type); // "duration", "routes" …

} // namespace hawser::host
