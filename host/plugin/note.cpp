// Tests: tests/unit/plugin/note_test.cpp
#include "plugin/note.hpp"

#include "hawser/manifest.h"

#include <elf.h>

#include <bit>
#include <cstring>
#include <optional>

namespace hawser::host {
namespace {

// The machine that this host runs on.
#if defined(__x86_64__)
constexpr Elf64_Half kMachine = EM_X86_64;
constexpr std::string_view kMachineName = "x86-64";
#elif defined(__aarch64__)
constexpr Elf64_Half kMachine = EM_AARCH64;
constexpr std::string_view kMachineName = "AArch64";
#elif defined(__riscv)
constexpr Elf64_Half kMachine = EM_RISCV;
constexpr std::string_view kMachineName = "RISC-V";
#else
#error "name this machine's ELF number here"
#endif

Error wrong(std::string text) { return {Status::BadConfig, std::move(text)}; }

// A copy of the T at `offset`, or nothing if it does not lie inside.
template<typename T>
std::optional<T> at(std::string_view image, std::uint64_t offset)
{
    if (offset > image.size() || image.size() - offset < sizeof(T)) return std::nullopt;
    T value;
    std::memcpy(&value, image.data() + offset, sizeof value);
    return value;
}

std::optional<std::string_view> part(std::string_view image, std::uint64_t offset, std::uint64_t size)
{
    if (offset > image.size() || image.size() - offset < size) return std::nullopt;
    return image.substr(offset, size);
}

std::string machine_name(Elf64_Half machine)
{
    switch (machine) {
    case EM_386:
        return "x86";
    case EM_X86_64:
        return "x86-64";
    case EM_ARM:
        return "ARM";
    case EM_AARCH64:
        return "AArch64";
    case EM_RISCV:
        return "RISC-V";
    case EM_PPC64:
        return "PowerPC 64";
    case EM_S390:
        return "S/390";
    default:
        return "number " + std::to_string(machine);
    }
}

Result<Elf64_Ehdr> read_header(std::string_view image)
{
    if (image.empty()) return wrong("expected a shared library, got an empty file");
    if (image.size() < SELFMAG || std::memcmp(image.data(), ELFMAG, SELFMAG) != 0)
        return wrong("expected a shared library, got a file that is not ELF");
    if (image.size() < EI_NIDENT) return wrong("truncated in its ELF header");
    if (image[EI_CLASS] != ELFCLASS64) return wrong("built for another machine: expected 64-bit ELF");
    const char order = std::endian::native == std::endian::little ? ELFDATA2LSB : ELFDATA2MSB;
    if (image[EI_DATA] != order) return wrong("built for another machine: its byte order is not this one's");
    const auto header = at<Elf64_Ehdr>(image, 0);
    if (!header) return wrong("truncated in its ELF header");
    if (header->e_machine != kMachine) {
        return wrong("built for another machine: expected " + std::string(kMachineName) + ", got " +
                     machine_name(header->e_machine));
    }
    if (header->e_type != ET_DYN) return wrong("expected a shared library, got another kind of ELF file");
    if (header->e_phentsize != sizeof(Elf64_Phdr)) return wrong("damaged: its program headers have an unknown size");
    return *header;
}

constexpr std::uint64_t rounded(std::uint64_t n) { return (n + 3) & ~std::uint64_t{3}; }

// The notes of one PT_NOTE segment. The first manifest goes to `found`, one more is an error.
Result<void> scan_notes(std::string_view notes, std::optional<std::string> &found)
{
    std::uint64_t offset = 0;
    while (const auto head = at<Elf64_Nhdr>(notes, offset)) {
        const std::uint64_t name_at = offset + sizeof(Elf64_Nhdr);
        const std::uint64_t text_at = name_at + rounded(head->n_namesz);
        const auto name = part(notes, name_at, head->n_namesz);
        const auto text = part(notes, text_at, head->n_descsz);
        if (!name || !text) return wrong("damaged: a note reaches beyond its segment");
        offset = text_at + rounded(head->n_descsz);
        if (*name != std::string_view(HAWSER_NOTE_NAME, sizeof HAWSER_NOTE_NAME)) continue;
        if (head->n_type != HAWSER_NOTE_MANIFEST) continue;
        if (found) return wrong("it has two manifests, expected one");
        // Zeros at its end are padding: HAWSER_MANIFEST cannot leave out those of its string literal.
        const std::string_view trimmed = text->substr(0, text->find_last_not_of('\0') + 1);
        if (trimmed.size() > HAWSER_MANIFEST_MAX) return wrong("its manifest is larger than 1 MiB");
        found = std::string(trimmed);
    }
    return {};
}

} // namespace

Result<void> check_elf_header(std::string_view image)
{
    auto header = read_header(image);
    if (!header) return std::move(header.error());
    return {};
}

Result<std::string> read_manifest_note(std::string_view image)
{
    auto header = read_header(image);
    if (!header) return std::move(header.error());
    std::optional<std::string> found;
    for (unsigned i = 0; i < header->e_phnum; ++i) {
        // The sum cannot wrap: e_phoff beyond the file is refused by at().
        if (header->e_phoff > image.size()) return wrong("truncated before its program headers");
        const auto segment = at<Elf64_Phdr>(image, header->e_phoff + std::uint64_t{i} * sizeof(Elf64_Phdr));
        if (!segment) return wrong("truncated in its program headers");
        const auto bytes = part(image, segment->p_offset, segment->p_filesz);
        if ((segment->p_type == PT_LOAD || segment->p_type == PT_NOTE) && !bytes)
            return wrong("truncated: a segment reaches beyond the end of the file");
        if (segment->p_type != PT_NOTE) continue;
        // PT_NOTE with 8-byte alignment holds GNU properties only.
        if (segment->p_align > 4) continue;
        if (auto scanned = scan_notes(*bytes, found); !scanned) return std::move(scanned.error());
    }
    if (!found) return wrong("no manifest: not a plugin, or built without hawser_add_plugin()");
    return std::move(*found);
}

} // namespace hawser::host
