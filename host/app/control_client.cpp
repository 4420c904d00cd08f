// Tests: tests/system/supervision_test.cpp
#include "app/control_client.hpp"

#include "app/commands.hpp"
#include "base/fd.hpp"
#include "supervisor/control_path.hpp"

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>

namespace hawser::host {

std::string control_socket(const Arguments &arguments, const Surroundings &around)
{
    if (arguments.has("control")) return arguments.value("control");
    const std::string path = config_path(arguments);
    if (path.empty()) return default_control_path("");
    LoadRequest request = load_request(path, arguments, around);
    request.find_plugins = {};
    const Loaded loaded = load_config(request);
    if (!loaded.control.empty()) return loaded.control;
    std::error_code error;
    return default_control_path(std::filesystem::absolute(path, error).lexically_normal().string());
}

namespace {

// Connected, with the request on its way; else `status` says why not.
Fd begin(const std::string &socket, const std::string &request, Status &status)
{
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    status = Status::NotRunning;
    if (socket.size() >= sizeof address.sun_path) return {};
    std::copy(socket.begin(), socket.end(), address.sun_path);
    Fd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    if (!fd || ::connect(fd.get(), reinterpret_cast<const sockaddr *>(&address), sizeof address) != 0) {
        if (errno == EACCES || errno == EPERM) status = Status::NotPermitted;
        return {};
    }
    const std::string line = request + '\n';
    if (::send(fd.get(), line.data(), line.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(line.size())) return {};
    status = Status::Ok;
    return fd;
}

} // namespace

Status follow_host(const std::string &socket, const std::string &request,
                   const std::function<bool(const std::string &)> &line)
{
    Status status = Status::Ok;
    const Fd fd = begin(socket, request, status);
    if (!fd) return status;
    std::string input;
    status = Status::NotRunning;
    char buffer[16384];
    for (;;) {
        const ssize_t n = ::recv(fd.get(), buffer, sizeof buffer, 0);
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) return status;
        input.append(buffer, static_cast<std::size_t>(n));
        for (std::size_t end = 0; (end = input.find('\n')) != std::string::npos; input.erase(0, end + 1)) {
            status = Status::Ok;
            if (!line(input.substr(0, end))) return status;
        }
    }
}

Asked ask_host(const std::string &socket, const std::string &request, int timeout_ms)
{
    Status status = Status::Ok;
    const Fd fd = begin(socket, request, status);
    if (!fd) return {status, {}};
    std::string reply;
    char buffer[16384];
    for (;;) {
        pollfd readable{fd.get(), POLLIN, 0};
        if (::poll(&readable, 1, timeout_ms) <= 0) return {Status::NotRunning, {}};
        const ssize_t n = ::recv(fd.get(), buffer, sizeof buffer, 0);
        if (n <= 0) return {Status::NotRunning, {}};
        reply.append(buffer, static_cast<std::size_t>(n));
        const std::size_t end = reply.find('\n');
        if (end != std::string::npos) return {Status::Ok, reply.substr(0, end)};
    }
}

} // namespace hawser::host
