// Tests: tests/unit/base/result_test.cpp
#include "base/result.hpp"

#include <cerrno>
#include <cstring>

namespace hawser::host {

Error system_error(std::string what, int code)
{
    char buffer[128];
    // GNU strerror_r: returns the text, which need not be in the buffer.
    what += ": ";
    what += strerror_r(code, buffer, sizeof buffer);
    return {code == EACCES || code == EPERM ? Status::NotPermitted : Status::System, std::move(what)};
}

} // namespace hawser::host
