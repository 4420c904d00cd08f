// Which coding a client wants (RFC 9110 § 12.5.3). Pure.
#pragma once

#include "coder.hpp"

#include <string_view>
#include <vector>

namespace coding {

// `accept`: the value of Accept-Encoding; `ours`: the preferred one first, which decides between those that the client
// likes as much. Identity: none of them.
Coding choose(std::string_view accept, const std::vector<Coding> &ours);

} // namespace coding
