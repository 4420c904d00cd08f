// The boundary's headers as text: which structs they declare, with which members, and what is said of each function.
#pragma once

#include <string>
#include <vector>

namespace hawser::test {

struct Declared {
    std::string structure, member; // "hawser_host", "log"
    std::string text;              // "void(HAWSER_CALL *log)(const hawser_node *, …)", without comments
    std::string comment;           // of the member, and of its struct
    bool function = false;
};

std::string header(const std::string &name); // the text of hawser/NAME
std::vector<Declared> declarations(const std::string &header);

} // namespace hawser::test
