// Tests: tests/unit/base/metrics_test.cpp
// What a metric may be called: the grammar of Prometheus, and the rules of sdk/include/hawser/metrics.h.
#include "base/metrics.hpp"
#include "base/text.hpp"

#include <algorithm>
#include <cmath>

namespace hawser::host {
namespace {

constexpr std::size_t kMostName = 128, kMostHelp = 512, kMostUnit = 32, kMostLabelName = 64, kMostLabelValue = 256;

bool is_word(std::string_view text, std::size_t most)
{
    const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; };
    return !text.empty() && text.size() <= most && letter(text[0]) &&
           std::all_of(text.begin(), text.end(), [&](char c) { return letter(c) || (c >= '0' && c <= '9'); });
}

bool is_text(std::string_view text, std::size_t most) { return text.size() <= most && valid_utf8(text) == text; }

std::string quoted(std::string_view text) { return '"' + printable(text.substr(0, kMostName)) + '"'; }

std::string check_name(const MetricSpec &spec)
{
    if (!is_word(spec.name, kMostName)) return "name: expected letters, digits and \"_\", at most 128 bytes";
    const bool counts = spec.name.ends_with("_total");
    if ((spec.type == MetricType::Counter) != counts)
        return counts ? "name: only a counter's ends in \"_total\"" : "name: a counter's ends in \"_total\"";
    if (!is_text(spec.help, kMostHelp)) return "help: expected UTF-8, at most 512 bytes";
    if (spec.unit.empty()) return {};
    if (!is_word(spec.unit, kMostUnit)) return "unit: expected letters, digits and \"_\", at most 32 bytes";
    std::string_view stem = spec.name;
    if (counts) stem.remove_suffix(6);
    return stem.ends_with("_" + std::string(spec.unit)) ? ""
                                                        : "name: expected it to end with its unit " + quoted(spec.unit);
}

std::string check_labels(const MetricSpec &spec)
{
    if (spec.labels.size() > kMostLabels)
        return "labels: expected at most 8, got " + std::to_string(spec.labels.size());
    for (auto label = spec.labels.begin(); label != spec.labels.end(); ++label) {
        if (!is_word(label->name, kMostLabelName))
            return "label " + quoted(label->name) + ": expected letters, digits and \"_\", at most 64 bytes";
        if (label->name.starts_with("__") || label->name == "le")
            return "label " + quoted(label->name) + ": the name is reserved";
        if (std::any_of(spec.labels.begin(), label,
                        [&](const MetricLabel &other) { return other.name == label->name; }))
            return "label " + quoted(label->name) + ": expected it once, got it twice";
        if (!is_text(label->value, kMostLabelValue))
            return "label " + quoted(label->name) + ": expected a value of UTF-8, at most 256 bytes";
    }
    return {};
}

} // namespace

std::string check_metric(const MetricSpec &spec)
{
    if (spec.type < MetricType::Counter || spec.type > MetricType::Histogram)
        return "type: expected a counter, gauge or histogram, got " +
               std::to_string(static_cast<std::uint32_t>(spec.type));
    if (std::string why = check_name(spec); !why.empty()) return why;
    if (std::string why = check_labels(spec); !why.empty()) return why;
    const bool histogram = spec.type == MetricType::Histogram;
    if (spec.bounds.size() > kMostBounds || spec.bounds.empty() == histogram)
        return "bounds: expected 1 to 32 for a histogram, none else, got " + std::to_string(spec.bounds.size());
    if (std::adjacent_find(spec.bounds.begin(), spec.bounds.end(), std::greater_equal<>()) != spec.bounds.end())
        return "bounds: expected ascending ones";
    if (!std::isfinite(spec.scale) || spec.scale <= 0) return "scale: expected a number above 0";
    return {};
}

} // namespace hawser::host
