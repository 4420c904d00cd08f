// The layout, the constants and the signatures of the boundary are those of abi.lock. A plugin built today loads for as
// long as the major version lives, so a line of the lock changes never; a new minor version adds lines.
//
// After adding a member or a constant: add its row below, run abi_test, and put the text that it prints into abi.lock.
#include "declarations.hpp"
#include "layout_rows.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

namespace hawser::test {
namespace {

std::string read(const std::string &path)
{
    std::ifstream file(path);
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
}

// "NAME value" for each object-like macro of a header, but for the guards and what depends on the compiler.
std::string constants(const std::string &header)
{
    std::string text = header;
    for (std::size_t at = 0; (at = text.find("\\\n", at)) != std::string::npos;) text.erase(at, 2);
    std::istringstream lines(text);
    std::string list;
    for (std::string line; std::getline(lines, line);) {
        std::istringstream words(line);
        std::string define, name, value;
        words >> define >> name >> value;
        const bool plain = define == "#define" && !value.empty() && name.find('(') == std::string::npos;
        if (plain && (std::isdigit(static_cast<unsigned char>(value[0])) || value[0] == '(' || value[0] == '"'))
            list += name + ' ' + value + '\n';
    }
    return list;
}

std::string layout()
{
    std::ostringstream out;
    for (const Row &row : kRows) {
        if (*row.member == '\0')
            out << row.structure << ' ' << row.size << '\n';
        else
            out << row.structure << '.' << row.member << " at " << row.offset << ' ' << row.size << '\n';
    }
    return out.str();
}

std::vector<Declared> declared()
{
    std::vector<Declared> list = declarations(header("abi.h"));
    for (const char *name : {"http.h", "metrics.h", "records.h", "datagram.h", "process.h", "ready.h", "life.h"}) {
        const std::vector<Declared> more = declarations(header(name));
        list.insert(list.end(), more.begin(), more.end());
    }
    return list;
}

std::string signatures()
{
    std::string list;
    for (const Declared &member : declared())
        if (member.function) list += member.structure + ": " + member.text + '\n';
    return list;
}

TEST(Boundary, HasTheLayoutTheConstantsAndTheSignaturesOfItsLock)
{
    const std::string now =
        layout() + constants(header("abi.h")) + constants(header("http.h")) + constants(header("manifest.h")) +
        constants(header("metrics.h")) + constants(header("records.h")) + constants(header("datagram.h")) +
        constants(header("process.h")) + constants(header("ready.h")) + constants(header("life.h")) + signatures();
    EXPECT_EQ(read(HAWSER_ABI_LOCK), now) << now;
}

TEST(Boundary, HasARowForEachMemberOfEachStruct)
{
    const auto list = declared();
    const auto rows = std::count_if(kRows.begin(), kRows.end(), [](const Row &row) { return *row.member != '\0'; });
    EXPECT_EQ(list.size(), static_cast<std::size_t>(rows));
    for (const Declared &member : list) {
        EXPECT_TRUE(std::any_of(
            kRows.begin(), kRows.end(),
            [&](const Row &row) { return member.structure == row.structure && member.member == row.member; }))
            << member.structure << '.' << member.member;
    }
}

// Rule 7: where a function may be called is said of it or of its table.
TEST(Boundary, SaysOfEachFunctionWhereItIsCalled)
{
    std::size_t functions = 0;
    for (const Declared &member : declared()) {
        if (!member.function) continue;
        ++functions;
        bool tagged = false;
        for (const char *tag : {"[loop]", "[any-thread]", "[pool]", "[start]"})
            tagged = tagged || member.comment.find(tag) != std::string::npos;
        EXPECT_TRUE(tagged) << member.structure << '.' << member.member;
    }
    EXPECT_GT(functions, 50U);
}

} // namespace
} // namespace hawser::test
