// hawser new: what it refuses, and what it writes.
#include "app/command.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

namespace hawser::host {
namespace {

namespace fs = std::filesystem;

struct Result {
    Status status;
    std::string out, err;
};

Result run_new(std::vector<std::string> words)
{
    std::ostringstream out, err;
    words.insert(words.begin(), "new");
    const Status status = run_program(words, {out, err, [](const std::string &) { return std::nullopt; }});
    return {status, out.str(), err.str()};
}

class New : public ::testing::Test {
protected:
    New()
    {
        std::string name = (fs::temp_directory_path() / "hawser-new-XXXXXX").string();
        directory_ = ::mkdtemp(name.data());
    }
    ~New() override { fs::remove_all(directory_); }
    std::string target(const std::string &name) const { return (directory_ / name).string(); }
    fs::path directory_;
};

TEST_F(New, RefusesWhatIsNoKindNoLanguageAndNoName)
{
    EXPECT_EQ(run_new({"prtocol", "x"}).err, "hawser new: expected protocol, resource or service, got \"prtocol\"; see "
                                             "\"hawser help new\"\n");
    EXPECT_NE(
        run_new({"protocol", "x", "--language", "go"}).err.find("--language: expected cpp, c or rust, got \"go\""),
        std::string::npos);
    for (const char *name : {"Upper", "9nine", "dash-ed", "../up", "", "a b"}) {
        const Result result = run_new({"protocol", name});
        EXPECT_EQ(result.status, Status::Usage) << name;
        EXPECT_NE(result.err.find("expected a name of small letters"), std::string::npos) << result.err;
    }
    EXPECT_EQ(run_new({"protocol", "test"}).status, Status::Usage);
}

TEST_F(New, TouchesNothingThatIsThere)
{
    std::ofstream(target("taken")) << "mine";
    const Result result = run_new({"protocol", "x", "--directory", target("taken")});
    EXPECT_EQ(result.status, Status::System);
    EXPECT_NE(result.err.find("is there already"), std::string::npos) << result.err;
    EXPECT_EQ(fs::file_size(target("taken")), 4U);
}

TEST_F(New, LeavesNothingWhereItCannotWrite)
{
    const Result below_file = run_new({"protocol", "x", "--directory", "/proc/version/x"});
    EXPECT_EQ(below_file.status, Status::System);
    EXPECT_NE(below_file.err.find("cannot write"), std::string::npos) << below_file.err;
}

TEST_F(New, FillsInEveryPlaceholderInEveryLanguageAndKind)
{
    for (const char *language : {"cpp", "c", "rust"}) {
        for (const char *kind : {"protocol", "resource", "service"}) {
            const std::string at = target(std::string(language) + kind);
            const Result result = run_new({kind, "demo", "--language", language, "--directory", at});
            ASSERT_EQ(result.status, Status::Ok) << result.err;
            std::size_t files = 0;
            for (const auto &entry : fs::recursive_directory_iterator(at)) {
                EXPECT_EQ(entry.path().string().find('@'), std::string::npos) << entry.path();
                if (!entry.is_regular_file()) continue;
                ++files;
                std::ifstream in(entry.path());
                std::ostringstream text;
                text << in.rdbuf();
                EXPECT_EQ(text.str().find('@'), std::string::npos) << entry.path() << text.str();
            }
            EXPECT_GE(files, 6U);
            EXPECT_TRUE(fs::exists(fs::path(at) / ".gitignore"));
        }
    }
}

} // namespace
} // namespace hawser::host
