// Tests: tests/unit/app/completion_test.cpp
#include "app/usage_words.hpp"

#include <algorithm>

namespace hawser::host {

Complete complete_as(std::string_view placeholder)
{
    if (placeholder == "CONFIG") return Complete::Config;
    if (placeholder == "FILE" || placeholder == "SOCKET" || placeholder == "PLUGIN.so") return Complete::File;
    if (placeholder == "DIR" || placeholder == "DIRECTORY") return Complete::Directory;
    if (placeholder == "COMMAND") return Complete::Command;
    if (placeholder == "SHELL") return Complete::Shell;
    return Complete::Nothing;
}

bool is_word(std::string_view token)
{
    return std::all_of(token.begin(), token.end(), [](char c) { return (c >= 'a' && c <= 'z') || c == '-'; });
}

Alternatives alternatives(std::string_view arguments)
{
    Alternatives all(1);
    std::string token;
    const auto finish = [&] {
        if (token == "|")
            all.emplace_back();
        else if (!token.empty())
            all.back().push_back(token);
        token.clear();
    };
    for (const char c : arguments) {
        if (c == ' ')
            finish();
        else if (c != '[' && c != ']')
            token += c;
    }
    finish();
    return all;
}

Offered offered_at(const Alternatives &all, std::size_t position)
{
    Offered offered;
    for (const std::vector<std::string> &tokens : all) {
        if (position >= tokens.size()) continue;
        const std::string &token = tokens[position];
        if (is_word(token))
            offered.words.push_back(token);
        else if (complete_as(token) != Complete::Nothing)
            offered.values.push_back(complete_as(token));
    }
    return offered;
}

} // namespace hawser::host
