// Tests: plugins/compress/tests/compress_test.cpp
#include "coder.hpp"

#include <brotli/encode.h>
#include <zlib.h>
#include <zstd.h>

#include <array>
#include <cstddef>
#include <new>
#include <stdexcept>

namespace coding {
namespace {

constexpr std::size_t kBlock = 16384;

class Gzip final : public Coder {
public:
    explicit Gzip(int level)
    {
        constexpr int kWindow = 15 + 16, kMemory = 8; // with the head of gzip (RFC 1952)
        if (::deflateInit2(&stream_, level, Z_DEFLATED, kWindow, kMemory, Z_DEFAULT_STRATEGY) != Z_OK)
            throw std::bad_alloc();
    }
    ~Gzip() override { ::deflateEnd(&stream_); }
    void add(std::string_view in, Flush flush, std::string &out) override
    {
        stream_.next_in = reinterpret_cast<Bytef *>(const_cast<char *>(in.data()));
        stream_.avail_in = static_cast<uInt>(in.size());
        const int how = flush == Flush::End ? Z_FINISH : flush == Flush::Sync ? Z_SYNC_FLUSH : Z_NO_FLUSH;
        std::array<char, kBlock> block;
        do {
            stream_.next_out = reinterpret_cast<Bytef *>(block.data());
            stream_.avail_out = block.size();
            if (::deflate(&stream_, how) == Z_STREAM_ERROR) throw std::runtime_error("gzip failed");
            out.append(block.data(), block.size() - stream_.avail_out);
        } while (stream_.avail_out == 0);
    }

private:
    z_stream stream_{};
};

class Br final : public Coder {
public:
    explicit Br(int level)
        : state_(::BrotliEncoderCreateInstance(nullptr, nullptr, nullptr))
    {
        if (!state_) throw std::bad_alloc();
        constexpr std::uint32_t kWindow = 19; // 512 KiB; the default of 4 MiB is much for each answer
        ::BrotliEncoderSetParameter(state_.get(), BROTLI_PARAM_QUALITY, static_cast<std::uint32_t>(level));
        ::BrotliEncoderSetParameter(state_.get(), BROTLI_PARAM_LGWIN, kWindow);
    }
    void add(std::string_view in, Flush flush, std::string &out) override
    {
        const auto how = flush == Flush::End    ? BROTLI_OPERATION_FINISH
                         : flush == Flush::Sync ? BROTLI_OPERATION_FLUSH
                                                : BROTLI_OPERATION_PROCESS;
        const auto *next = reinterpret_cast<const std::uint8_t *>(in.data());
        std::size_t left = in.size(), no_room = 0;
        do {
            if (::BrotliEncoderCompressStream(state_.get(), how, &left, &next, &no_room, nullptr, nullptr) ==
                BROTLI_FALSE)
                throw std::runtime_error("br failed");
            std::size_t n = 0;
            const std::uint8_t *made = ::BrotliEncoderTakeOutput(state_.get(), &n);
            out.append(reinterpret_cast<const char *>(made), n);
        } while (left > 0 || ::BrotliEncoderHasMoreOutput(state_.get()) == BROTLI_TRUE);
    }

private:
    struct End {
        void operator()(BrotliEncoderState *state) const { ::BrotliEncoderDestroyInstance(state); }
    };
    std::unique_ptr<BrotliEncoderState, End> state_;
};

class Zstd final : public Coder {
public:
    explicit Zstd(int level)
        : context_(::ZSTD_createCCtx())
    {
        if (!context_) throw std::bad_alloc();
        constexpr int kWindow = 20; // browsers take 8 MiB at most (RFC 9659); 1 MiB is enough
        ::ZSTD_CCtx_setParameter(context_.get(), ZSTD_c_compressionLevel, level);
        ::ZSTD_CCtx_setParameter(context_.get(), ZSTD_c_windowLog, kWindow);
    }
    void add(std::string_view in, Flush flush, std::string &out) override
    {
        const auto how = flush == Flush::End ? ZSTD_e_end : flush == Flush::Sync ? ZSTD_e_flush : ZSTD_e_continue;
        ZSTD_inBuffer from{in.data(), in.size(), 0};
        std::array<char, kBlock> block;
        for (;;) {
            ZSTD_outBuffer to{block.data(), block.size(), 0};
            const std::size_t left = ::ZSTD_compressStream2(context_.get(), &to, &from, how);
            if (::ZSTD_isError(left) != 0) throw std::runtime_error(::ZSTD_getErrorName(left));
            out.append(block.data(), to.pos);
            if (flush == Flush::None ? from.pos == from.size : left == 0) return;
        }
    }

private:
    struct End {
        void operator()(ZSTD_CCtx *context) const { ::ZSTD_freeCCtx(context); }
    };
    std::unique_ptr<ZSTD_CCtx, End> context_;
};

} // namespace

std::string_view name_of(Coding coding)
{
    constexpr std::array<std::string_view, 4> kNames{"identity", "gzip", "br", "zstd"};
    return kNames[static_cast<std::size_t>(coding)];
}

std::unique_ptr<Coder> make_coder(Coding coding, int level)
{
    switch (coding) {
    case Coding::Gzip:
        return std::make_unique<Gzip>(level);
    case Coding::Br:
        return std::make_unique<Br>(level);
    case Coding::Zstd:
        return std::make_unique<Zstd>(level);
    case Coding::Identity:
        break;
    }
    return nullptr;
}

} // namespace coding
