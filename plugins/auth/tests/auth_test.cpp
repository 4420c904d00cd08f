// The resource `auth` in the running host, and what it reads by itself.
#include "users.hpp"

#include "web.hpp"

#include <crypt.h>

#include <filesystem>

namespace hawser::test {
namespace {

std::string hashed(const std::string &password, const std::string &salt)
{
    crypt_data data{};
    return ::crypt_r(password.c_str(), salt.c_str(), &data);
}
// The cheapest of each kind.
std::string bcrypt(const std::string &password) { return hashed(password, "$2b$04$abcdefghijklmnopqrstuu"); }
std::string sha512(const std::string &password) { return hashed(password, "$6$rounds=1000$salt$"); }
std::string yescrypt(const std::string &password) { return hashed(password, "$y$j75$salt....$"); }

std::string basic(const std::string &credentials) { return "Authorization: Basic " + credentials + "\r\n"; }
const std::string kBobSecret = basic("Ym9iOnNlY3JldA=="), kBobWrong = basic("Ym9iOndyb25n"),
                  kEveSecret = basic("ZXZlOnNlY3JldA==");

TEST(BasicCredentials, AreReadStrictly)
{
    std::string name, password;
    EXPECT_TRUE(auth::read_basic("Basic Ym9iOmE6Yg==", name, password));
    EXPECT_EQ(name + '|' + password, "bob|a:b") << "the first colon divides";
    EXPECT_TRUE(auth::read_basic("bAsIc Ym9iOg==", name, password));
    EXPECT_EQ(password, "");
    for (const char *wrong : {"", "Basic", "Basic ", "Basic Ym9i",
                              "Basic Ym9iOg=", "Basic Ym9iO!==", "Bearer Ym9iOg==", "Basic Ym9iOh==", "Basic YgA6Yg=="})
        EXPECT_FALSE(auth::read_basic(wrong, name, password)) << wrong;
}

TEST(Users, AreRightWithEachKindOfHash)
{
    TempDir directory;
    const auto users = auth::Users::read(directory.write(
        "users", "# people\n\na:" + bcrypt("pa") + "\nb:" + sha512("pb") + "\r\nc:" + yescrypt("pc") + "\n"));
    EXPECT_TRUE(users.are_right("a", "pa") && users.are_right("b", "pb") && users.are_right("c", "pc"));
    EXPECT_FALSE(users.are_right("a", "pb") || users.are_right("b", "") || users.are_right("d", "pa"));
}

TEST(Users, AreRefusedWithTheLineThatIsWrong)
{
    TempDir directory;
    const auto why = [&](const std::string &lines) -> std::string {
        try {
            static_cast<void>(auth::Users::read(directory.write("users", lines)));
        } catch (const std::exception &error) {
            return error.what();
        }
        return "nothing";
    };
    EXPECT_TRUE(has(why("a"), "users:1: expected \"name:hash\""));
    EXPECT_TRUE(
        has(why("#\na:plain"), "users:2: expected a password hashed by bcrypt, SHA-crypt or yescrypt for \"a\""));
    EXPECT_TRUE(has(why("a:$apr1$salt$x"), "users:1: expected a password hashed by"));
    EXPECT_TRUE(has(why("a:" + bcrypt("x") + "\na:" + bcrypt("y")), "users:2: this name stands here twice"));
}

class Auth : public ::testing::Test {
protected:
    std::string routes(const std::string &more = {}) const
    {
        return "\"/\" = { resource = \"auth\", file = \"" + file_ + '"' + more +
               ", inner = { resource = \"inspect\" } }";
    }
    TempDir directory_;
    const std::string file_ = directory_.write("users", "bob:" + bcrypt("secret") + '\n');
};

TEST_F(Auth, AsksForANameAndAPassword)
{
    Host host(web_with(routes(", realm = 'a \"realm\"'")));
    ASSERT_TRUE(host.ready()) << host.process().err();
    const Client::Answer answer = host.connect().get("/");
    EXPECT_EQ(answer.status, 401);
    EXPECT_EQ(field_of(answer, "WWW-Authenticate"), "Basic realm=\"a \\\"realm\\\"\", charset=\"UTF-8\"");
}

TEST_F(Auth, LetsThroughWhoHasTheRightOne)
{
    Host host(web_with(routes()));
    ASSERT_TRUE(host.ready()) << host.process().err();
    Client client = host.connect();
    EXPECT_EQ(client.get("/", kBobSecret).status, 200);
    EXPECT_EQ(client.get("/", kBobSecret).status, 200) << "it is remembered";
    EXPECT_EQ(client.get("/", kBobWrong).status, 401);
    EXPECT_EQ(client.get("/", kEveSecret).status, 401);
    EXPECT_EQ(client.get("/", basic("!")).status, 401);
}

TEST_F(Auth, HoldsTheBodyUntilThePasswordWasLookedAt)
{
    Host host(web_with(routes(", remember = \"0\"")));
    ASSERT_TRUE(host.ready()) << host.process().err();
    Client client = host.connect();
    for (int i = 0; i < 2; ++i) {
        const Client::Answer answer = ask(client, "POST / HTTP/1.1\r\n" + kBobSecret, std::string(400'000, 'b'));
        EXPECT_TRUE(has(answer.body, "\"length\":400000")) << answer.head;
    }
}

TEST_F(Auth, TellsTheResourceTheNameAndNobodyElseCan)
{
    Host host(web_with(routes(", user_field = \"X-User\"")));
    ASSERT_TRUE(host.ready()) << host.process().err();
    Client client = host.connect();
    for (int i = 0; i < 2; ++i) {
        const std::string seen = client.get("/", kBobSecret + "X-User: root\r\n").body;
        EXPECT_TRUE(has(seen, "[\"X-User\",\"bob\"]")) << seen;
        EXPECT_FALSE(has(seen, "root")) << seen;
    }
}

TEST_F(Auth, SurvivesAClientThatGoesWhileItsPasswordIsLookedAt)
{
    directory_.write("users", "bob:" + hashed("secret", "$2b$10$abcdefghijklmnopqrstuu") + '\n');
    Host host(web_with(routes(", remember = \"0\"")));
    ASSERT_TRUE(host.ready()) << host.process().err();
    for (int i = 0; i < 5; ++i) {
        Client client = host.connect();
        client.send("GET / HTTP/1.1\r\nHost: a\r\n" + kBobSecret + "\r\n");
        client.reset();
    }
    EXPECT_EQ(host.connect().get("/", kBobSecret).status, 200);
    EXPECT_FALSE(has(host.process().err(), "worker_died")) << host.process().err();
}

TEST_F(Auth, ReadsTheFileAgainWhenItHasChanged)
{
    Host host(web_with(routes()));
    ASSERT_TRUE(host.ready()) << host.process().err();
    EXPECT_EQ(host.connect().get("/", kBobSecret).status, 200);
    directory_.write("users", "bob:" + bcrypt("wrong") + '\n');
    EXPECT_TRUE(eventually([&] { return host.connect().get("/", kBobWrong).status == 200; }));
    // Each loop looks by itself; what was remembered counts no more.
    EXPECT_TRUE(eventually([&] { return host.connect().get("/", kBobSecret).status == 401; }));
}

TEST_F(Auth, RefusesAFileThatIsWrong)
{
    directory_.write("users", "bob\n");
    EXPECT_TRUE(has(refusal_of(routes()), "users:1: expected \"name:hash\""));
    EXPECT_TRUE(has(refusal_of("\"/\" = { resource = \"auth\", file = \"/no/such\", inner = { resource = \"text\" } }"),
                    "/no/such: No such file or directory"));
}

TEST(Protection, IsNotPassedByAnotherSpellingOfItsPath)
{
    TempDir directory;
    std::filesystem::create_directories(directory / "site/deep/private");
    directory.write("site/deep/private/x", "secret");
    const std::string root = "root = \"" + directory.path() + "/site";
    Host host(web_with("\"/\" = { resource = \"static\", " + root +
                       "\" }\n\"/deep/private\" = { resource = \"auth\", file = \"" +
                       directory.write("users", "bob:" + bcrypt("secret")) + "\", inner = { resource = \"static\", " +
                       root + "/deep/private\" } }"));
    ASSERT_TRUE(host.ready()) << host.process().err();
    for (const char *path :
         {"/deep/private/x", "/deep/%70rivate/x", "/deep/%70%72%69%76%61%74%65/x", "/deep//private/x",
          "//deep/private/x", "/deep/./private/x", "/deep/%2e/private/x", "/deep/x/../private/x", "/deep%2Fprivate/x",
          "/deep/private%2Fx", "/deep/private//x", "/deep%5Cprivate/x"}) {
        Client client = host.connect();
        const auto answer = ask(client, "GET " + std::string(path) + " HTTP/1.1\r\n");
        EXPECT_TRUE(answer.status == 401 || answer.status == 404 || answer.status == 301) << path << answer.status;
        EXPECT_FALSE(has(answer.body, "secret")) << path;
    }
}

} // namespace
} // namespace hawser::test
