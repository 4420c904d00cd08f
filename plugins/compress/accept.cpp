// Tests: plugins/compress/tests/compress_test.cpp
#include "accept.hpp"

#include "hawser/http_fields.hpp"

#include <cstddef>
#include <optional>

namespace coding {
namespace {

std::string_view trimmed(std::string_view text)
{
    while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
    while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
    return text;
}

// Takes the first part off a list.
std::string_view next(std::string_view &list, char separator)
{
    const std::size_t end = list.find(separator);
    const std::string_view part = trimmed(list.substr(0, end));
    list.remove_prefix(end == std::string_view::npos ? list.size() : end + 1);
    return part;
}

// "0.5" in thousandths (RFC 9110 § 12.4.2); what is none counts as 0: the client did not say that it takes this.
int weight(std::string_view text)
{
    if (text.empty() || (text[0] != '0' && text[0] != '1')) return 0;
    int thousandths = (text[0] - '0') * 1000;
    if (text.size() == 1) return thousandths;
    if (text[1] != '.' || text.size() > 5) return 0;
    int unit = 100;
    for (const char c : text.substr(2)) {
        if (c < '0' || c > '9') return 0;
        thousandths += (c - '0') * unit;
        unit /= 10;
    }
    return thousandths <= 1000 ? thousandths : 0;
}

struct Wish {
    std::string_view name;
    int weight = 1000;
};

Wish read(std::string_view part)
{
    Wish wish{next(part, ';')};
    while (!part.empty()) {
        std::string_view parameter = next(part, ';');
        if (hawser::http::same_name(next(parameter, '='), "q")) wish.weight = weight(trimmed(parameter));
    }
    return wish;
}

bool names(std::string_view name, Coding coding)
{
    return hawser::http::same_name(name, name_of(coding)) ||
           (coding == Coding::Gzip && hawser::http::same_name(name, "x-gzip"));
}

} // namespace

Coding choose(std::string_view accept, const std::vector<Coding> &ours)
{
    Coding best = Coding::Identity;
    int most = 0;
    for (const Coding coding : ours) {
        std::optional<int> own, any;
        for (std::string_view list = accept; !list.empty();) {
            const Wish wish = read(next(list, ','));
            if (names(wish.name, coding)) own = wish.weight;
            if (wish.name == "*") any = wish.weight;
        }
        const int weight = own.value_or(any.value_or(0));
        if (weight <= most) continue;
        most = weight;
        best = coding;
    }
    return best;
}

} // namespace coding
