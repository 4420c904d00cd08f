// Tests: tests/system/cli_test.cpp
#include "app/command.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cstdlib>
#include <iostream>

namespace {

// A descriptor 0, 1 or 2 that is closed would be the next that is opened, and what is printed would go into it.
void open_missing_streams()
{
    for (int fd = ::open("/dev/null", O_RDWR); fd >= 0; fd = ::open("/dev/null", O_RDWR)) {
        if (fd <= STDERR_FILENO) continue;
        ::close(fd);
        return;
    }
}

} // namespace

int main(int argc, char **argv)
{
    using namespace hawser::host;
    open_missing_streams();
    const Surroundings around{std::cout, std::cerr,
                              [](const std::string &name) -> std::optional<std::string> {
                                  const char *value = std::getenv(name.c_str());
                                  if (value == nullptr) return std::nullopt;
                                  return value;
                              },
                              ::isatty(STDOUT_FILENO) != 0};
    try {
        const int status = static_cast<int>(run_program({argv + 1, argv + argc}, around));
        std::cout.flush();
        return status;
    } catch (const std::exception &error) {
        std::cerr << "hawser: internal error: " << error.what() << '\n';
        return static_cast<int>(Status::PluginFailed);
    }
}
