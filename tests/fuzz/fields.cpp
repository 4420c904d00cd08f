#include "accept.hpp"
#include "conditions.hpp"
#include "file.hpp"
#include "ranges.hpp"
#include "targets.hpp"
#include "users.hpp"

#include "hawser/http_accept.hpp"

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

namespace hawser::fuzz {

void demand(bool holds, const char *what)
{
    if (holds) return;
    std::fprintf(stderr, "does not hold: %s\n", what);
    std::abort();
}

void fields(std::string_view input)
{
    constexpr std::uint64_t kSize = 1000;
    std::vector<static_files::ByteRange> ranges;
    std::uint64_t reached = 0;
    static_files::parse_ranges(input, kSize, 8, ranges);
    for (const auto &range : ranges) {
        demand(range.length > 0 && range.first >= reached, "ranges go on and do not overlap");
        reached = range.first + range.length;
        demand(reached <= kSize && reached > range.first, "a range lies in the file");
    }
    demand(ranges.size() <= 8, "there are no more ranges than allowed");

    const bool strong = static_files::names_etag(input, "\"a\"", false);
    demand(!strong || static_files::names_etag(input, "\"a\"", true), "what matches strongly matches weakly");
    const std::int64_t date = static_files::parse_http_date(std::string(input.substr(0, input.find('\0'))));
    demand(date < 0 || static_files::parse_http_date(static_files::http_date(date)) == date,
           "a date is read as written");

    const int liking = http::liking(input, "gzip");
    demand(liking >= 0 && liking <= 1000, "a weight is from 0 to 1");
    coding::choose(input, {coding::Coding::Br, coding::Coding::Gzip});

    std::string name, password, path;
    if (auth::read_basic(input, name, password))
        demand(name.find(':') == std::string::npos && name.find('\0') == std::string::npos, "a name has no colon");
    if (static_files::decode_path(input, path)) {
        demand(path.find('\0') == std::string::npos, "a path has no NUL");
        demand(('/' + path).find("/.") == std::string::npos, "nothing hidden is served");
    }
}

} // namespace hawser::fuzz
