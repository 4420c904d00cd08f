// A browser that people have: headless Chromium.
#include "web.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <string>

namespace hawser::test {
namespace {

namespace fs = std::filesystem;

// The page of tests/clients/site with what it loads.
void lay_out(const TempDir &directory)
{
    fs::create_directories(directory / "site/images");
    for (const auto &file : fs::directory_iterator(HAWSER_SITE))
        fs::copy_file(file.path(), directory / ("site/" + file.path().filename().string()));
    for (int i = 0; i < 100; ++i)
        directory.write("site/images/" + std::to_string(i) + ".svg",
                        R"(<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><circle r=")" +
                            std::to_string(i) + "\"/></svg>\n");
    // What tells where its pictures are stands at its end: a player asks for that first.
    const Ended made =
        run({"ffmpeg", "-v", "error", "-f", "lavfi", "-i", "testsrc2=size=640x360:rate=25:duration=30", "-c:v",
             "libvpx-vp9", "-deadline", "realtime", "-cpu-used", "8", "-b:v", "2M", directory / "site/video.mp4"});
    ASSERT_EQ(made.status, 0) << made.err;
}

TEST(Browser, LoadsAPageWithManyAssetsSeeksInAVideoAndUploadsAForm)
{
    TempDir directory;
    lay_out(directory);
    Host host("[log.access]\n" + web_with("\"/\" = { resource = \"static\", root = \"" + directory.path() +
                                          "/site\" }\n\"POST /inspect\" = { resource = \"inspect\", show = \"1MiB\" }\n"
                                          "\"=/done\" = { resource = \"text\", body = \"thanks\" }"));
    ASSERT_TRUE(host.ready()) << host.process().err();
    Process browser({"chromium", "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
                     "--user-data-dir=" + directory.path() + "/profile", "--remote-debugging-port=0",
                     "http://" + host.address("web") + "/"});
    EXPECT_TRUE(host.log_has("\"GET /done?")) << browser.err();
    browser.signal(15);
    browser.wait();
    EXPECT_EQ(host.stop(), 0);
    const std::string &log = host.process().err();
    EXPECT_TRUE(has(log, "/done?100%20images%2C%20video%20at%2025%20of%2030%2C%20a%20form%20with%20a%20file ")) << log;
    EXPECT_GE(count(log, "\"GET /video.mp4 HTTP/1.1\" 206 "), 2U) << log;
    EXPECT_EQ(count(log, ".svg HTTP/1.1\" 200 "), 100U) << log;
}

} // namespace
} // namespace hawser::test
