// The resource `compress` in the running host, and its parts by themselves.
#include "accept.hpp"
#include "coder.hpp"

#include "web.hpp"

#include <brotli/decode.h>
#include <zlib.h>
#include <zstd.h>

#include <vector>

namespace hawser::test {
namespace {

using coding::Coding;

std::string gunzip(const std::string &in)
{
    z_stream stream{};
    EXPECT_EQ(::inflateInit2(&stream, 15 + 16), Z_OK);
    std::string out(1 << 24, '\0');
    stream.next_in = reinterpret_cast<Bytef *>(const_cast<char *>(in.data()));
    stream.avail_in = static_cast<uInt>(in.size());
    stream.next_out = reinterpret_cast<Bytef *>(out.data());
    stream.avail_out = static_cast<uInt>(out.size());
    EXPECT_EQ(::inflate(&stream, Z_FINISH), Z_STREAM_END);
    out.resize(stream.total_out);
    ::inflateEnd(&stream);
    return out;
}

std::string decoded(Coding how, const std::string &in)
{
    std::string out(1 << 24, '\0');
    std::size_t n = out.size();
    if (how == Coding::Gzip) return gunzip(in);
    if (how == Coding::Br) {
        EXPECT_EQ(::BrotliDecoderDecompress(in.size(), reinterpret_cast<const std::uint8_t *>(in.data()), &n,
                                            reinterpret_cast<std::uint8_t *>(out.data())),
                  BROTLI_DECODER_RESULT_SUCCESS);
    } else {
        ZSTD_DCtx *context = ::ZSTD_createDCtx();
        ZSTD_inBuffer from{in.data(), in.size(), 0};
        ZSTD_outBuffer to{out.data(), out.size(), 0};
        EXPECT_EQ(::ZSTD_decompressStream(context, &to, &from), 0U);
        n = to.pos;
        ::ZSTD_freeDCtx(context);
    }
    out.resize(n);
    return out;
}

const std::vector<Coding> kAll{Coding::Zstd, Coding::Br, Coding::Gzip};

TEST(AcceptEncoding, ChoosesWhatTheClientLikesBest)
{
    const struct {
        const char *accept;
        Coding chosen;
    } cases[] = {
        {"", Coding::Identity},
        {"gzip", Coding::Gzip},
        {"x-gzip", Coding::Gzip},
        {"GZip ; Q=0.5", Coding::Gzip},
        {"gzip, deflate, br, zstd", Coding::Zstd},
        {"gzip, br;q=0.9", Coding::Gzip},
        {"br;q=0.001, gzip;q=0", Coding::Br},
        {"*", Coding::Zstd},
        {"*;q=0", Coding::Identity},
        {"zstd;q=0, *", Coding::Br},
        {"identity, gzip;q=0.1", Coding::Gzip},
        {"gzip;q=nonsense", Coding::Identity},
        {"gzip;q=1.5", Coding::Identity},
        {"deflate", Coding::Identity},
        {",, ,gzip ,", Coding::Gzip},
    };
    for (const auto &each : cases) EXPECT_EQ(coding::choose(each.accept, kAll), each.chosen) << each.accept;
}

TEST(Coder, GivesBackWhatItWasGivenHoweverItIsCut)
{
    std::string text;
    for (int i = 0; i < 20'000; ++i) text += std::to_string(i * 7919 % 1000) + ' ';
    for (const Coding each : kAll) {
        for (const std::size_t part : {1000U, 65'536U, 1'000'000U}) {
            const auto coder = coding::make_coder(each, 5);
            std::string out;
            for (std::size_t at = 0; at < text.size(); at += part)
                coder->add(std::string_view(text).substr(at, part), coding::Coder::Flush::Sync, out);
            coder->add({}, coding::Coder::Flush::End, out);
            EXPECT_EQ(decoded(each, out), text) << coding::name_of(each) << part;
            EXPECT_LT(out.size(), text.size());
        }
    }
}

std::string around(const std::string &inner, const std::string &options = {})
{
    return web_with("\"/\" = { resource = \"compress\"" + options + ", inner = " + inner + " }");
}
std::string text(const std::string &body, const std::string &more = {})
{
    return "{ resource = \"text\", body = \"" + body + '"' + more + " }";
}

TEST(Compress, SendsEachCodingAndSaysSo)
{
    const std::string body(5000, 'x');
    Host host(around(text(body, ", headers = { ETag = '\"1\"' }")));
    ASSERT_TRUE(host.ready()) << host.process().err();
    for (const Coding each : kAll) {
        const std::string name(coding::name_of(each));
        const Client::Answer answer = host.connect().get("/", "Accept-Encoding: " + name + "\r\n");
        EXPECT_EQ(field_of(answer, "Content-Encoding"), name);
        EXPECT_EQ(field_of(answer, "Vary"), "Accept-Encoding");
        EXPECT_EQ(field_of(answer, "ETag"), "W/\"1\"") << "not the same bytes";
        EXPECT_EQ(decoded(each, answer.body), body);
    }
}

TEST(Compress, LeavesAloneWhatIsShortOrOfAnotherType)
{
    const std::string body(5000, 'x');
    Host host(web_with(
        "\"/short\" = { resource = \"compress\", inner = " + text("x") + " }\n" +
        "\"/image\" = { resource = \"compress\", inner = " + text(body, ", type = \"image/png\"") + " }\n" +
        "\"/done\" = { resource = \"compress\", inner = " + text(body, ", headers = { Content-Encoding = \"br\" }") +
        " }\n" + "\"/as_is\" = { resource = \"compress\", inner = " +
        text(body, ", headers = { Cache-Control = \"no-transform\" }") + " }"));
    ASSERT_TRUE(host.ready()) << host.process().err();
    for (const char *path : {"/short", "/image", "/as_is"}) {
        const Client::Answer answer = host.connect().get(path, "Accept-Encoding: gzip\r\n");
        EXPECT_EQ(field_of(answer, "Content-Encoding"), "") << path;
    }
    EXPECT_EQ(field_of(host.connect().get("/done", "Accept-Encoding: gzip\r\n"), "Content-Encoding"), "br");
}

TEST(Compress, TellsCachesAlsoWhereItDoesNothing)
{
    Host host(around(text(std::string(5000, 'x'))));
    ASSERT_TRUE(host.ready()) << host.process().err();
    const Client::Answer answer = host.connect().get("/");
    EXPECT_EQ(field_of(answer, "Vary"), "Accept-Encoding");
    EXPECT_EQ(field_of(answer, "Content-Encoding"), "");
}

TEST(Compress, SendsAFileAsFastAsTheClientReads)
{
    TempDir site;
    std::string content;
    for (int i = 0; i < 1'000'000; ++i) content += static_cast<char>('a' + i % 1009 * 7919 % 23);
    for (int i = 0; i < 3; ++i) content += content;
    site.write("big.txt", content);
    Host host(around("{ resource = \"static\", root = \"" + site.path() + "\" }", ", level = 1"));
    ASSERT_TRUE(host.ready()) << host.process().err();
    for (const Coding each : kAll) {
        const Client::Answer answer =
            host.connect().get("/big.txt", "Accept-Encoding: " + std::string(coding::name_of(each)) + "\r\n");
        EXPECT_EQ(field_of(answer, "Transfer-Encoding"), "chunked");
        EXPECT_TRUE(decoded(each, answer.body) == content) << coding::name_of(each);
    }
}

TEST(Compress, SaysTheSameForHead)
{
    TempDir site;
    site.write("page.html", std::string(100'000, 'p'));
    Host host(around("{ resource = \"static\", root = \"" + site.path() + "\" }"));
    ASSERT_TRUE(host.ready()) << host.process().err();
    Client client = host.connect();
    const Client::Answer answer = ask(client, "HEAD /page.html HTTP/1.1\r\nAccept-Encoding: gzip\r\n");
    EXPECT_EQ(field_of(answer, "Content-Encoding"), "gzip");
    EXPECT_EQ(client.get("/page.html").body.size(), 100'000U) << "the next answer follows at once";
}

TEST(Compress, LeavesPartsOfAFileAlone)
{
    Host host(
        around(text(std::string(5000, 'x'), ", status = 206, headers = { Content-Range = \"bytes 0-4999/9000\" }")));
    ASSERT_TRUE(host.ready()) << host.process().err();
    EXPECT_EQ(field_of(host.connect().get("/", "Accept-Encoding: gzip\r\n"), "Content-Encoding"), "");
}

} // namespace
} // namespace hawser::test
