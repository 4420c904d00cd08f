// hawser/error.hpp: exceptions of a plugin's author, and the guard that lets none of them leave the plugin.
#pragma once

#include "hawser/abi.h"

#if (defined(_MSVC_LANG) ? _MSVC_LANG : __cplusplus) < 202002L
#error "the C++ layer of Hawser needs C++20: -std=c++20; abi.h and http.h alone do with C++11"
#endif

#include <cstring>
#include <exception>
#include <stdexcept>
#include <string>
#include <string_view>

namespace hawser {

inline std::string_view view(hawser_str text) { return {text.p, text.n}; }
inline hawser_str str(std::string_view text) { return {text.data(), text.size()}; }

// Refuses what is being created or started. With an option the operator sees its line in the configuration.
class Error : public std::runtime_error {
public:
    explicit Error(const std::string &text)
        : std::runtime_error(text)
    {}
    Error(std::string option, const std::string &text)
        : std::runtime_error(text)
        , option_(std::move(option))
    {}
    const std::string &option() const { return option_; }

private:
    std::string option_;
};

namespace detail {

// What does not fit is cut, never inside a character of UTF-8.
template<std::size_t N>
void copy_text(char (&to)[N], std::string_view from)
{
    std::size_t n = from.size() < N - 1 ? from.size() : N - 1;
    if (n < from.size())
        while (n > 0 && (static_cast<unsigned char>(from[n]) & 0xc0) == 0x80) --n;
    if (n > 0) std::memcpy(to, from.data(), n);
    to[n] = '\0';
}

inline void fill(hawser_error *error, std::string_view option, std::string_view text)
{
    if (error == nullptr || error->struct_size < sizeof(hawser_error)) return;
    error->code = HAWSER_FAILED;
    copy_text(error->option, option);
    copy_text(error->text, text);
}

// Runs f; what it throws goes to `error`. `failed` is the result then.
template<typename Result, typename F>
Result guarded(hawser_error *error, Result failed, F &&f) noexcept
{
    try {
        return f();
    } catch (const Error &thrown) {
        fill(error, thrown.option(), thrown.what());
    } catch (const std::exception &thrown) {
        fill(error, {}, thrown.what());
    } catch (...) {
        fill(error, {}, "an exception that is no std::exception");
    }
    return failed;
}

// Runs f; on_error(text) says what it threw.
template<typename F, typename OnError>
void guarded_call(F &&f, OnError &&on_error) noexcept
{
    try {
        f();
        return;
    } catch (const std::exception &thrown) {
        on_error(std::string_view(thrown.what()));
    } catch (...) {
        on_error(std::string_view("an exception that is no std::exception"));
    }
}

} // namespace detail
} // namespace hawser
