#include "plugin/catalogue.hpp"
#include "plugin/library.hpp"
#include "plugin/trust.hpp"

#include <gtest/gtest.h>

#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace hawser::host {
namespace {

namespace fs = std::filesystem;

class CatalogueTest : public ::testing::Test {
protected:
    void SetUp() override
    {
        char name[] = "/tmp/hawser-catalogue-XXXXXX";
        ASSERT_NE(::mkdtemp(name), nullptr);
        directory_ = name;
    }
    void TearDown() override { fs::remove_all(directory_); }
    std::string path(const std::string &name) const { return directory_ + '/' + name; }
    void copy(const std::string &name) const { fs::copy_file(HAWSER_PLUGIN, path(name)); }
    std::string refused(const std::string &name) const { return inspect_plugin(path(name)).refused; }
    std::string directory_;
};

TEST_F(CatalogueTest, FindsGoodPluginsInOrderOfTheirNames)
{
    copy("b.so");
    std::ofstream(path("a.so")) << "x";
    std::ofstream(path("readme.txt")) << "x";
    const std::vector<FoundPlugin> all = find_plugins({directory_, "/nowhere/at/all"});
    ASSERT_EQ(all.size(), 3U);
    EXPECT_EQ(all[0].path, path("a.so"));
    EXPECT_NE(all[0].refused, "");
    EXPECT_EQ(all[1].refused, "");
    EXPECT_EQ(all[1].manifest->name, "echo");
    EXPECT_NE(all[1].version_tag, "");
    EXPECT_EQ(all[2].path, "/nowhere/at/all");
    EXPECT_NE(all[2].refused.find("cannot be read"), std::string::npos);
}

TEST_F(CatalogueTest, RefusesEachOfTwoOfOneNameNamingBoth)
{
    copy("a.so");
    copy("b.so");
    for (const FoundPlugin &found : find_plugins({directory_})) {
        EXPECT_NE(found.refused.find(path("a.so")), std::string::npos);
        EXPECT_NE(found.refused.find(path("b.so")), std::string::npos);
    }
}

TEST_F(CatalogueTest, RefusesWhatOthersCouldHaveWritten)
{
    copy("a.so");
    EXPECT_EQ(refused("a.so"), "");
    ::chmod(path("a.so").c_str(), 0775);
    EXPECT_EQ(refused("a.so"), "writable by its group or others; use chmod go-w");
    ::chmod(path("a.so").c_str(), 0755);
    ::chmod(directory_.c_str(), 0777);
    EXPECT_EQ(refused("a.so"), "its directory " + directory_ + " is writable by its group or others; use chmod go-w");
    ::chmod(directory_.c_str(), 01777);
    EXPECT_NE(refused("a.so"), "") << "a sticky bit helps only above the file's own directory";
    ::chmod(directory_.c_str(), 0755);
    if (::geteuid() == 0) {
        ASSERT_EQ(::chown(path("a.so").c_str(), 12345, 0), 0);
        EXPECT_EQ(refused("a.so"), "owned by user 12345, expected root or the running user");
    }
}

TEST_F(CatalogueTest, ChecksTheDirectoriesThatALinkLeadsThrough)
{
    fs::create_directories(path("open/plugins"));
    copy("open/plugins/a.so");
    fs::create_directory_symlink("open/../open/plugins", path("first"));
    fs::create_directory_symlink(path("first"), path("second"));
    EXPECT_EQ(refused("second/a.so"), "");
    ::chmod(path("open").c_str(), 0777);
    EXPECT_EQ(refused("second/a.so"),
              "its directory " + path("open") + " is writable by its group or others; use chmod go-w");
    ::chmod(path("open").c_str(), 01777);
    EXPECT_EQ(refused("second/a.so"), "");
    fs::create_directory_symlink(".", path("open/self"));
    copy("open/b.so");
    EXPECT_NE(refused("open/self/b.so"), "") << "a sticky bit helps only above the file's own directory";
    fs::create_directory_symlink("loop", path("loop"));
    EXPECT_NE(refused("loop/a.so"), "");
}

TEST_F(CatalogueTest, SearchesADirectoryOnceThoughItIsNamedTwice)
{
    copy("a.so");
    fs::create_directory_symlink(directory_, path("link"));
    const std::vector<FoundPlugin> all = find_plugins({directory_, directory_ + "/.", path("link")});
    ASSERT_EQ(all.size(), 1U);
    EXPECT_EQ(all[0].refused, "");
}

TEST_F(CatalogueTest, RefusesWhatIsNoRegularFileWithoutWaitingForIt)
{
    fs::create_directory(path("d.so"));
    ASSERT_EQ(::mkfifo(path("f.so").c_str(), 0600), 0);
    fs::create_symlink(HAWSER_PLUGIN, path("l.so"));
    EXPECT_EQ(refused("d.so"), "not a regular file: a directory");
    EXPECT_EQ(refused("f.so"), "not a regular file: a FIFO");
    EXPECT_EQ(refused("l.so"), "not a regular file: a symbolic link; use the file itself");
    EXPECT_EQ(refused("none.so"), "cannot be opened: No such file or directory");
}

TEST_F(CatalogueTest, DoesNotReadToItsEndWhatIsNoLibrary)
{
    std::ofstream(path("a.so")) << "x";
    fs::resize_file(path("a.so"), std::uintmax_t{1} << 40);
    EXPECT_EQ(refused("a.so"), "expected a shared library, got a file that is not ELF");
}

TEST_F(CatalogueTest, RefusesANewerAbiAndAWrongManifestByItsLine)
{
    std::ifstream in(HAWSER_PLUGIN, std::ios::binary);
    std::string file(std::istreambuf_iterator<char>(in), {});
    const std::size_t abi = file.find("\"1.0\"\nsummary");
    ASSERT_NE(abi, std::string::npos);
    file[abi + 3] = '9';
    std::ofstream(path("a.so"), std::ios::binary) << file;
    EXPECT_EQ(
        refused("a.so"),
        "built for ABI 1.9, this host speaks 1.0 to 1.0; use a newer host, or rebuild it against this host's SDK");
    file[abi + 1] = 'x';
    std::ofstream(path("a.so"), std::ios::binary) << file;
    EXPECT_EQ(refused("a.so"), "manifest wrong at line 3: abi: expected \"MAJOR.MINOR\" like \"1.0\", got \"x.9\"");
}

TEST(Library, GivesTheEntryAndSaysWhyThereIsNone)
{
    EXPECT_TRUE(open_plugin(HAWSER_PLUGIN, "it").ok());
    EXPECT_NE(open_plugin("/nowhere.so", "it").error().text.find("cannot be loaded"), std::string::npos);
    EXPECT_NE(open_plugin(HAWSER_NO_PLUGIN, "it").error().text.find("does not export hawser_plugin_v1"),
              std::string::npos);
}

} // namespace
} // namespace hawser::host
