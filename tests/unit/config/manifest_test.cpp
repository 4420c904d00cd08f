#include "config/manifest.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

namespace hawser::host {
namespace {

const std::string kHead = "name = \"x\"\nversion = \"1\"\nabi = \"1.0\"\n";

// The problems of a manifest, one a line as "line: text", or "good".
std::string read(const std::string &text)
{
    Sources sources;
    Problems problems;
    const auto manifest = parse_manifest(text, "m", sources, problems);
    EXPECT_EQ(manifest.has_value(), problems.empty());
    std::string out;
    for (const Problem &problem : problems.sorted())
        out += std::to_string(problem.at.line) + ": " + problem.text + '\n';
    return out.empty() ? "good" : out;
}

std::string option(const std::string &lines) { return read(kHead + "[service.s.options.o]\n" + lines); }

TEST(Manifest, ReadsWhatAPluginOffers)
{
    Sources sources;
    Problems problems;
    const auto manifest = parse_manifest(kHead + R"(summary = "s"
[protocol.p]
alpn = ["a"]
[protocol.p.options.routes]
type = "routes"
interface = "i/1"
entry.max = { type = "size", default = "1KiB" }
[service.v]
provides = [{ interface = "q/2", threads = "any" }]
[service.v.options.d]
type = "duration"
default = "2s"
min = "1s"
max = "1m"
text = "t"
)",
                                         "m", sources, problems);
    ASSERT_TRUE(manifest);
    ASSERT_EQ(manifest->kinds.size(), 2U);
    EXPECT_EQ(manifest->kinds[0].role, "hawser.protocol/1");
    EXPECT_EQ(manifest->kinds[0].options[0].entry[0].fallback->integer, 1024);
    EXPECT_TRUE(manifest->kinds[1].provides[0].any_thread);
    const OptionSpec &duration = manifest->kinds[1].options[0];
    EXPECT_EQ(duration.fallback->integer, 2'000'000'000);
    EXPECT_EQ(duration.max->integer, 60'000'000'000);
    EXPECT_EQ(duration.min_text, "\"1s\"");
}

TEST(Manifest, NamesEveryMistakeWithItsLine)
{
    EXPECT_EQ(read(""), "1: manifest: expected the key \"name\", got none\n"
                        "1: manifest: expected the key \"version\", got none\n"
                        "1: manifest: expected the key \"abi\", got none\n"
                        "1: manifest: expected a table like [protocol.NAME], got no kind\n");
    EXPECT_EQ(read("name = \"X y\"\nversion = \"1\"\nabi = \"1\"\n[service.s]\n"),
              "1: name: expected lower-case letters, digits, \"_\" and \"-\", got \"X y\"\n3: abi: expected "
              "\"MAJOR.MINOR\" like \"1.0\", got \"1\"\n");
    EXPECT_EQ(read("name = \"why\"\nversion = \"1\"\nabi = \"1.0\"\n[service.s]\n"),
              "1: name: expected another name than \"why\", a word of the command line, got \"why\"\n");
    EXPECT_EQ(read(kHead + "[service.s]\ntest = \"x\"\n"), "5: service.s: unknown key \"test\"\n");
    EXPECT_EQ(read(kHead + "[resource.r]\n"),
              "4: resource.r: expected the key \"role\", like \"hawser.http.resource/1\"\n");
    EXPECT_EQ(read(kHead + "[resource.r]\nrole = \"x\"\n"),
              "5: resource.r.role: expected an id and its revision like \"org.example.sql/1\", got \"x\"\n");
    EXPECT_EQ(read(kHead + "[service.s]\nprovides = [{ threads = \"some\" }]\n"),
              "5: service.s.provides: expected the key \"interface\", got none\n5: service.s.provides.threads: "
              "expected \"any\" or \"loop\", got \"some\"\n");
    EXPECT_NE(read(kHead + "[service.s\n").find("4: "), std::string::npos);
    EXPECT_NE(read(kHead + "[service.s.options.restart]\ntype = \"string\"\n").find("the host reserves this key"),
              std::string::npos);
}

TEST(Manifest, ChecksEachOptionByItsType)
{
    EXPECT_EQ(option("type = \"integer\"\ndefault = 5\nmin = 1\nmax = 9\n"), "good");
    EXPECT_NE(option("type = \"integer\"\ndefault = 10\nmax = 9\n")
                  .find("6: service.s.options.o.default: expected at most 9, got 10"),
              std::string::npos);
    EXPECT_NE(option("type = \"integer\"\nmin = 9\nmax = 1\n").find("expected min to be at most max"),
              std::string::npos);
    EXPECT_NE(option("type = \"intger\"\n").find("unknown type \"intger\""), std::string::npos);
    EXPECT_NE(option("text = \"x\"\n").find("expected the key \"type\""), std::string::npos);
    EXPECT_NE(option("type = \"string\"\nmin = 1\n").find("unknown key \"min\""), std::string::npos);
    EXPECT_NE(option("type = \"string\"\nrequired = true\ndefault = \"x\"\n").find("got both"), std::string::npos);
    EXPECT_NE(option("type = \"enum\"\n").find("expected \"choices\""), std::string::npos);
    EXPECT_NE(option("type = \"enum\"\nchoices = [\"a\"]\ndefault = \"b\"\n").find("expected one of \"a\", got \"b\""),
              std::string::npos);
    EXPECT_NE(option("type = \"list\"\n").find("expected \"items\""), std::string::npos);
    EXPECT_NE(option("type = \"table\"\n").find("expected either \"keys\" or \"items\""), std::string::npos);
    EXPECT_NE(option("type = \"service\"\n").find("expected the key \"interface\""), std::string::npos);
    EXPECT_NE(option("type = \"path\"\ndefault = \"x\"\n").find("expected an absolute path"), std::string::npos);
    EXPECT_EQ(option("type = \"list\"\nitems = { type = \"size\" }\ndefault = [\"1KiB\"]\n"), "good");
    EXPECT_EQ(option("type = \"table\"\nkeys.a = { type = \"boolean\", default = true }\n"), "good");
}

TEST(Manifest, RefusesAnEntryOptionOrADefaultThatHoldsNodes)
{
    EXPECT_NE(option("type = \"routes\"\ninterface = \"i/1\"\nentry.s = { type = \"service\", interface = \"j/1\" }\n")
                  .find("7: service.s.options.o.entry.s: expected plain values"),
              std::string::npos);
    EXPECT_NE(option("type = \"list\"\nitems = { type = \"service\", interface = \"j/1\" }\ndefault = [\"a\"]\n")
                  .find("7: service.s.options.o: expected no default"),
              std::string::npos);
}

TEST(Manifest, HoldsBoundsExactlyUpTo64Bits)
{
    EXPECT_EQ(option("type = \"integer\"\nmax = 9223372036854775806\ndefault = 9223372036854775806\n"), "good");
    EXPECT_NE(option("type = \"integer\"\nmax = 9223372036854775806\ndefault = 9223372036854775807\n")
                  .find("expected at most 9223372036854775806"),
              std::string::npos);
    EXPECT_NE(option("type = \"integer\"\nmin = 9223372036854775807\nmax = 9223372036854775806\n")
                  .find("expected min to be at most max"),
              std::string::npos);
}

TEST(Manifest, OfEveryPluginInTheTreeIsGood)
{
    int found = 0;
    for (const auto &entry : std::filesystem::directory_iterator(HAWSER_SOURCE "/plugins")) {
        std::ifstream in(entry.path() / "plugin.toml");
        if (!in) continue;
        EXPECT_EQ(read({std::istreambuf_iterator<char>(in), {}}), "good") << entry.path();
        ++found;
    }
    EXPECT_GE(found, 5);
}

TEST(Manifest, SurvivesMutants)
{
    std::ifstream in(HAWSER_SOURCE "/plugins/http/plugin.toml");
    const std::string good(std::istreambuf_iterator<char>(in), {});
    std::uint32_t seed = 7;
    const auto next = [&seed] { return seed = seed * 1664525 + 1013904223; };
    for (int i = 0; i < 500; ++i) {
        std::string mutant = good;
        for (int k = 0; k < 3; ++k) mutant[(next() >> 8) % mutant.size()] = static_cast<char>(next() >> 13);
        Sources sources;
        Problems problems;
        parse_manifest(mutant, "m", sources, problems);
        for (const Problem &problem : problems.sorted()) EXPECT_FALSE(format_problem(sources, problem).empty());
    }
}

} // namespace
} // namespace hawser::host
