// Addresses in the code of a worker, in words. What the worker left is not believed: it is copied, and every count and
// text of the copy is checked.
#pragma once

#include "config/plan.hpp"
#include "seam/crash_record.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace hawser::host {

class CodePlaces {
public:
    CodePlaces(const CrashRecord &left, const CompartmentPlan &plan);

    const CrashRecord &record() const { return *record_; } // the copy
    // "text.so+0x1169 (on_request)", or the bare address.
    std::string at(std::uint64_t address) const;
    // Of frames, innermost first: each in words.
    std::vector<std::string> all(const std::uint64_t *frames, std::size_t count) const;
    // The innermost that lies in a plugin, in words; "" if none does.
    std::string in_plugin(const std::uint64_t *frames, std::size_t count) const;
    // Whose that is; null if none.
    const PluginRef *plugin_of(const std::uint64_t *frames, std::size_t count) const;

private:
    const CrashModule *module_of(std::uint64_t address) const;
    const PluginRef *plugin_in(std::uint64_t address) const;
    std::string shown(const std::string &path) const;

    std::unique_ptr<CrashRecord> record_;
    const CompartmentPlan &plan_;
};

} // namespace hawser::host
