// How an entry becomes an answer: conditions, ranges, coded neighbours. For one loop's thread.
#pragma once

#include "cache.hpp"
#include "ranges.hpp"

#include "hawser/http.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace static_files {

inline constexpr const char *kPlain = "text/plain; charset=utf-8";

class Answers {
public:
    // `cache_control`: "" for none; `most_ranges`: of one request, 0 for none.
    Answers(std::string_view cache_control, std::size_t most_ranges)
        : cache_control_(cache_control)
        , most_ranges_(most_ranges)
    {}

    // `entry`: a file; `coded`: the neighbour that is sent in its place, or null. `status`: 200, or that of a page for
    // an error, which has no conditions and no ranges.
    void send(hawser_http_exchange *exchange, const hawser_http_request &request, Entry &entry, Entry *coded,
              std::string_view coding, std::uint32_t status);

private:
    struct Fields {
        static constexpr std::size_t kMost = 8;
        hawser_field all[kMost];
        std::size_t count = 0;
        void add(std::string_view name, std::string_view value)
        {
            all[count++] = {hawser::str(name), hawser::str(value)};
        }
    };
    void send_whole(hawser_http_exchange *exchange, const Fields &fields, Entry &entry, std::uint32_t status);
    void send_part(hawser_http_exchange *exchange, Fields fields, Entry &entry, ByteRange part);
    void send_parts(hawser_http_exchange *exchange, Fields fields, Entry &entry, std::string_view type);

    const std::string_view cache_control_;
    const std::size_t most_ranges_;
    std::vector<ByteRange> ranges_;
    std::uint64_t boundaries_ = 0;
};

} // namespace static_files
