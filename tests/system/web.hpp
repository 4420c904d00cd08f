// What tests of resources begin with: a listener with routes, and the fields of an answer.
#pragma once

#include "host_process.hpp"

#include <gtest/gtest.h>

#include <string>

namespace hawser::test {

// Lines like "\"/\" = { resource = \"text\" }".
inline std::string web_with(const std::string &routes)
{
    return "[listeners.web]\naddress = \"127.0.0.1:0\"\nprotocol = \"http\"\n[listeners.web.routes]\n" + routes + '\n';
}

// The value of a field of an answer's head, or "".
inline std::string field_of(const Client::Answer &answer, const std::string &name)
{
    const std::size_t at = answer.head.find("\r\n" + name + ": ");
    if (at == std::string::npos) return {};
    const std::size_t begin = at + name.size() + 4;
    return answer.head.substr(begin, answer.head.find('\r', begin) - begin);
}

// `head`: the first line and fields without Host, each with its end.
inline Client::Answer ask(Client &client, const std::string &head, const std::string &body = {})
{
    const std::size_t line = head.find("\r\n") + 2;
    std::string request = head.substr(0, line) + "Host: a\r\n" + head.substr(line);
    if (!body.empty()) request += "Content-Length: " + std::to_string(body.size()) + "\r\n";
    client.send(request + "\r\n" + body);
    return client.answer(head.starts_with("HEAD "));
}

// What a host that does not start with these routes says.
inline std::string refusal_of(const std::string &routes)
{
    Host host(web_with(routes));
    EXPECT_FALSE(host.ready()) << routes;
    EXPECT_EQ(host.process().wait(), 78) << routes;
    return host.process().err();
}

inline bool has(const std::string &text, const std::string &part) { return text.find(part) != std::string::npos; }

} // namespace hawser::test
