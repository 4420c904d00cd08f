// The bytes of snapshots and messages: little-endian numbers, texts and lists with their length first. The reader
// checks every length against what is left and goes bad for good at the first wrong one. Format of the seam only; both
// sides are on one machine.
#pragma once

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace hawser::host {

class WireWriter {
public:
    template<typename Number>
    void number(Number value)
    {
        static_assert(std::is_arithmetic_v<Number> || std::is_enum_v<Number>);
        const auto *bytes = reinterpret_cast<const char *>(&value);
        out_.append(bytes, sizeof value);
    }
    void text(std::string_view value)
    {
        number(static_cast<std::uint32_t>(value.size()));
        out_.append(value);
    }
    template<typename List, typename Write>
    void list(const List &items, Write write)
    {
        number(static_cast<std::uint32_t>(items.size()));
        for (const auto &item : items) write(*this, item);
    }
    const std::string &bytes() const { return out_; }

private:
    std::string out_;
};

class WireReader {
public:
    explicit WireReader(std::string_view bytes)
        : left_(bytes)
    {}

    template<typename Number>
    void number(Number &value)
    {
        static_assert(std::is_arithmetic_v<Number> || std::is_enum_v<Number>);
        value = Number{};
        if (!take(sizeof value)) return;
        std::memcpy(&value, left_.data(), sizeof value);
        left_.remove_prefix(sizeof value);
    }
    void flag(bool &value)
    {
        std::uint8_t byte = 0;
        number(byte);
        if (byte > 1) bad_ = true;
        value = byte == 1;
    }
    void text(std::string &value)
    {
        std::uint32_t n = 0;
        number(n);
        value.clear();
        if (!take(n)) return;
        value.assign(left_.substr(0, n));
        left_.remove_prefix(n);
    }
    // `least`: bytes that an item takes at least, so that a lying count cannot ask for much memory.
    template<typename Item, typename Read>
    void list(std::vector<Item> &items, std::size_t least, Read read)
    {
        std::uint32_t n = 0;
        number(n);
        items.clear();
        if (bad_ || n > left_.size() / least) {
            bad_ = true;
            return;
        }
        items.reserve(n);
        for (std::uint32_t i = 0; i < n && !bad_; ++i) read(*this, items.emplace_back());
    }
    void spoil() { bad_ = true; }
    bool bad() const { return bad_; }
    bool at_end() const { return left_.empty(); }

private:
    bool take(std::size_t n)
    {
        if (bad_ || n > left_.size()) bad_ = true;
        return !bad_;
    }
    std::string_view left_;
    bool bad_ = false;
};

} // namespace hawser::host
