// The names of a file and their hashed passwords, and whether a password is right. Plain values; for any thread.
#pragma once

#include <map>
#include <string>
#include <string_view>

namespace auth {

class Users {
public:
    // Of a file as htpasswd writes it: "name:hash" a line, "#" for comments. Throws std::runtime_error with the line.
    static Users read(const std::string &path);

    // Takes as long for a name that is not there. Some 100 ms of work: not for a loop. Throws std::bad_alloc.
    bool are_right(const std::string &name, const std::string &password) const;
    // The hash of a name, or "".
    std::string_view hash_of(const std::string &name) const;

private:
    std::map<std::string, std::string, std::less<>> hashes_;
    std::string decoy_; // of the kind that most have: what names that are not there are tried with
};

// Both of "Basic dXNlcjpwYXNz" (RFC 7617). False: it is no such thing.
bool read_basic(std::string_view value, std::string &name, std::string &password);

} // namespace auth
