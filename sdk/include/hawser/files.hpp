// hawser/files.hpp: files read and written on the offload pool. What fails throws Error with the path and the system's
// reason. [loop]
#pragma once

#include "hawser/error.hpp"
#include "hawser/task.hpp"
#include "hawser/wait.hpp"

#if !defined(_WIN32)
#include <unistd.h>
#endif

#include <cerrno>
#include <cstddef>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <memory>
#include <random>
#include <string>
#include <string_view>
#include <utility>

namespace hawser {
namespace detail {

struct CloseFile {
    void operator()(std::FILE *file) const noexcept { std::fclose(file); }
};
using FileHandle = std::unique_ptr<std::FILE, CloseFile>;

[[noreturn]] inline void throw_file_error(const std::string &path) { throw Error(path + ": " + std::strerror(errno)); }

inline FileHandle open_file(const std::string &path, const char *mode)
{
    FileHandle file(std::fopen(path.c_str(), mode));
    if (!file) throw_file_error(path);
    return file;
}

inline void write_all(const FileHandle &file, std::string_view bytes, const std::string &path)
{
    if (std::fwrite(bytes.data(), 1, bytes.size(), file.get()) != bytes.size() || std::fflush(file.get()) != 0)
        throw_file_error(path);
}

// What is renamed before it is on the disk may be empty where the machine loses power.
inline void sync(const FileHandle &file, const std::string &path)
{
#if !defined(_WIN32)
    if (::fdatasync(::fileno(file.get())) != 0) throw_file_error(path);
#endif
}

// Each has what it uses: a task that is cancelled leaves its work on the pool to its end.
struct ReadWork {
    std::string path;
    std::size_t most;
    std::string operator()() const
    {
        const FileHandle file = open_file(path, "rbe");
        std::string whole;
        char part[65536];
        for (std::size_t n = 0; (n = std::fread(part, 1, sizeof part, file.get())) > 0;) {
            if (n > most - whole.size())
                throw StatusError(HAWSER_LIMIT, path + ": expected at most " + std::to_string(most) + " bytes");
            whole.append(part, n);
        }
        if (std::ferror(file.get()) != 0) throw_file_error(path);
        return whole;
    }
};
struct WriteWork {
    std::string path, bytes;
    void operator()() const
    {
        const std::string draft = path + ".new-" + std::to_string(std::random_device()());
        try {
            {
                const FileHandle file = open_file(draft, "wbxe");
                write_all(file, bytes, draft);
                sync(file, draft);
            }
            std::filesystem::rename(draft, path);
        } catch (...) {
            std::error_code ignored;
            std::filesystem::remove(draft, ignored);
            throw;
        }
    }
};
struct CreateWork {
    std::string path;
    void operator()() const { open_file(path, "wbxe"); }
};
struct AppendWork {
    std::string path, bytes;
    void operator()() const { write_all(open_file(path, "abe"), bytes, path); }
};

} // namespace detail

// The whole file. Throws StatusError with HAWSER_LIMIT if it has more than `most` bytes.
inline Task<std::string> read_file(std::string path, std::size_t most = 16 * 1024 * 1024)
{
    const detail::ReadWork work{std::move(path), most};
    co_return co_await offload(work);
}

// Makes or replaces the file: whoever opens it sees all of it or what was before, also after a loss of power.
inline Task<> write_file(std::string path, std::string bytes)
{
    const detail::WriteWork work{std::move(path), std::move(bytes)};
    co_await offload(work);
}

// At the end of the file, which is made if it is not there.
inline Task<> append_file(std::string path, std::string bytes)
{
    const detail::AppendWork work{std::move(path), std::move(bytes)};
    co_await offload(work);
}

} // namespace hawser
