#include "declarations.hpp"

#include <fstream>
#include <regex>
#include <sstream>

namespace hawser::test {
namespace {

struct Text {
    std::string code, comment;
};

// Takes the comments out of `text` and puts one space for each stretch of blanks.
Text split(const std::string &text)
{
    Text parts;
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t open = std::min(text.find("/*", at), text.size());
        const std::size_t close = std::min(text.find("*/", open), text.size());
        parts.code += text.substr(at, open - at);
        parts.comment += text.substr(open, close - open);
        at = close + 2;
    }
    static const std::regex kBlanks("\\s+"), kEnds("^ | $");
    parts.code = std::regex_replace(std::regex_replace(parts.code, kBlanks, " "), kEnds, "");
    return parts;
}

// The end of a declaration that begins at `from`: its semicolon outside of comments, parentheses and braces.
std::size_t end_of(const std::string &body, std::size_t from)
{
    int depth = 0;
    for (std::size_t i = from; i < body.size(); ++i) {
        if (body.compare(i, 2, "/*") == 0) i = body.find("*/", i) + 2;
        if (body[i] == '(' || body[i] == '{') ++depth;
        if (body[i] == ')' || body[i] == '}') --depth;
        if (body[i] == ';' && depth == 0) return i;
    }
    return std::string::npos;
}

void read_members(const std::string &structure, const std::string &comment, const std::string &body,
                  std::vector<Declared> &list)
{
    static const std::regex kFunction("\\(HAWSER_CALL \\*(\\w+)\\)"), kMember("(\\w+)(\\[\\d+\\])?$");
    std::size_t from = 0, end = 0;
    for (; (end = end_of(body, from)) != std::string::npos; from = end + 1) {
        // What follows on the same line is said of this member.
        const std::size_t line = std::min(body.find('\n', end), body.size());
        const Text text = split(body.substr(from, end - from));
        Declared member{structure, {}, text.code, text.comment + split(body.substr(end, line - end)).comment + comment};
        std::smatch found;
        member.function = std::regex_search(text.code, found, kFunction);
        if (!member.function && !std::regex_search(text.code, found, kMember)) continue;
        member.member = found[1];
        list.push_back(std::move(member));
    }
}

} // namespace

std::string header(const std::string &name)
{
    std::ifstream file(std::string(HAWSER_SOURCE) + "/sdk/include/hawser/" + name);
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
}

std::vector<Declared> declarations(const std::string &header)
{
    static const std::regex kStruct("\n(typedef )?struct (\\w+) \\{\n");
    std::vector<Declared> list;
    for (auto it = std::sregex_iterator(header.begin(), header.end(), kStruct); it != std::sregex_iterator(); ++it) {
        const auto begin = static_cast<std::size_t>(it->position() + it->length());
        const std::string body = header.substr(begin, header.find("\n}", begin) + 1 - begin);
        // The comment that ends where the struct begins.
        const auto at = static_cast<std::size_t>(it->position());
        const bool said = at >= 2 && header.compare(at - 2, 2, "*/") == 0;
        const std::string comment = said ? header.substr(header.rfind("/*", at), at - header.rfind("/*", at)) : "";
        read_members((*it)[2], comment, body, list);
    }
    return list;
}

} // namespace hawser::test
