// The parts of a request's target (RFC 9112 § 3.2), its path without dot segments. Pure.
#pragma once

#include "parser.hpp"

#include <string_view>

namespace http_engine {

struct Target {
    std::string_view authority, path, query; // authority: absolute-form and authority-form only
};

// False: malformed, answer 400. `scratch` (as long as the target) holds the path where dot segments had to be removed;
// else `target` refers to the head's bytes. Percent-encoding stays as it is, but never stands for NUL.
bool split_target(const Head &head, char *scratch, Target &target);

} // namespace http_engine
