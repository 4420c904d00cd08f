#include "plugin/note.hpp"

#include <gtest/gtest.h>

#include <elf.h>

#include <cstring>
#include <fstream>

namespace hawser::host {
namespace {

std::string plugin_file()
{
    std::ifstream in(HAWSER_PLUGIN, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

std::string why(const std::string &image)
{
    const auto read = read_manifest_note(image);
    return read ? "good" : read.error().text;
}

TEST(Note, GivesTheManifestThatWasEmbedded)
{
    const auto text = read_manifest_note(plugin_file());
    ASSERT_TRUE(text.ok()) << text.error().text;
    std::ifstream in(HAWSER_MANIFEST_FILE, std::ios::binary);
    EXPECT_EQ(*text, std::string(std::istreambuf_iterator<char>(in), {}));
}

TEST(Note, SaysWhatIsWrongWithAFile)
{
    std::string file = plugin_file();
    EXPECT_NE(why("").find("empty file"), std::string::npos);
    EXPECT_NE(why("#!/bin/sh\n").find("not ELF"), std::string::npos);
    EXPECT_NE(why(file.substr(0, 30)).find("truncated"), std::string::npos);
    EXPECT_NE(why(file.substr(0, 100)).find("truncated"), std::string::npos);
    std::string other = file;
    other[EI_CLASS] = ELFCLASS32;
    EXPECT_NE(why(other).find("another machine"), std::string::npos);
    other = file;
    other[16] = ET_EXEC;
    EXPECT_NE(why(other).find("another kind of ELF file"), std::string::npos);
    other = file;
    for (std::size_t at = 0; (at = other.find("Hawser\0", at, 7)) != std::string::npos; ++at) other[at] = 'X';
    EXPECT_NE(why(other).find("no manifest"), std::string::npos);
}

TEST(Note, RefusesEveryTruncation)
{
    const std::string file = plugin_file();
    for (std::size_t n = 0; n < file.size(); n += n < 4096 ? 7 : 4096) {
        const std::string text = why(file.substr(0, n));
        EXPECT_TRUE(text == "good" || !text.empty()) << n;
        if (n < 1000) EXPECT_NE(text, "good") << n;
    }
}

TEST(Note, SurvivesTenThousandMutants)
{
    const std::string file = plugin_file().substr(0, 8192); // headers and notes
    std::uint32_t seed = 99;
    const auto next = [&seed] { return seed = seed * 1664525 + 1013904223; };
    for (int i = 0; i < 10000; ++i) {
        std::string mutant = file;
        for (int k = 0; k < 8; ++k)
            mutant[(next() >> 8) % (i % 2 == 0 ? 1024 : mutant.size())] = static_cast<char>(next() >> 13);
        EXPECT_FALSE(why(mutant).empty());
    }
}

} // namespace
} // namespace hawser::host
