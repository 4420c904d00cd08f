// The resource `errors` in the running host.
#include "web.hpp"

namespace hawser::test {
namespace {

class Errors : public ::testing::Test {
protected:
    std::string around(const std::string &pages, const std::string &inner) const
    {
        return web_with("\"/\" = { resource = \"errors\", pages = { " + pages + " }, inner = " + inner + " }");
    }
    std::string page(const std::string &name, const std::string &text) const
    {
        return '"' + files_.write(name, text) + '"';
    }
    TempDir files_;
};

TEST_F(Errors, HaveThePageOfTheirStatus)
{
    Host host(around("404 = " + page("404.html", "<p>lost") + ", 5xx = " + page("5xx.json", "{}"),
                     "{ resource = \"static\", root = \"" + files_.path() + "\" }"));
    ASSERT_TRUE(host.ready()) << host.process().err();
    const Client::Answer answer = host.connect().get("/nowhere");
    EXPECT_EQ(answer.status, 404);
    EXPECT_EQ(answer.body, "<p>lost");
    EXPECT_EQ(field_of(answer, "Content-Type"), "text/html; charset=utf-8");
    EXPECT_EQ(host.connect().get("/404.html").body, "<p>lost") << "what is no error stays as it is";
}

TEST_F(Errors, HaveThePageOfTheirClassWhereThereIsNoOther)
{
    const std::string pages = "404 = " + page("404", "lost") + ", 4xx = " + page("4xx", "yours");
    Host host(around(pages, "{ resource = \"text\", status = 403, headers = { X-Kept = \"1\", ETag = \"x\" } }"));
    ASSERT_TRUE(host.ready()) << host.process().err();
    const Client::Answer answer = host.connect().get("/");
    EXPECT_EQ(answer.body, "yours");
    EXPECT_EQ(field_of(answer, "X-Kept"), "1");
    EXPECT_EQ(field_of(answer, "ETag"), "") << "of a body that is not sent";
}

TEST_F(Errors, HaveNoBodyForHead)
{
    Host host(around("404 = " + page("404", "lost"), "{ resource = \"text\", status = 404 }"));
    ASSERT_TRUE(host.ready()) << host.process().err();
    Client client = host.connect();
    const Client::Answer answer = ask(client, "HEAD / HTTP/1.1\r\n");
    EXPECT_EQ(answer.status, 404);
    EXPECT_EQ(field_of(answer, "Content-Length"), "4");
    EXPECT_EQ(client.get("/").body, "lost") << "the next answer follows at once";
}

TEST_F(Errors, RefuseWhatIsNoErrorAndFilesThatAreNotThere)
{
    const auto why = [](const std::string &pages) {
        return refusal_of("\"/\" = { resource = \"errors\", pages = { " + pages +
                          " }, inner = { resource = \"text\" } }");
    };
    EXPECT_TRUE(has(why("200 = " + page("x", "x")), "expected a status from 400 to 599"));
    EXPECT_TRUE(has(why("6xx = " + page("x", "x")), "expected a status from 400 to 599"));
    EXPECT_TRUE(has(why("404 = \"/no/such\""), "pages.404: errors: /no/such: No such file or directory"));
}

} // namespace
} // namespace hawser::test
