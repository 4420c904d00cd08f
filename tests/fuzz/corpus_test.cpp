// What was found by fuzzing, or is worth beginning with, stays right.
#include "targets.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

namespace hawser::fuzz {
namespace {

// How many there were. Each cut short at every byte, too.
int run_all(const std::string &directory, void (*function)(std::string_view))
{
    int count = 0;
    for (const auto &each : std::filesystem::directory_iterator(directory)) {
        if (!each.is_regular_file()) continue;
        SCOPED_TRACE(each.path().string());
        std::ifstream in(each.path(), std::ios::binary);
        const std::string bytes{std::istreambuf_iterator<char>(in), {}};
        for (std::size_t n = 0; n < bytes.size(); ++n) function(std::string_view(bytes).substr(0, n));
        function(bytes);
        ++count;
    }
    return count;
}

TEST(Corpus, OfTheHttpEngineHolds) { EXPECT_GE(run_all(HAWSER_CORPUS "/http", http), 10); }
TEST(Corpus, OfFieldsHolds) { EXPECT_GE(run_all(HAWSER_CORPUS "/fields", fields), 10); }
TEST(Corpus, OfTheProxyHeaderHolds) { EXPECT_GE(run_all(HAWSER_CORPUS "/proxy", proxy), 5); }
TEST(Corpus, OfLibrariesHolds) { EXPECT_GE(run_all(HAWSER_CORPUS "/library", library), 1); }
TEST(Corpus, OfConfigurationsHolds) { EXPECT_GE(run_all(HAWSER_CORPUS "/config", config), 1); }

} // namespace
} // namespace hawser::fuzz
