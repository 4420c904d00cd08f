// Tests: tests/unit/plugin/symbols_test.cpp
#include "plugin/symbols.hpp"

#include "base/fd.hpp"
#include "plugin/image.hpp"

#include <elf.h>
#include <fcntl.h>
#include <sys/stat.h>

#include <cxxabi.h>

#include <algorithm>
#include <cstdlib>
#include <memory>

namespace hawser::host {
namespace {

constexpr std::uint64_t kMostTable = std::uint64_t{64} << 20; // bytes of symbols that are looked at
constexpr std::size_t kMostName = 1024;

std::string name_at(const Image &image, const Elf64_Shdr &names, std::uint32_t offset)
{
    if (offset >= names.sh_size) return {};
    const std::uint64_t most = std::min<std::uint64_t>(names.sh_size - offset, kMostName);
    const auto text = image.read(names.sh_offset + offset, most);
    return text ? text->substr(0, text->find('\0')) : std::string();
}

// As its author wrote it, if it is a name of C++.
std::string readable(const std::string &name)
{
    const std::unique_ptr<char, void (*)(void *)> text(abi::__cxa_demangle(name.c_str(), nullptr, nullptr, nullptr),
                                                       std::free);
    return text ? text.get() : name;
}

// In one table of symbols.
std::string look(const Image &image, const Elf64_Shdr &table, const Elf64_Shdr &names, std::uint64_t address)
{
    const auto symbols = image.read(table.sh_offset, std::min(table.sh_size, kMostTable));
    if (!symbols) return {};
    for (std::uint64_t at = 0; at + sizeof(Elf64_Sym) <= symbols->size(); at += sizeof(Elf64_Sym)) {
        const auto symbol = *value_at<Elf64_Sym>(*symbols, at);
        const bool holds = address >= symbol.st_value && address - symbol.st_value < symbol.st_size;
        if (ELF64_ST_TYPE(symbol.st_info) == STT_FUNC && symbol.st_shndx != SHN_UNDEF && holds)
            return name_at(image, names, symbol.st_name);
    }
    return {};
}

} // namespace

std::string function_at(const std::string &path, std::uint64_t address)
{
    struct stat status {};
    // To open a device may do something.
    if (::lstat(path.c_str(), &status) != 0 || !S_ISREG(status.st_mode)) return {};
    const Fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
    if (!file || ::fstat(file.get(), &status) != 0 || !S_ISREG(status.st_mode)) return {};
    const Image image(file.get(), static_cast<std::uint64_t>(status.st_size));
    const auto head = image.read(0, std::min<std::uint64_t>(image.size(), sizeof(Elf64_Ehdr)));
    const auto header = head ? value_at<Elf64_Ehdr>(*head, 0) : std::nullopt;
    if (!header || header->e_shentsize != sizeof(Elf64_Shdr)) return {};
    const auto table = image.read(header->e_shoff, std::uint64_t{header->e_shnum} * sizeof(Elf64_Shdr));
    if (!table) return {};
    // The whole table of symbols first, if it was not stripped.
    for (const std::uint32_t wanted : {SHT_SYMTAB, SHT_DYNSYM}) {
        for (std::uint64_t at = 0; at < table->size(); at += sizeof(Elf64_Shdr)) {
            const auto section = *value_at<Elf64_Shdr>(*table, at);
            const auto names = value_at<Elf64_Shdr>(*table, std::uint64_t{section.sh_link} * sizeof(Elf64_Shdr));
            if (section.sh_type != wanted || !names) continue;
            if (const std::string found = look(image, section, *names, address); !found.empty()) return readable(found);
        }
    }
    return {};
}

} // namespace hawser::host
