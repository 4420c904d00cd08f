// Tests of hawser/http_form.hpp, http_cookies.hpp and http_problem.hpp: texts in and out.
#include "hawser/http.hpp"
#include "hawser/http_cookies.hpp"
#include "hawser/http_form.hpp"
#include "hawser/http_problem.hpp"
#include "hawser/plugin.hpp"
#include "hawser/testing.hpp"
#include "hawser/testing/http.hpp"

#include <chrono>
#include <gtest/gtest.h>
#include <string>
#include <string_view>
#include <vector>

namespace {

using hawser::http::Cookie;
using hawser::http::Parameters;
using hawser::http::Request;
using hawser::http::Response;
using hawser::testing::ask;
using hawser::testing::Host;
using hawser::testing::Instance;
using namespace std::chrono_literals;

TEST(FormParameters, KeepOrderAndRepetition)
{
    const auto all = Parameters::parse("a=1&b=2&a=3&&c&%41=%zz");
    EXPECT_EQ(all.all("a"), (std::vector<std::string_view>{"1", "3"}));
    EXPECT_EQ(all.find("c"), "");
    EXPECT_EQ(all.find("A"), "%zz");
    EXPECT_EQ(all.find("d"), std::nullopt);
    EXPECT_EQ(all.get<bool>("a"), true);
}

TEST(FormParameters, EncodeAndDecodeAllBytes)
{
    std::string bytes;
    for (int i = 0; i < 256; ++i) bytes += static_cast<char>(i);
    EXPECT_EQ(hawser::http::percent_decoded(hawser::http::percent_encoded(bytes)), bytes);
}

TEST(Json, StringsAreAlwaysUtf8)
{
    EXPECT_EQ(hawser::http::json_string("a\"b\\\n\x01"), "\"a\\\"b\\\\\\u000a\\u0001\"");
    EXPECT_EQ(hawser::http::json_string("\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80"),
              "\"\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80\"");
    const std::string replaced = "\xef\xbf\xbd";
    EXPECT_EQ(hawser::http::json_string("\xff"), "\"" + replaced + "\"");
    EXPECT_EQ(hawser::http::json_string("\xc0\xaf"), "\"" + replaced + replaced + "\"");
    EXPECT_EQ(hawser::http::json_string("\xed\xa0\x80"), "\"" + replaced + replaced + replaced + "\"");
    EXPECT_EQ(hawser::http::json_string("\xe2\x82"), "\"" + replaced + replaced + "\"");
}

// A resource that sets and reads cookies.
struct Cookies {
    Response get(Request request)
    {
        Response response;
        response.body = std::string(hawser::http::find_cookie(request, "id").value_or("none"));
        hawser::http::set_cookie(response, request, Cookie{.name = "id", .value = "7", .max_age = 60s});
        return response;
    }
};

TEST(CookiesOfARequest, AreFoundByName)
{
    Host host;
    Instance cookies(host, hawser::http::resource<Cookies>("cookies"));
    EXPECT_EQ(ask(cookies, {.fields = {{"Cookie", "xid=1; id=2; id=3"}}}).body, "2");
    EXPECT_EQ(ask(cookies, {.fields = {{"Cookie", "id=\"quoted\""}}}).body, "quoted");
    EXPECT_EQ(ask(cookies, {}).body, "none");
}

TEST(CookiesToSet, AreSafeAsTheyAre)
{
    Host host;
    Instance cookies(host, hawser::http::resource<Cookies>("cookies"));
    EXPECT_EQ(ask(cookies, {}).field("Set-Cookie"), "id=7; Path=/; Max-Age=60; HttpOnly; SameSite=Lax");
    EXPECT_EQ(ask(cookies, {.scheme = "https"}).field("Set-Cookie"),
              "id=7; Path=/; Max-Age=60; Secure; HttpOnly; SameSite=Lax");
}

TEST(CookiesToSet, RefuseWhatWouldEndThem)
{
    hawser_http_request raw{};
    const Request request(&raw);
    for (const char *value : {"a b", "a;b", "a\r\nX: y", "a\"", "a,b"})
        EXPECT_THROW((Cookie{.name = "id", .value = value}.text(request)), hawser::Error) << value;
    EXPECT_THROW((Cookie{.name = "a b", .value = ""}.text(request)), hawser::Error);
}

} // namespace
