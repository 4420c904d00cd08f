// Reads the declarations of options from a manifest.
#pragma once

#include "config/document.hpp"
#include "config/manifest.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace hawser::host {

bool is_plain_name(std::string_view text); // "static", "my_plugin-2"
std::vector<std::string> names_of(const std::vector<OptionSpec> &specs);
std::vector<std::string> reserved_keys(const std::string &word); // the host's own beside the options of a kind

// Typed access to a manifest's tables; what is wrong becomes a problem, and an empty value stands in.
struct SpecReader {
    explicit SpecReader(Problems &to)
        : problems(to)
    {}
    Problems &problems;
    bool of_host = false; // the words of the host's own keys are known too

    void wrong(const Item &item, const std::string &path, const std::string &expected);
    bool is_table(const Item &item, const std::string &path);
    std::string text(const Item &item, const std::string &path);
    bool boolean(const Item &item, const std::string &path);
    std::vector<std::string> texts(const Item &item, const std::string &path);
    std::string interface_id(const Item &item, const std::string &path); // "org.x.sql/1"
    void known(const Item &table, const std::string &path, const std::vector<std::string> &keys);
};

// A table of options by name.
std::vector<OptionSpec> read_option_specs(const Item &table, const std::string &path,
                                          const std::vector<std::string> &reserved, SpecReader &in);

} // namespace hawser::host
