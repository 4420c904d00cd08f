// A plain socket client. Every wait has a deadline.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace hawser::test {

class Client {
public:
    // "127.0.0.1:80", "[::1]:80", "unix:/path". connected() tells.
    explicit Client(const std::string &address, int receive_buffer = 0);
    ~Client();
    Client(Client &&other) noexcept
        : fd_(other.fd_)
        , input_(std::move(other.input_))
    {
        other.fd_ = -1;
    }
    Client(const Client &) = delete;
    Client &operator=(const Client &) = delete;

    bool connected() const { return fd_ >= 0; }
    int fd() const { return fd_; }
    bool send(std::string_view bytes);
    void shut_down(); // our direction
    void reset();     // closes with RST
    // Exactly n bytes, or fewer if the peer ended.
    std::string receive(std::size_t n);
    std::string receive_until(std::string_view text); // with the text; what came before the end otherwise
    std::string receive_all();                        // until the peer ends
    bool ended();                                     // the peer has closed, waits for it

    struct Answer {
        int status = 0;
        std::string head, body;
        bool closes = false;
    };
    // One HTTP answer with Content-Length, chunks, or up to the end.
    Answer answer(bool to_head = false);
    // Sends a GET with Host and reads its answer.
    Answer get(const std::string &path, const std::string &fields = {});

private:
    bool fill();
    int fd_ = -1;
    std::string input_;
};

} // namespace hawser::test
