// hawser/adapters/boost_json.hpp: JSON of requests and answers by Boost.JSON, for plugins that link it. The one header
// of this library that needs more than the standard library; include it where you want it.
#pragma once

#include "hawser/http_problem.hpp"

#include <boost/json/serialize.hpp>
#include <boost/json/stream_parser.hpp>
#include <boost/json/value.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace hawser::http {

// The body `text` of a request as JSON. Throws Problem 415 if the request says that it is something else, 400 with the
// place of what is wrong.
inline boost::json::value json_of(const Request &request, std::string_view text)
{
    std::string_view type = request.field("content-type");
    type = type.substr(0, type.find(';'));
    if (type != "application/json" && !type.ends_with("+json"))
        throw Problem(415, "expected application/json, got \"" + std::string(type) + '"');
    boost::json::stream_parser parser({}, {.max_depth = 32});
    boost::json::error_code error;
    const std::size_t used = parser.write_some(text.data(), text.size(), error);
    if (!error && used < text.size() && text.find_first_not_of(" \t\r\n", used) != std::string_view::npos)
        error = boost::json::error::extra_data;
    if (!error) parser.finish(error);
    if (error) throw Problem(400, "the body is no JSON: " + error.message() + " at byte " + std::to_string(used));
    return parser.release();
}

inline Response json_response(const boost::json::value &value, std::uint32_t status = 200)
{
    return {status, "application/json", boost::json::serialize(value) + "\n", {}};
}

} // namespace hawser::http
