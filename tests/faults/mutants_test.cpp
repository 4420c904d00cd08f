// 10,000 seeded mutants of a real plugin's file through the reader of notes and the catalogue.
#include "setup.hpp"

#include "plugin/catalogue.hpp"

#include <gtest/gtest.h>

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

namespace hawser::test {
namespace {

constexpr int kMutants = 10'000;

// Numbers that depend on nothing but their seed.
class Numbers {
public:
    std::size_t below(std::size_t n)
    {
        state_ = state_ * 6364136223846793005U + 1442695040888963407U;
        return static_cast<std::size_t>(state_ >> 33) % n;
    }

private:
    std::uint64_t state_ = 20'011;
};

TEST(Mutants, AreUsableOrRefusedWithAReason)
{
    std::ifstream in(fault_library(), std::ios::binary);
    const std::string image(std::istreambuf_iterator<char>(in), {});
    const std::size_t note = image.find(std::string("Hawser\0", 7)) - 12;
    const TempDir directory;
    const std::string path = directory / "mutant.so";
    std::filesystem::copy_file(fault_library(), path);
    const int fd = ::open(path.c_str(), O_WRONLY | O_CLOEXEC);
    ASSERT_GE(fd, 0);
    Numbers numbers;
    int usable = 0;
    for (int i = 0; i < kMutants; ++i) {
        // Densely in the headers and the note, then anywhere.
        const std::size_t begin = i % 3 == 1 ? note : 0;
        const std::size_t room = i % 3 == 2 ? image.size() : i % 3 == 1 ? 1024 : 64 + 12 * 56;
        std::vector<std::size_t> places(1 + numbers.below(8));
        for (std::size_t &place : places) {
            place = begin + numbers.below(std::min(room, image.size() - begin));
            const char spoiled = static_cast<char>(image[place] ^ 1 << numbers.below(8));
            ASSERT_EQ(::pwrite(fd, &spoiled, 1, static_cast<off_t>(place)), 1);
        }
        const host::FoundPlugin found = host::inspect_plugin(path);
        if (found.refused.empty()) {
            ++usable;
            EXPECT_TRUE(found.manifest && !found.manifest->name.empty()) << i;
        }
        for (const std::size_t place : places) ASSERT_EQ(::pwrite(fd, &image[place], 1, static_cast<off_t>(place)), 1);
    }
    ::close(fd);
    EXPECT_GT(usable, kMutants / 20) << "most of the bytes are not the reader's";
    EXPECT_LT(usable, kMutants - kMutants / 5);
    EXPECT_EQ(host::inspect_plugin(path).refused, "");
}

} // namespace
} // namespace hawser::test
