// Twisted's chat of LineReceiver: asks for a name, then everybody on this loop reads what one of them says.
#include "hawser/lines.hpp"
#include "hawser/hawser.hpp"

#include <map>

struct Chat;
struct Room {
    std::map<std::string, Chat *> people;
};
struct Chat : hawser::LineReceiver<Chat> {
    Room &room;
    std::string name;
    Chat(hawser::Connection connection, Room &in)
        : LineReceiver(connection)
        , room(in)
    {
        send_line("What is your name?");
    }
    void line(std::string_view text)
    {
        if (!name.empty())
            for (const auto &[other, chat] : room.people) chat->send_line("<" + name + "> " + std::string(text));
        else if (text.empty() || !room.people.emplace(text, this).second)
            send_line("Please choose another.");
        else
            send_line("Welcome, " + (name = text) + "!");
    }
    void drain(std::uint64_t, std::uint32_t) { close(); }
    void closed(std::int32_t)
    {
        if (!name.empty()) room.people.erase(name);
    }
};
HAWSER_PLUGIN(hawser::protocol<Chat, Room>("classic_lines"))
