// A database in a directory of its own, opened by the plugin `sqlite` as it was built.
#pragma once

#include "hawser/sql.h"
#include "hawser/testing.hpp"
#include "hawser/testing/library.hpp"

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <string>

namespace hawser::testing {

class Directory {
public:
    Directory()
    {
        std::string name = (std::filesystem::temp_directory_path() / "hawser-sqlite-XXXXXX").string();
        path_ = ::mkdtemp(name.data());
    }
    Directory(const Directory &) = delete;
    Directory &operator=(const Directory &) = delete;
    ~Directory() { std::filesystem::remove_all(path_); }
    const std::string &path() const { return path_; }

private:
    std::string path_;
};

inline const hawser_kind *sqlite_kind() { return Library(HAWSER_SQLITE).kind("sqlite"); }

// As an option of whoever uses the service gets it.
inline hawser_object database_object(Instance &service)
{
    hawser_object object = *service.object();
    object.api = service.kind().get_interface(service.self(), HAWSER_SQL);
    return object;
}

} // namespace hawser::testing
