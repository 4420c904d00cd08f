// Tests: tests/unit/bridge/guard_test.cpp
#include "bridge/guard.hpp"

#include <exception>

namespace hawser::host {

std::string thrown_text() noexcept
{
    try {
        throw;
    } catch (const std::exception &thrown) {
        return thrown.what();
    } catch (...) {
        return "an exception that is no std::exception";
    }
}

} // namespace hawser::host
