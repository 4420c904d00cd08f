// One worker on a thread of this process, spoken to as the supervisor does.
#include "worker_rig.hpp"

namespace hawser::host::test {
namespace {

TEST_F(WorkerTest, WritesLinesOfRequestsToTheFileThatItWasSentAndToTheNextOne)
{
    Pipe first;
    const Pipe second;
    start(std::move(first.to));
    EXPECT_EQ(get("/one"), "404");
    const std::string line = first.read();
    EXPECT_EQ(line.rfind("127.0.0.1 - - [", 0), 0U) << line;
    EXPECT_NE(line.find("\"GET /one HTTP/1.1\" 404 14 \"-\" \"-\"\n"), std::string::npos) << line;
    send(Output{Output::Role::Access, Fd(::fcntl(second.to.get(), F_DUPFD_CLOEXEC, 3))});
    send(AskStatus{});
    expect<StatusReport>(); // answered in order
    EXPECT_EQ(get("/two"), "404");
    EXPECT_NE(second.read().find("GET /two"), std::string::npos);
    EXPECT_EQ(first.read(), ""); // closed
}

TEST_F(WorkerTest, HasWrittenEveryLineWhenItSaysThatItHasDrained)
{
    Pipe lines;
    start(std::move(lines.to));
    for (int i = 0; i < 50; ++i) EXPECT_EQ(get("/"), "404");
    send(Stop{});
    expect<Closed>();
    expect<Drained>();
    ::fcntl(lines.from.get(), F_SETFL, O_NONBLOCK);
    std::string all;
    for (std::string part; !(part = lines.read()).empty();) all += part;
    EXPECT_EQ(std::count(all.begin(), all.end(), '\n'), 50);
}

} // namespace
} // namespace hawser::host::test
