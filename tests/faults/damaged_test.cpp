// Damaged files among good ones, as the commands of the program and a running host meet them.
#include "setup.hpp"

#include <gtest/gtest.h>

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>
#include <fstream>

namespace hawser::test {
namespace {

namespace fs = std::filesystem;

std::string read(const std::string &path)
{
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

void make_socket(const std::string &path)
{
    const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
    EXPECT_EQ(::bind(fd, reinterpret_cast<const sockaddr *>(&address), sizeof address), 0);
    ::close(fd);
}

TEST(Damaged, HidesNoGoodPluginAndIsListedWithItsReason)
{
    const Faulty setup;
    const std::string directory = setup.directory / "plugins/";
    const std::string good = read(fault_library());
    const auto write = [&](const std::string &name, const std::string &bytes) {
        std::ofstream(directory + name, std::ios::binary) << bytes;
    };
    std::string other = good, newer = good;
    other[18] = '\xb7'; // e_machine: AArch64
    newer.replace(newer.find("abi = \"1.0\"") + 7, 3, "2.0");
    write("cut.so", good.substr(0, 4096));
    write("empty.so", "");
    write("other.so", other);
    write("newer.so", newer);
    write("text.so", "#!/bin/sh\n");
    fs::create_directory(directory + "directory.so");
    ASSERT_EQ(::mkfifo((directory + "fifo.so").c_str(), 0600), 0);
    make_socket(directory + "socket.so");
    write("sparse.so", "x");
    fs::resize_file(directory + "sparse.so", std::uintmax_t{2} << 30);
    const std::string config = setup.directory.write("hawser.toml", setup.host() + service(""));
    const Ended listed = hawser({"plugins", "--config", config});
    for (const char *reason : {
             "truncated: a segment reaches beyond the end of the file",
             "expected a shared library, got an empty file",
             "built for another machine: expected x86-64, got AArch64",
             "built for ABI 2.0, this host speaks 1.0 to 1.0; use a newer host",
             "expected a shared library, got a file that is not ELF",
             "not a regular file: a directory",
             "not a regular file: a FIFO",
             "not a regular file: a socket",
         })
        EXPECT_NE(listed.out.find(reason), std::string::npos) << reason << '\n' << listed.out << listed.err;
    Host host(setup.host() + service("") + listener("a", ""));
    ASSERT_TRUE(host.ready()) << host.process().err();
    EXPECT_TRUE(serves(host, "a"));
    EXPECT_EQ(host.stop(), 0);
}

// Of a library only headers and notes are read: what follows does not matter, however much it is.
TEST(Damaged, EmptySpaceBehindTheLibraryCostsNothing)
{
    const Faulty setup;
    fs::resize_file(setup.directory / "plugins/fault.so", std::uintmax_t{2} << 30);
    Host host(setup.host() + listener("a", ""));
    ASSERT_TRUE(host.ready()) << host.process().err();
    EXPECT_TRUE(serves(host, "a"));
    EXPECT_EQ(host.stop(), 0);
}

TEST(Damaged, DeviceIsNotOpened)
{
    if (::geteuid() != 0) GTEST_SKIP() << "only root makes devices";
    const Faulty setup;
    const std::string path = setup.directory / "plugins/device.so";
    if (::mknod(path.c_str(), S_IFCHR | 0600, makedev(1, 5)) != 0) GTEST_SKIP() << "devices cannot be made here";
    const Ended listed = hawser({"plugins", "--config", setup.directory.write("hawser.toml", setup.host())});
    EXPECT_NE(listed.out.find("not a regular file: a device"), std::string::npos) << listed.out;
}

// Code that is damaged passes the catalogue, which reads no code. Whatever it does then, the host ends with a status of
// the table or serves, and stops.
TEST(Damaged, CodeHarmsTheWorkerAlone)
{
    std::string good = read(fault_library());
    std::uint32_t seed = 7;
    const auto next = [&seed] { return seed = seed * 1664525 + 1013904223; };
    for (int i = 0; i < (sanitized() ? 6 : 24); ++i) {
        const Faulty setup;
        std::string mutant = good;
        // Not in the headers, whose mutants are refused before they are loaded.
        for (int k = 0; k < 16; ++k)
            mutant[1024 + (next() >> 8) % (mutant.size() / 2)] ^= static_cast<char>(next() >> 13 | 1);
        std::ofstream(setup.directory / "plugins/fault.so", std::ios::binary) << mutant;
        Host host(setup.host("start_timeout = \"2s\"") + neighbour() + service(""));
        if (host.ready()) {
            EXPECT_TRUE(serves(host)) << i;
            const int status = host.stop();
            EXPECT_TRUE(status == 0 || status == 75) << i << ": " << status << host.process().err();
        } else {
            const int status = host.process().wait();
            EXPECT_TRUE(status == 70 || status == 78) << i << ": " << status << host.process().err();
            EXPECT_NE(host.process().err().find("fault"), std::string::npos) << i << host.process().err();
        }
    }
}

} // namespace
} // namespace hawser::test
