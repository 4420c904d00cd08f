// Tests: tests/system/cli_test.cpp
#include "app/command.hpp"

#include <unistd.h>

#include <cstdlib>
#include <iostream>

int main(int argc, char **argv)
{
    using namespace hawser::host;
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
