// The result of what may fail in the expected way: a value, or an Error with the exit status it would end the host with
// and a text for people. Exceptions of libraries are caught in the folder that calls the library.
#pragma once

#include "base/exit_status.hpp"

#include <string>
#include <utility>
#include <variant>

namespace hawser::host {

// The analyzer loses track of a std::variant that is moved. NOLINTNEXTLINE(clang-analyzer-core.uninitialized.Assign)
struct Error {
    Status status = Status::PluginFailed;
    std::string text; // "where: what was expected, got what; what to do": lower case, no full stop
};

// The Error of a failed system call: "<what>: <strerror(code)>". EACCES and EPERM are NotPermitted, all else System.
Error system_error(std::string what, int code);

template<typename T>
class [[nodiscard]] Result {
public:
    Result(T from)
        : state_(std::in_place_index<0>, std::move(from))
    {}
    Result(Error from)
        : state_(std::in_place_index<1>, std::move(from))
    {}

    bool ok() const { return state_.index() == 0; }
    explicit operator bool() const { return ok(); }

    // REQUIRES: ok().
    T &value() & { return std::get<0>(state_); }
    const T &value() const & { return std::get<0>(state_); }
    T &&value() && { return std::get<0>(std::move(state_)); }
    T &operator*() & { return value(); }
    const T &operator*() const & { return value(); }
    T &&operator*() && { return std::move(*this).value(); }
    T *operator->() { return &value(); }
    const T *operator->() const { return &value(); }

    // REQUIRES: !ok().
    Error &error() { return std::get<1>(state_); }
    const Error &error() const { return std::get<1>(state_); }

private:
    std::variant<T, Error> state_;
};

template<>
class [[nodiscard]] Result<void> {
public:
    Result() = default;
    Result(Error from)
        : error_(std::move(from))
        , ok_(false)
    {}

    bool ok() const { return ok_; }
    explicit operator bool() const { return ok_; }
    Error &error() { return error_; }
    const Error &error() const { return error_; }

private:
    Error error_;
    bool ok_ = true;
};

} // namespace hawser::host
