#include "plugin/decision.hpp"

#include "plugin/catalogue.hpp"
#include "plugin/dynamic.hpp"

#include <gtest/gtest.h>

#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

namespace hawser::host {
namespace {

namespace fs = std::filesystem;

std::string contents(const std::string &path)
{
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

class DecisionTest : public ::testing::Test {
protected:
    void SetUp() override
    {
        char name[] = "/tmp/hawser-decision-XXXXXX";
        ASSERT_NE(::mkdtemp(name), nullptr);
        directory_ = name;
    }
    void TearDown() override { fs::remove_all(directory_); }
    std::string path(const std::string &name) const { return directory_ + '/' + name; }
    std::string write(const std::string &name, const std::string &bytes) const
    {
        std::ofstream(path(name), std::ios::binary) << bytes;
        return path(name);
    }
    Decision decide(const std::string &file) const { return decide_plugin(file, {directory_}); }
    // The step of this name, or one that fails the test.
    static Step step(const Decision &decision, const std::string &name)
    {
        for (const Step &each : decision.steps) {
            if (each.name == name) return each;
        }
        ADD_FAILURE() << "no step " << name;
        return {};
    }
    std::string directory_;
};

TEST_F(DecisionTest, PassesEveryStepOfAGoodPlugin)
{
    fs::copy_file(HAWSER_PLUGIN, path("echo.so"));
    const Decision decision = decide(path("echo.so"));
    EXPECT_TRUE(decision.usable);
    EXPECT_TRUE(decision.exists);
    for (const Step &each : decision.steps) {
        if (each.name == "undefined symbols") continue; // a sanitizer's are those of the program
        EXPECT_EQ(each.state, Step::State::Passed) << each.name << ": " << each.text;
    }
    EXPECT_EQ(step(decision, "exports").text, "hawser_plugin_v1 alone");
}

TEST_F(DecisionTest, RefusesWhateverTheCatalogueRefuses)
{
    const std::string good = contents(HAWSER_PLUGIN);
    write("empty.so", "");
    write("text.so", "#!/bin/sh\n");
    write("cut.so", good.substr(0, 3000));
    write("loose.so", good);
    ::chmod(path("loose.so").c_str(), 0777);
    fs::create_directory(path("folder.so"));
    fs::create_symlink(HAWSER_PLUGIN, path("link.so"));
    for (const FoundPlugin &found : find_plugins({directory_})) {
        EXPECT_NE(found.refused, "") << found.path;
        const Decision decision = decide(found.path);
        EXPECT_FALSE(decision.usable) << found.path;
        const bool said = std::any_of(decision.steps.begin(), decision.steps.end(), [&found](const Step &each) {
            return each.state == Step::State::Failed && !each.text.empty() && found.refused.starts_with(each.text);
        });
        EXPECT_TRUE(said) << found.path << ": " << found.refused;
    }
}

TEST_F(DecisionTest, SaysThatAFileDoesNotExist)
{
    EXPECT_FALSE(decide(path("none.so")).exists);
    EXPECT_TRUE(decide(write("some.so", "x")).exists);
}

TEST_F(DecisionTest, ShowsEveryProblemOfAManifestWithItsLine)
{
    std::string bytes = contents(HAWSER_PLUGIN);
    const std::size_t role = bytes.find("role = \"hawser"), abi = bytes.find("\"1.0\"\nsummary");
    ASSERT_NE(role, std::string::npos);
    ASSERT_NE(abi, std::string::npos);
    bytes.replace(role, 4, "rule");
    bytes[abi + 1] = 'x';
    const Step manifest = step(decide(write("a.so", bytes)), "manifest");
    EXPECT_EQ(manifest.state, Step::State::Failed);
    EXPECT_NE(manifest.text.find("plugin.toml:3:"), std::string::npos) << manifest.text;
    EXPECT_NE(manifest.text.find("unknown key \"rule\""), std::string::npos) << manifest.text;
}

TEST_F(DecisionTest, NamesTheOtherPluginOfTheSameName)
{
    fs::copy_file(HAWSER_PLUGIN, path("a.so"));
    fs::copy_file(HAWSER_PLUGIN, path("b.so"));
    const Step duplicates = step(decide(path("a.so")), "duplicates");
    EXPECT_EQ(duplicates.state, Step::State::Failed);
    EXPECT_NE(duplicates.text.find(path("b.so")), std::string::npos) << duplicates.text;
}

TEST_F(DecisionTest, FailsAtEachDirectoryThatOthersMayWriteTo)
{
    fs::create_directories(path("open/inner"));
    fs::copy_file(HAWSER_PLUGIN, path("open/inner/a.so"));
    for (const char *name : {"open", "open/inner"}) ::chmod(path(name).c_str(), 0777);
    const Decision decision = decide(path("open/inner/a.so"));
    for (const char *name : {"open", "open/inner"}) {
        EXPECT_EQ(step(decision, "directory " + path(name)).state, Step::State::Failed);
        EXPECT_NE(step(decision, "directory " + path(name)).fix, "");
    }
}

TEST_F(DecisionTest, WarnsWhereNobodyWouldFindThePlugin)
{
    fs::copy_file(HAWSER_PLUGIN, path("a.so"));
    const Decision decision = decide_plugin(path("a.so"), {"/usr"});
    EXPECT_EQ(step(decision, "searched").state, Step::State::Warning);
    EXPECT_TRUE(decision.usable);
    EXPECT_EQ(step(decide(write("a.dll", contents(HAWSER_PLUGIN))), "name").state, Step::State::Failed);
}

TEST_F(DecisionTest, RefusesAnExecutableStack)
{
    std::string bytes = contents(HAWSER_PLUGIN);
    Elf64_Ehdr header;
    std::memcpy(&header, bytes.data(), sizeof header);
    for (unsigned i = 0; i < header.e_phnum; ++i) {
        const std::size_t at = header.e_phoff + i * sizeof(Elf64_Phdr);
        Elf64_Phdr segment;
        std::memcpy(&segment, bytes.data() + at, sizeof segment);
        if (segment.p_type != PT_GNU_STACK) continue;
        segment.p_flags |= PF_X;
        std::memcpy(bytes.data() + at, &segment, sizeof segment);
    }
    const std::string file = write("a.so", bytes);
    EXPECT_EQ(step(decide(file), "segments").fix, "link it with -Wl,-z,noexecstack");
    EXPECT_NE(inspect_plugin(file).refused.find("executable stack"), std::string::npos);
}

TEST_F(DecisionTest, SaysThatALibraryHasNoEntry)
{
    fs::copy_file(HAWSER_NO_PLUGIN, path("a.so"));
    const Step exports = step(decide(path("a.so")), "exports");
    EXPECT_EQ(exports.state, Step::State::Failed);
    EXPECT_EQ(exports.text, "it does not export hawser_plugin_v1");
}

TEST_F(DecisionTest, NamesWhatIsWrongWithHowALibraryWasLinked)
{
    fs::copy_file(HAWSER_ODD_PLUGIN, path("a.so"));
    const Decision decision = decide(path("a.so"));
    EXPECT_NE(step(decision, "exports").text.find("odd_extra"), std::string::npos);
    EXPECT_EQ(step(decision, "exports").state, Step::State::Warning);
    const Step undefined = step(decision, "undefined symbols");
    EXPECT_EQ(undefined.state, Step::State::Warning);
    EXPECT_NE(undefined.text.find("odd_missing"), std::string::npos) << undefined.text;
}

TEST(Dynamic, FindsWhatAPluginExportsAndNeeds)
{
    const std::string bytes = contents(HAWSER_PLUGIN);
    const Image image(bytes);
    const auto file = ElfFile::open(image);
    ASSERT_TRUE(file.ok());
    const auto dynamic = read_dynamic(*file);
    ASSERT_TRUE(dynamic.ok()) << dynamic.error().text;
    EXPECT_EQ(dynamic->exported, std::vector<std::string>{"hawser_plugin_v1"});
    EXPECT_NE(std::find(dynamic->needed.begin(), dynamic->needed.end(), "libc.so.6"), dynamic->needed.end());
    std::vector<std::string> missing;
    EXPECT_FALSE(dynamic->undefined.empty());
    if (std::string(HAWSER_SANITIZER).empty())
        EXPECT_EQ(unresolved(*dynamic, "/", missing), std::vector<std::string>());
}

// Headers, the dynamic section and the tables that it names: the front of the file and the dynamic section's place.
TEST(Dynamic, SurvivesTenThousandMutants)
{
    const std::string good = contents(HAWSER_PLUGIN);
    const Image whole(good);
    const auto file = ElfFile::open(whole);
    ASSERT_TRUE(file.ok());
    const Elf64_Phdr *section = file->segment(PT_DYNAMIC);
    ASSERT_NE(section, nullptr);
    std::uint32_t seed = 7;
    const auto next = [&seed] { return seed = seed * 1664525 + 1013904223; };
    std::string mutant = good;
    int read = 0;
    for (int i = 0; i < 10'000; ++i) {
        std::vector<std::size_t> spoiled;
        for (int k = 0; k < 4; ++k) {
            const std::size_t at = i % 2 == 0 ? section->p_offset + (next() >> 8) % section->p_filesz
                                              : 64 + (next() >> 8) % std::min<std::size_t>(4096, good.size() - 64);
            mutant[at] = static_cast<char>(next() >> 13);
            spoiled.push_back(at);
        }
        const Image image(mutant);
        if (auto elf = ElfFile::open(image); elf && elf->check_segments()) {
            const auto dynamic = read_dynamic(*elf);
            EXPECT_TRUE(dynamic || !dynamic.error().text.empty());
            read += dynamic ? 1 : 0;
        }
        for (const std::size_t at : spoiled) mutant[at] = good[at];
    }
    EXPECT_GT(read, 100) << "most mutants never came to what is tested";
}

} // namespace
} // namespace hawser::host
