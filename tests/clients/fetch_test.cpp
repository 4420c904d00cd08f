// curl and wget.
#include "web.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <string_view>

namespace hawser::test {
namespace {

namespace fs = std::filesystem;

// Text that no piece of it stands for another.
std::string long_text(std::size_t size)
{
    std::string text;
    for (std::size_t i = 0; text.size() < size; ++i) text += std::to_string(i) + '\n';
    return text;
}

std::string files(const TempDir &directory, const std::string &more = {})
{
    return web_with("\"/\" = { resource = \"static\", root = \"" + directory.path() + "\"" + more +
                    " }\n\"POST,PUT /echo\" = { resource = \"echo\", max_body = \"64MiB\" }");
}

class Fetch : public ::testing::Test {
protected:
    TempDir directory_, away_;
};

TEST_F(Fetch, CurlUploadsOnlyAfterItWasToldTo)
{
    Host host(files(directory_));
    const std::string file = away_.write("up", long_text(20'000'000));
    const Ended curl = run({"curl", "-sv", "--expect100-timeout", "60", "-H", "Expect: 100-continue", "-T", file, "-o",
                            away_ / "down", "http://" + host.address("web") + "/echo"});
    EXPECT_EQ(curl.status, 0) << curl.err;
    EXPECT_TRUE(has(curl.err, "< HTTP/1.1 100 Continue")) << curl.err;
    EXPECT_TRUE(content(file) == content(away_ / "down"));
}

TEST_F(Fetch, CurlSendsNothingOfABodyThatIsTooLarge)
{
    Host host(web_with("\"/\" = { resource = \"echo\", max_body = \"1KiB\" }"));
    const std::string file = away_.write("up", long_text(5'000'000));
    const Ended curl = run({"curl", "-s", "--expect100-timeout", "60", "-H", "Expect: 100-continue", "-T", file, "-w",
                            "\n%{http_code} %{size_upload}", "http://" + host.address("web") + "/echo"});
    EXPECT_TRUE(curl.out.ends_with("\n413 0")) << curl.out;
}

TEST_F(Fetch, CurlReadsTheAnswerToABodyThatIsTooLargeWhileItSends)
{
    Host host(web_with("\"/\" = { resource = \"inspect\", max_body = \"1KiB\" }"));
    const std::string file = away_.write("up", long_text(5'000'000));
    const std::string url = "http://" + host.address("web") + "/echo";
    for (const char *framing : {"Expect:", "Transfer-Encoding: chunked"}) {
        const Ended curl = run({"curl", "-s", "-H", framing, "-H", "Expect:", "-T", file, "-w", "\n%{http_code}", url});
        EXPECT_TRUE(curl.out.ends_with("\n413")) << framing << curl.out << curl.status;
    }
}

TEST_F(Fetch, CurlSendsAHundredMebibytesThatTakeNoMemory)
{
    constexpr std::size_t kFlat = 8 << 20;
    constexpr bool kOwnAllocator = std::string_view(HAWSER_SANITIZER).empty(); // a sanitizer keeps what was freed
    Host host(web_with("\"/\" = { resource = \"inspect\", show = \"1KiB\", max_body = \"128MiB\" }"));
    ASSERT_TRUE(host.ready()) << host.process().err();
    const std::string url = "http://" + host.address("web") + "/", file = away_.write("up", "");
    fs::resize_file(file, 100 << 20);
    run({"curl", "-s", "-d", "warm", url});
    const int worker = host.workers().at(0);
    const std::size_t before = resident_bytes(worker);
    for (const char *framing : {"A: b", "Transfer-Encoding: chunked"}) {
        const Ended curl = run({"curl", "-s", "-H", framing, "-T", file, "-w", " %{http_code}", url});
        EXPECT_TRUE(has(curl.out, "\"length\":104857600,") && curl.out.ends_with(" 200"))
            << framing << curl.out.substr(0, 2000) << curl.err;
        if (kOwnAllocator) EXPECT_LT(resident_bytes(worker), before + kFlat) << framing;
    }
}

TEST_F(Fetch, CurlGoesOnWithADownload)
{
    Host host(files(directory_));
    const std::string whole = content(directory_.write("big", long_text(3'000'000)));
    away_.write("big", whole.substr(0, 1'234'567));
    const Ended curl = run({"curl", "-s", "-C", "-", "-o", away_ / "big", "-w", "%{http_code} %{size_download}",
                            "http://" + host.address("web") + "/big"});
    EXPECT_EQ(curl.out, "206 " + std::to_string(whole.size() - 1'234'567));
    EXPECT_TRUE(content(away_ / "big") == whole);
}

TEST_F(Fetch, CurlFetchesAHundredFilesAtOnce)
{
    for (int i = 0; i < 100; ++i) directory_.write("f" + std::to_string(i), "file " + std::to_string(i));
    Host host(files(directory_));
    const Ended curl = run({"curl", "-sZ", "--parallel-max", "50", "-w", "%{http_code}\n", "-o", away_ / "f#1",
                            "http://" + host.address("web") + "/f[0-99]"});
    EXPECT_EQ(count(curl.out, "200\n"), 100U) << curl.out << curl.err;
    for (int i = 0; i < 100; ++i) EXPECT_EQ(content(away_ / ("f" + std::to_string(i))), "file " + std::to_string(i));
}

TEST_F(Fetch, CurlAsksOnlyForWhatIsNewer)
{
    directory_.write("a.txt", "moored");
    Host host(files(directory_));
    const std::string url = "http://" + host.address("web") + "/a.txt";
    const std::string tags = away_ / "tags";
    run({"curl", "-s", "--etag-save", tags, url});
    EXPECT_EQ(run({"curl", "-s", "--etag-compare", tags, "-w", "%{http_code}", url}).out, "304");
    EXPECT_EQ(run({"curl", "-s", "-z", directory_ / "a.txt", "-w", "%{http_code}", url}).out, "304");
}

TEST_F(Fetch, CurlUnpacksWhatWasCompressed)
{
    const std::string text = content(directory_.write("big.txt", long_text(300'000)));
    Host host(web_with("\"/\" = { resource = \"compress\", inner = { resource = \"static\", root = \"" +
                       directory_.path() + "\" } }"));
    const Ended curl = run({"curl", "-s", "--compressed", "-o", away_ / "big.txt", "-w", "%{size_download}",
                            "http://" + host.address("web") + "/big.txt"});
    EXPECT_LT(std::stoul(curl.out), text.size() / 2);
    EXPECT_TRUE(content(away_ / "big.txt") == text);
}

TEST_F(Fetch, WgetMirrorsATreeByItsListings)
{
    directory_.write("a.txt", "a");
    fs::create_directories(directory_ / "deep/er dir");
    directory_.write("deep/100% & <b>.txt", "b");
    directory_.write("deep/er dir/c.bin", long_text(200'000));
    Host host(files(directory_, ", listing = true"));
    const Ended wget = run({"wget", "-q", "-r", "-np", "-nH", "-P", away_.path(), "--restrict-file-names=unix", "-R",
                            "index.html*", "http://" + host.address("web") + "/"});
    EXPECT_EQ(wget.status, 0) << wget.err;
    const Ended diff = run({"diff", "-r", directory_.path(), away_.path()});
    EXPECT_EQ(diff.status, 0) << diff.out;
}

TEST_F(Fetch, WgetGoesOnWithADownload)
{
    Host host(files(directory_));
    const std::string whole = content(directory_.write("big", long_text(3'000'000)));
    away_.write("big", whole.substr(0, 1'234'567));
    const Ended wget = run({"wget", "-c", "-P", away_.path(), "http://" + host.address("web") + "/big"});
    EXPECT_TRUE(has(wget.err, "206 Partial Content")) << wget.err;
    EXPECT_TRUE(content(away_ / "big") == whole);
}

} // namespace
} // namespace hawser::test
