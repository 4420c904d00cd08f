// slowhttptest: clients that hold what they were given for as long as they can.
#include "web.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <string>
#include <vector>

namespace hawser::test {
namespace {

class Slow : public ::testing::Test {
protected:
    void SetUp() override
    {
        directory_.write("big", std::string(50'000'000, 'x'));
        host_ = std::make_unique<Host>(
            "[listeners.web]\naddress = \"127.0.0.1:0\"\nprotocol = \"http\"\nheader_timeout = \"1s\"\n"
            "body_timeout = \"1s\"\nwrite_timeout = \"1s\"\nkeep_alive = \"1s\"\n"
            "routes = { \"/\" = { resource = \"static\", root = \"" +
            directory_.path() + "\" }, \"/echo\" = { resource = \"echo\" }, \"=/\" = { resource = \"text\" } }");
        ASSERT_TRUE(host_->ready()) << host_->process().err();
    }
    // 300 of its connections at once, which it keeps for as long as it is let.
    void expect_all_ended(const std::string &path, const std::vector<std::string> &mode)
    {
        std::vector<std::string> words = {"slowhttptest", "-c", "300", "-r", "1000", "-l", "30"};
        words.insert(words.end(), mode.begin(), mode.end());
        words.insert(words.end(), {"-u", "http://" + host_->address("web") + path});
        Process attack(words);
        EXPECT_TRUE(eventually([&] { return connections() >= 200; })) << attack.out();
        EXPECT_EQ(host_->connect().get("/").status, 200);
        EXPECT_TRUE(eventually([&] { return connections() == 0; }, std::chrono::seconds(20))) << connections();
    }
    int connections() const
    {
        const std::string status = host_->command({"status", "--json"}).out, name = "\"connections\":";
        const std::size_t at = status.find(name);
        return at == std::string::npos ? -1 : std::stoi(status.substr(at + name.size()));
    }

    TempDir directory_;
    std::unique_ptr<Host> host_;
};

TEST_F(Slow, HeadsAreNotWaitedFor) { expect_all_ended("/", {"-H", "-i", "3"}); }

TEST_F(Slow, BodiesAreNotWaitedFor) { expect_all_ended("/echo", {"-B", "-i", "3", "-s", "100000"}); }

TEST_F(Slow, ReadersAreNotWaitedFor) { expect_all_ended("/big", {"-X", "-w", "1", "-y", "512", "-n", "5", "-z", "1"}); }

TEST_F(Slow, RangesWithoutEndAreAnswered)
{
    const Ended ended = run({"slowhttptest", "-R", "-a", "1", "-b", "3000", "-c", "300", "-r", "1000", "-l", "30", "-u",
                             "http://" + host_->address("web") + "/big"});
    EXPECT_TRUE(has(ended.out, "No open connections left")) << ended.out << ended.err;
    EXPECT_EQ(host_->connect().get("/").status, 200);
}

} // namespace
} // namespace hawser::test
