// hawser/lines.hpp: sessions that get whole messages: lines, strings with their length before them, netstrings. Derive
// from one and construct it with its constructors:
//
//     struct Talk : hawser::LineReceiver<Talk> {
//         using LineReceiver::LineReceiver;
//         void line(std::string_view text) { send_line("you said " + std::string(text)); }
//     };
//     HAWSER_PLUGIN(hawser::protocol<Talk>("talk"))
//
// What is left unfinished stays with the host; nothing is copied. A message above limit() ends the connection; a class
// with too_long(std::size_t bytes) is told of it instead, and what comes of that message is left out unless it closes.
// After close() nothing more comes, and after pause(true) nothing until pause(false).
// [loop]
#pragma once

#include "hawser/connection.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace hawser {
namespace detail {

// What the receivers have in common.
class Receiver {
public:
    explicit Receiver(Connection connection)
        : connection_(connection)
    {}

protected:
    bool write(std::string_view bytes) const { return connection_.write(bytes); }
    void pause(bool paused)
    {
        paused_ = paused;
        connection_.pause(paused);
    }
    void close()
    {
        if (std::exchange(closed_, true)) return;
        connection_.close();
    }
    void abort()
    {
        closed_ = true;
        connection_.abort();
    }
    const Connection &connection() const { return connection_; }
    std::size_t limit() const { return limit_; }
    void set_limit(std::size_t bytes) { limit_ = bytes; }
    bool stopped() const { return paused_ || closed_; }
    void limit_to(std::size_t bytes) { limit_ = bytes; }

    template<typename D>
    static void refuse(D &derived, std::size_t bytes)
    {
        if constexpr (requires { derived.too_long(bytes); })
            derived.too_long(bytes);
        else
            static_cast<Receiver &>(derived).close();
    }

private:
    Connection connection_;
    std::size_t limit_ = 16 * 1024;
    bool paused_ = false, closed_ = false;
};

} // namespace detail

// D has line(std::string_view), without its end: "\n" or "\r\n", or what set_delimiter() says; for set_raw() also
// raw(std::string_view). limit(): 16 KiB.
template<typename D>
class LineReceiver : public detail::Receiver {
public:
    using Receiver::Receiver;

    std::size_t data(std::string_view bytes) // the host calls it
    {
        std::size_t used = 0;
        while (used < bytes.size() && !stopped()) {
            if (raw_) {
                used = bytes.size() - give_raw(bytes.substr(used));
                continue;
            }
            const std::size_t end = find(bytes, used + searched_);
            if (end == std::string_view::npos) return skips_ ? skip(bytes, used) : incomplete(bytes, used);
            searched_ = 0;
            if (skips_) {
                skips_ = false;
                used = end + (delimiter_.empty() ? 1 : delimiter_.size());
                continue;
            }
            const std::string_view line = cut(bytes.substr(used, end - used));
            used = end + (delimiter_.empty() ? 1 : delimiter_.size());
            if (line.size() > limit())
                refuse(derived(), line.size());
            else
                derived().line(line);
        }
        return used;
    }

protected:
    // In one send, with "\r\n" or what set_delimiter() says.
    bool send_line(std::string_view text)
    {
        const std::string_view end = delimiter_.empty() ? std::string_view("\r\n") : std::string_view(delimiter_);
        const std::array<hawser_piece, 2> pieces{
            {{text.data(), text.size(), nullptr, nullptr}, {end.data(), end.size(), nullptr, nullptr}}};
        return connection().raw()->api->write(connection().raw(), pieces.data(), pieces.size()) == HAWSER_OK;
    }
    void set_delimiter(std::string_view bytes) { delimiter_ = bytes; }
    void set_raw() { raw_ = true; } // what comes now goes to raw(), as it comes
    // Inside raw(): from `rest` on, the end of what it was given, there are lines again.
    void set_lines(std::string_view rest)
    {
        raw_ = false;
        rest_ = rest.size();
    }

private:
    D &derived() { return static_cast<D &>(*this); }
    std::size_t give_raw(std::string_view bytes)
    {
        rest_ = 0;
        if constexpr (requires { derived().raw(bytes); }) derived().raw(bytes);
        return raw_ ? 0 : rest_;
    }
    std::size_t find(std::string_view bytes, std::size_t from) const
    {
        if (!delimiter_.empty()) return bytes.find(delimiter_, from);
        if (from >= bytes.size()) return std::string_view::npos;
        const void *found = std::memchr(bytes.data() + from, '\n', bytes.size() - from);
        return found != nullptr ? static_cast<std::size_t>(static_cast<const char *>(found) - bytes.data())
                                : std::string_view::npos;
    }
    std::string_view cut(std::string_view line) const
    {
        if (delimiter_.empty() && !line.empty() && line.back() == '\r') line.remove_suffix(1);
        return line;
    }
    std::size_t incomplete(std::string_view bytes, std::size_t used)
    {
        const std::size_t left = bytes.size() - used;
        const std::size_t end = delimiter_.empty() ? 1 : delimiter_.size() - 1; // bytes that may be of the delimiter
        searched_ = left > end ? left - end : 0;
        if (left <= limit() + end) return used;
        searched_ = 0;
        refuse(derived(), left);
        skips_ = !raw_;
        return skips_ ? skip(bytes, used) : bytes.size();
    }
    // All but what may be the begin of the end of this line.
    std::size_t skip(std::string_view bytes, std::size_t used) const
    {
        const std::size_t kept = delimiter_.empty() ? 0 : delimiter_.size() - 1;
        return bytes.size() - used > kept ? bytes.size() - kept : used;
    }
    std::string delimiter_;
    std::size_t searched_ = 0; // of what is left, bytes in which no end begins
    std::size_t rest_ = 0;
    bool raw_ = false;
    bool skips_ = false; // the rest of a line that is too long
};

// D has message(std::string_view); before each message its length as a Length in network order: std::uint8_t,
// std::uint16_t or std::uint32_t. limit(): 64 KiB less what the length takes, the most that a session may leave with
// the host.
template<typename D, typename Length>
class IntReceiver : public detail::Receiver {
    static_assert(std::is_unsigned_v<Length> && sizeof(Length) <= 4, "std::uint8_t, std::uint16_t or std::uint32_t");

public:
    explicit IntReceiver(Connection connection)
        : Receiver(connection)
    {
        limit_to(HAWSER_INPUT_MAX - 1 - sizeof(Length));
    }
    std::size_t data(std::string_view bytes) // the host calls it
    {
        std::size_t used = skip(bytes.size());
        while (bytes.size() - used >= sizeof(Length) && !stopped()) {
            std::size_t length = 0;
            for (std::size_t i = 0; i < sizeof(Length); ++i)
                length = length << 8 | static_cast<unsigned char>(bytes[used + i]);
            if (length > limit()) {
                refuse(static_cast<D &>(*this), length);
                skipped_ = length;
                used += sizeof(Length);
                used += skip(bytes.size() - used);
                continue;
            }
            if (bytes.size() - used < sizeof(Length) + length) break;
            const std::string_view message = bytes.substr(used + sizeof(Length), length);
            used += sizeof(Length) + length;
            static_cast<D &>(*this).message(message);
        }
        return used;
    }

protected:
    // Throws Error for one that is longer than its length can say.
    bool send(std::string_view message)
    {
        if (message.size() > static_cast<Length>(-1))
            throw Error("expected a message of at most " + std::to_string(static_cast<Length>(-1)) + " bytes, got " +
                        std::to_string(message.size()));
        std::array<char, sizeof(Length)> head;
        for (std::size_t i = 0; i < sizeof(Length); ++i)
            head[i] = static_cast<char>(message.size() >> (8 * (sizeof(Length) - 1 - i)) & 0xff);
        const std::array<hawser_piece, 2> pieces{
            {{head.data(), head.size(), nullptr, nullptr}, {message.data(), message.size(), nullptr, nullptr}}};
        return connection().raw()->api->write(connection().raw(), pieces.data(), pieces.size()) == HAWSER_OK;
    }

private:
    std::size_t skip(std::size_t there)
    {
        const std::size_t skips = there < skipped_ ? there : skipped_;
        skipped_ -= skips;
        return skips;
    }
    std::size_t skipped_ = 0; // still to come of a message that is too long
};

// D has message(std::string_view): "5:hello,". What is none (no digit, a leading zero, no comma) or is too long ends
// the connection, as nobody knows where the next one begins; D may have malformed() and too_long() to say something
// before. limit(): 65,528 bytes.
template<typename D>
class NetstringReceiver : public detail::Receiver {
public:
    explicit NetstringReceiver(Connection connection)
        : Receiver(connection)
    {
        limit_to(HAWSER_INPUT_MAX - 8);
    }
    std::size_t data(std::string_view bytes) // the host calls it
    {
        std::size_t used = 0;
        while (used < bytes.size() && !stopped()) {
            const std::string_view left = bytes.substr(used);
            std::size_t length = 0, digits = 0;
            while (digits < left.size() && left[digits] >= '0' && left[digits] <= '9' && length <= limit())
                length = length * 10 + static_cast<std::size_t>(left[digits++] - '0');
            if (length > limit()) {
                refuse(static_cast<D &>(*this), length);
                close();
                return bytes.size();
            }
            const bool leading_zero = digits > 1 && left[0] == '0';
            if (leading_zero || (digits < left.size() && (digits == 0 || left[digits] != ':'))) return break_off(bytes);
            if (left.size() < digits + length + 2) break;
            if (left[digits + 1 + length] != ',') return break_off(bytes);
            used += digits + length + 2;
            static_cast<D &>(*this).message(left.substr(digits + 1, length));
        }
        return used;
    }

protected:
    bool send(std::string_view message)
    {
        const std::string head = std::to_string(message.size()) + ":";
        const std::array<hawser_piece, 3> pieces{{{head.data(), head.size(), nullptr, nullptr},
                                                  {message.data(), message.size(), nullptr, nullptr},
                                                  {",", 1, nullptr, nullptr}}};
        return connection().raw()->api->write(connection().raw(), pieces.data(), pieces.size()) == HAWSER_OK;
    }

private:
    std::size_t break_off(std::string_view bytes)
    {
        D &derived = static_cast<D &>(*this);
        if constexpr (requires { derived.malformed(); }) derived.malformed();
        close();
        return bytes.size();
    }
};

} // namespace hawser
