// Files that are cut or lie about their sizes, through the reader of notes.
#include "setup.hpp"

#include "plugin/catalogue.hpp"
#include "plugin/note.hpp"

#include <gtest/gtest.h>

#include <elf.h>

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <fstream>

namespace hawser::test {
namespace {

using host::inspect_plugin;
using host::read_manifest_note;

std::string library()
{
    std::ifstream in(fault_library(), std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

Elf64_Ehdr &header(std::string &image) { return *reinterpret_cast<Elf64_Ehdr *>(image.data()); }
Elf64_Phdr *segments(std::string &image)
{
    return reinterpret_cast<Elf64_Phdr *>(image.data() + header(image).e_phoff);
}

// Where the last segment ends: what a loader needs of the file.
std::size_t loaded_end(std::string &image)
{
    std::size_t end = 0;
    for (int i = 0; i < header(image).e_phnum; ++i) {
        const Elf64_Phdr &segment = segments(image)[i];
        if (segment.p_type == PT_LOAD) end = std::max<std::size_t>(end, segment.p_offset + segment.p_filesz);
    }
    return end;
}

std::string why(const std::string &image)
{
    const auto text = read_manifest_note(image);
    return text ? "" : text.error().text;
}

// Only sections are missing then, which nobody who loads it reads.
TEST(CutFile, IsRefusedAtEvery4KiBUnlessAllThatIsLoadedIsThere)
{
    std::string image = library();
    const std::size_t end = loaded_end(image);
    ASSERT_GT(end, 4096U);
    const TempDir directory;
    const std::string path = directory / "cut.so";
    std::filesystem::copy_file(fault_library(), path);
    for (std::size_t n = image.size() / 4096 * 4096;; n -= 4096) {
        std::filesystem::resize_file(path, n);
        const std::string refused = inspect_plugin(path).refused;
        EXPECT_EQ(refused.empty(), n >= end) << n << refused;
        if (n < end && n > 0) EXPECT_TRUE(refused.starts_with("truncated")) << n << refused;
        if (n == 0) break;
    }
}

TEST(LyingFile, IsRefusedWhateverItsHeadersSay)
{
    const auto lie = [](const auto &change) {
        std::string image = library();
        change(image);
        return why(image);
    };
    const std::uint64_t kHuge = ~std::uint64_t{0};
    EXPECT_EQ(lie([&](std::string &i) { header(i).e_phoff = kHuge; }), "truncated before its program headers");
    EXPECT_EQ(lie([&](std::string &i) { header(i).e_phoff = kHuge - 8; }), "truncated before its program headers");
    EXPECT_EQ(lie([](std::string &i) { header(i).e_phoff = i.size() - 8; }), "truncated in its program headers");
    EXPECT_EQ(lie([](std::string &i) { header(i).e_phnum = 0; }),
              "no manifest: not a plugin, or built without hawser_add_plugin()");
    EXPECT_NE(lie([](std::string &i) { header(i).e_phnum = 0xffff; }), "");
    EXPECT_EQ(lie([](std::string &i) { header(i).e_phentsize = 8; }),
              "damaged: its program headers have an unknown size");
    for (const std::uint64_t size : {kHuge, kHuge - 64, std::uint64_t{1} << 62}) {
        EXPECT_EQ(lie([&](std::string &i) { segments(i)[0].p_filesz = size; }),
                  "truncated: a segment reaches beyond the end of the file");
        EXPECT_EQ(lie([&](std::string &i) { segments(i)[0].p_offset = size; }),
                  "truncated: a segment reaches beyond the end of the file");
    }
}

TEST(LyingFile, IsRefusedWhateverItsNotesSay)
{
    const std::string image = library();
    const std::size_t name = image.find(std::string("Hawser\0", 7));
    ASSERT_NE(name, std::string::npos);
    for (const std::uint32_t size : {0xffffffffU, 0xfffffffdU, 0x7fffffffU, 1U << 20}) {
        for (const std::size_t field : {name - 12, name - 8}) { // n_namesz, n_descsz
            std::string liar = image;
            std::memcpy(liar.data() + field, &size, sizeof size);
            EXPECT_NE(why(liar), "") << size;
        }
    }
}

} // namespace
} // namespace hawser::test
