// Tests: tests/system/container_test.cpp
#include "supervisor/orphans.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <system_error>
#include <vector>

namespace hawser::host {
namespace {

// Of every thread: whoever ends leaves its children to any of them.
std::vector<int> children()
{
    std::vector<int> all;
    std::error_code error;
    for (std::filesystem::directory_iterator each("/proc/self/task", error), end; !error && each != end;
         each.increment(error)) {
        std::ifstream in(each->path() / "children");
        for (int pid = 0; in >> pid;) all.push_back(pid);
    }
    return all;
}

} // namespace

void reap_orphans(const std::set<int> &own)
{
    for (const int child : children()) {
        if (own.count(child) == 0) ::waitpid(child, nullptr, WNOHANG);
    }
}

} // namespace hawser::host
