#include "plugin/store.hpp"

#include "plugin/catalogue.hpp"

#include <gtest/gtest.h>

#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

namespace hawser::host {
namespace {

namespace fs = std::filesystem;

std::string content(const std::string &path)
{
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

std::string temporary_directory()
{
    char name[] = "/tmp/hawser-store-XXXXXX";
    return ::mkdtemp(name);
}

class Store : public ::testing::Test {
protected:
    Store()
    {
        fs::copy_file(HAWSER_PLUGIN, plugin_);
        manifest_ = inspect_plugin(plugin_).manifest_text;
        const auto opened = store_.open();
        EXPECT_TRUE(opened) << opened.error().text;
    }
    ~Store() override { fs::remove_all(root_); }

    StoredPlugin take(PluginStore &store)
    {
        auto stored = store.take(plugin_, "1.0.0", manifest_);
        EXPECT_TRUE(stored) << stored.error().text;
        return stored ? *stored : StoredPlugin();
    }
    // A byte of the code, not of the manifest, in a file that takes the old one's place.
    void change() const
    {
        std::string bytes = content(plugin_);
        bytes[bytes.size() / 2] = static_cast<char>(bytes[bytes.size() / 2] ^ 1);
        fs::remove(plugin_);
        std::ofstream(plugin_, std::ios::binary) << bytes;
    }
    std::size_t copies() const
    {
        const fs::directory_iterator all(root_ + "/state/plugins");
        return static_cast<std::size_t>(std::distance(begin(all), end(all)));
    }

    const std::string root_ = temporary_directory(), plugin_ = root_ + "/echo.so";
    std::string manifest_;
    PluginStore store_{root_ + "/state"};
};

TEST_F(Store, HasACopyNamedByItsContentThatNobodyCanWrite)
{
    const StoredPlugin stored = take(store_);
    EXPECT_EQ(stored.path, root_ + "/state/plugins/echo-1.0.0-" + stored.hash.substr(0, 16) + ".so");
    EXPECT_TRUE(content(stored.path) == content(plugin_));
    struct stat status {};
    ASSERT_EQ(::stat(stored.path.c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777, 0555U);
}

TEST_F(Store, HasOneCopyOfOneContent)
{
    const StoredPlugin first = take(store_);
    PluginStore other(root_ + "/state");
    EXPECT_EQ(take(other).path, first.path);
    EXPECT_EQ(take(store_).path, first.path);
    EXPECT_EQ(copies(), 1U);
}

TEST_F(Store, HasAnotherCopyOfAnotherContent)
{
    const StoredPlugin first = take(store_);
    change();
    const StoredPlugin second = take(store_);
    EXPECT_NE(second.hash, first.hash);
    EXPECT_EQ(copies(), 2U);
}

TEST_F(Store, RefusesAFileWhoseManifestIsNotTheOneThatWasRead)
{
    const auto stored = store_.take(plugin_, "1.0.0", "name = \"other\"\n");
    ASSERT_FALSE(stored);
    EXPECT_EQ(stored.error().text, plugin_ + ": it has changed while it was read; try again");
}

TEST_F(Store, ReplacesACopyThatWasCutOff)
{
    const StoredPlugin first = take(store_);
    store_.keep_only({first.hash});
    PluginStore later(root_ + "/state");
    fs::permissions(first.path, fs::perms::owner_write, fs::perm_options::add);
    fs::resize_file(first.path, 1000);
    fs::permissions(first.path, fs::perms::owner_write, fs::perm_options::remove);
    EXPECT_TRUE(content(take(later).path) == content(plugin_));
}

TEST_F(Store, RemovesWhatNoHostKeepsAnyMore)
{
    const StoredPlugin first = take(store_);
    {
        PluginStore other(root_ + "/state");
        take(other);
        change();
        const StoredPlugin second = take(store_);
        store_.keep_only({second.hash});
        EXPECT_EQ(copies(), 2U) << "the other host keeps the first";
    }
    store_.keep_only({});
    EXPECT_EQ(copies(), 0U);
    EXPECT_FALSE(fs::exists(first.path));
}

TEST_F(Store, LeavesOutWhatIsBehindTheLastByteOfTheLibrary)
{
    const std::uintmax_t size = fs::file_size(plugin_);
    fs::resize_file(plugin_, size + (std::uintmax_t{1} << 31));
    EXPECT_LE(fs::file_size(take(store_).path), size);
}

TEST_F(Store, IsReadableForAllWhateverTheMaskIs)
{
    const mode_t before = ::umask(077);
    PluginStore other(root_ + "/other");
    EXPECT_TRUE(other.open());
    ::umask(before);
    for (const char *directory : {"/other", "/other/plugins"}) {
        struct stat status {};
        ASSERT_EQ(::stat((root_ + directory).c_str(), &status), 0);
        EXPECT_EQ(status.st_mode & 0777, 0755U);
    }
}

TEST_F(Store, IsNotWhereOthersCanWrite)
{
    fs::permissions(root_ + "/state/plugins", fs::perms::group_write, fs::perm_options::add);
    PluginStore other(root_ + "/state");
    const auto opened = other.open();
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().status, Status::NotPermitted);
}

} // namespace
} // namespace hawser::host
