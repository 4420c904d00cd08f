// Plugins that break the contract of the boundary: refused and named in the log, always or with abi_check.
#include "setup.hpp"

#include <gtest/gtest.h>

#include <string>

namespace hawser::test {
namespace {

std::string broke(const std::string &in, const std::string &what)
{
    return "\"node\":\"listener.a\",\"event\":\"contract_broken\",\"plugin\":\"misuse\",\"in\":\"" + in +
           "\",\"error\":\"" + what + '"';
}

class Misuse : public ::testing::Test {
protected:
    void start(bool checks)
    {
        host_ = std::make_unique<Host>(setup_.host(checks ? "abi_check = true" : "") +
                                       "[listeners.a]\naddress = \"127.0.0.1:0\"\nprotocol = \"misuse\"\n");
        host_->expect_broken_contracts();
        ASSERT_TRUE(host_->ready()) << host_->process().err();
        workers_ = host_->workers();
    }
    // A connection that does it, and then still answers.
    void provoke(const std::string &how)
    {
        Client client = host_->connect("a");
        client.send(how);
        EXPECT_EQ(client.receive(1), how);
    }
    void expect_named_in_any_mode()
    {
        provoke("t");
        EXPECT_TRUE(
            host_->log_has(broke("it is not known", "hawser_conn.write: expected a call on the loop that owns it, got "
                                                    "one on another thread; use post")));
        provoke("o");
        EXPECT_TRUE(host_->log_has(broke("on_data", "hawser_loop.timer: expected an operation that is free, and zeroed "
                                                    "once, got one that is pending")));
        provoke("u");
        EXPECT_TRUE(
            host_->log_has(broke("on_data", "hawser_loop.untrack: expected a number that track gave and that is "
                                            "tracked, got another")));
        provoke("m");
        EXPECT_TRUE(host_->log_has(
            broke("on_data", "hawser_session.on_data: expected at most as many bytes as came, got more")));
        EXPECT_EQ(host_->workers(), workers_) << "nobody died";
    }
    Faulty setup_{"misuse", "misuse"};
    std::unique_ptr<Host> host_;
    std::vector<int> workers_;
};

// Alone, and behind a filter.
TEST(MisuseOfAnExchange, OnAnotherThreadIsRefusedAndNamed)
{
    const Faulty setup("misuse", "misuse");
    Host host(setup.host() +
              "[listeners.a]\naddress = \"127.0.0.1:0\"\nprotocol = \"http\"\n[listeners.a.routes]\n"
              "\"/alone\" = { resource = \"misuse\" }\n"
              "\"/behind\" = { resource = \"headers\", set = { X = \"1\" }, inner = { resource = \"misuse\" } }\n");
    host.expect_broken_contracts();
    ASSERT_TRUE(host.ready()) << host.process().err();
    Client client = host.connect("a");
    for (const std::string name : {"alone", "behind"}) {
        EXPECT_EQ(client.get("/" + name).body, "right");
        EXPECT_TRUE(host.log_has("\"event\":\"contract_broken\",\"resource\":\"listener.a/" + name +
                                 (name == "behind" ? ".inner" : "") +
                                 "\",\"error\":\"hawser_http_exchange.respond: expected a call on the loop that owns "
                                 "it, got one on another thread; use post\""))
            << host.process().err();
    }
    EXPECT_EQ(host.stop(), 0);
}

TEST_F(Misuse, IsRefusedAndNamed)
{
    start(false);
    expect_named_in_any_mode();
    EXPECT_EQ(host_->stop(), 0) << host_->process().err();
}

TEST_F(Misuse, IsNamedTooWhenItIsOfWhatHasEndedIfCallsAreChecked)
{
    start(true);
    expect_named_in_any_mode();
    provoke("e");
    EXPECT_TRUE(
        host_->log_has(broke("complete", "hawser_conn.write: expected a connection whose on_close has not returned, "
                                         "got one that has ended")));
    EXPECT_EQ(host_->workers(), workers_) << "nobody died";
    EXPECT_EQ(host_->stop(), 0) << host_->process().err();
    EXPECT_TRUE(host_->log_has(broke("destroy", "destroy: expected no operation pending, got 1")))
        << host_->process().err();
}

} // namespace
} // namespace hawser::test
