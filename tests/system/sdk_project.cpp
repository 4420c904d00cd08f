#include "sdk_project.hpp"

#include <fstream>
#include <sstream>

namespace hawser::test {

std::string read(const std::string &path)
{
    std::ifstream file(path);
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
}

std::string build(const TempDir &directory, const std::string &source, const std::string &c, const std::string &cxx)
{
    const std::string sdk = directory / "sdk", tree = directory / "build";
    const std::vector<std::vector<std::string>> steps{
        {"cmake", "--install", HAWSER_BUILD, "--component", "sdk", "--prefix", sdk},
        {"cmake", "-S", source, "-B", tree, "-G", "Ninja", "-DCMAKE_PREFIX_PATH=" + sdk, "-DCMAKE_C_COMPILER=" + c,
         "-DCMAKE_CXX_COMPILER=" + cxx, "-DCMAKE_CXX_FLAGS=-Wall -Wextra -Wpedantic -Werror"},
        {"cmake", "--build", tree},
    };
    for (const auto &step : steps) {
        const Ended ended = run(step);
        if (ended.status != 0) return step[1] + ": " + ended.out + ended.err;
    }
    return {};
}

std::string block(const std::string &markdown, const std::string &language, std::size_t n)
{
    const std::string open = "\n```" + language + "\n";
    std::size_t at = 0;
    for (;; --n) {
        at = markdown.find(open, at);
        if (at == std::string::npos) return {};
        at += open.size();
        if (n == 0) return markdown.substr(at, markdown.find("```", at) - at);
    }
}

std::vector<std::string> languages(const std::string &markdown)
{
    std::vector<std::string> list;
    std::istringstream lines(markdown);
    bool inside = false;
    for (std::string line; std::getline(lines, line);) {
        if (!line.starts_with("```")) continue;
        inside = !inside;
        if (inside) list.push_back(line.substr(3));
    }
    return list;
}

} // namespace hawser::test
