// A protocol: says every line again, in capitals. What is not yet a whole line stays with the host.
#include "hawser/hawser.hpp"

#include <cctype>

struct Shout {
    hawser::Connection connection;
    std::size_t data(std::string_view bytes)
    {
        const std::size_t whole = bytes.rfind('\n') + 1; // 0 if there is none
        std::string lines(bytes.substr(0, whole));
        for (char &c : lines) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
        if (!connection.write(lines)) connection.pause(true);
        return whole;
    }
    void drained() { connection.pause(false); }
    void drain(std::uint64_t, std::uint32_t) { connection.close(); }
};
HAWSER_PLUGIN(hawser::protocol<Shout>("shout"))
