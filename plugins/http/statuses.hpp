// The reason phrases of the registered statuses (RFC 9110 § 15 and the registry).
#pragma once

#include <cstdint>
#include <string_view>

namespace http_engine {

std::string_view reason_phrase(std::uint32_t status); // "Status" for one that is not registered

} // namespace http_engine
