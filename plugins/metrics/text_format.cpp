// Tests: plugins/metrics/tests/metrics_test.cpp
#include "text_format.hpp"

#include <charconv>
#include <cmath>
#include <string_view>

namespace metrics {
namespace {

std::string_view view(hawser_str text) { return {text.p, text.n}; }

// In help a newline and a backslash are escaped, in a label's value a quotation mark too.
void escape(std::string_view text, bool quotes, std::string &to)
{
    for (const char c : text) {
        if (c == '\\') {
            to += "\\\\";
        } else if (c == '\n') {
            to += "\\n";
        } else if (c == '"' && quotes) {
            to += "\\\"";
        } else {
            to += c;
        }
    }
}

} // namespace

std::string number_text(double value)
{
    if (std::isnan(value)) return "NaN";
    if (std::isinf(value)) return value > 0 ? "+Inf" : "-Inf";
    char text[40];
    const std::to_chars_result end = std::to_chars(text, text + sizeof text, value);
    return {text, end.ptr};
}

void TextFormat::begin_family(const hawser_metric_sample &sample)
{
    if (view(sample.name) == family_) return;
    family_ = view(sample.name);
    if (sample.help.n > 0) {
        text_ += "# HELP " + family_ + ' ';
        escape(view(sample.help), false, text_);
        text_ += '\n';
    }
    text_ += "# TYPE " + family_;
    text_ += sample.type == HAWSER_COUNTER ? " counter\n" : sample.type == HAWSER_GAUGE ? " gauge\n" : " histogram\n";
}

void TextFormat::line(const hawser_metric_sample &sample, const char *end, const char *bound, double value)
{
    text_ += family_ + end;
    char before = '{';
    for (std::uint32_t i = 0; i < sample.label_count; ++i) {
        text_ += before;
        text_ += view(sample.labels[i].name);
        text_ += "=\"";
        escape(view(sample.labels[i].value), true, text_);
        text_ += '"';
        before = ',';
    }
    if (bound != nullptr) {
        text_ += before;
        text_ += std::string("le=\"") + bound + '"';
        before = ',';
    }
    if (before == ',') text_ += '}';
    text_ += ' ' + number_text(value) + '\n';
}

void TextFormat::histogram(const hawser_metric_sample &sample)
{
    double count = 0;
    for (std::uint32_t i = 0; i < sample.bound_count; ++i) {
        count += static_cast<double>(sample.buckets[i]);
        line(sample, "_bucket", number_text(sample.bounds[i]).c_str(), count);
    }
    count += static_cast<double>(sample.buckets[sample.bound_count]);
    line(sample, "_bucket", "+Inf", count);
    line(sample, "_sum", nullptr, sample.value);
    line(sample, "_count", nullptr, count);
}

void TextFormat::add(const hawser_metric_sample &sample)
{
    begin_family(sample);
    if (sample.type == HAWSER_HISTOGRAM)
        histogram(sample);
    else
        line(sample, "", nullptr, sample.value);
}

} // namespace metrics
