// The parts of a request's target (RFC 9112 § 3.2), its path in its one spelling. Pure.
#pragma once

#include "parser.hpp"

#include <string_view>

namespace http_engine {

struct Target {
    std::string_view authority, path, query; // authority: absolute-form and authority-form only
};

// False: malformed, answer 400. `scratch` (three times as long as the target) holds the path where the client's was not
// spelled as in path.hpp; else `target` refers to the head's bytes.
bool split_target(const Head &head, char *scratch, Target &target);

} // namespace http_engine
