// Tests: tests/unit/plugin/note_test.cpp
#include "plugin/elf_file.hpp"

#include <algorithm>
#include <bit>

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

// `image` is the beginning of the file, or all of it.
Result<Elf64_Ehdr> read_header(std::string_view image)
{
    if (image.empty()) return wrong("expected a shared library, got an empty file");
    if (image.size() < SELFMAG || std::memcmp(image.data(), ELFMAG, SELFMAG) != 0)
        return wrong("expected a shared library, got a file that is not ELF");
    if (image.size() < EI_NIDENT) return wrong("truncated in its ELF header");
    if (image[EI_CLASS] != ELFCLASS64) return wrong("built for another machine: expected 64-bit ELF");
    const char order = std::endian::native == std::endian::little ? ELFDATA2LSB : ELFDATA2MSB;
    if (image[EI_DATA] != order) return wrong("built for another machine: its byte order is not this one's");
    const auto header = value_at<Elf64_Ehdr>(image, 0);
    if (!header) return wrong("truncated in its ELF header");
    if (header->e_machine != kMachine) {
        return wrong("built for another machine: expected " + std::string(kMachineName) + ", got " +
                     machine_name(header->e_machine));
    }
    if (header->e_type != ET_DYN) return wrong("expected a shared library, got another kind of ELF file");
    if (header->e_phentsize != sizeof(Elf64_Phdr)) return wrong("damaged: its program headers have an unknown size");
    return *header;
}

} // namespace

Result<ElfFile> ElfFile::open(const Image &image)
{
    auto head = image.read(0, std::min<std::uint64_t>(image.size(), sizeof(Elf64_Ehdr)));
    if (!head) return std::move(head.error());
    auto header = read_header(*head);
    if (!header) return std::move(header.error());
    if (header->e_phoff > image.size()) return wrong("truncated before its program headers");
    const std::uint64_t size = std::uint64_t{header->e_phnum} * sizeof(Elf64_Phdr);
    if (!image.holds(header->e_phoff, size)) return wrong("truncated in its program headers");
    auto bytes = image.read(header->e_phoff, size);
    if (!bytes) return std::move(bytes.error());
    ElfFile file(image);
    for (std::uint64_t at = 0; at < size; at += sizeof(Elf64_Phdr))
        file.segments_.push_back(*value_at<Elf64_Phdr>(*bytes, at));
    const std::uint64_t sections = std::uint64_t{header->e_shnum} * sizeof(Elf64_Shdr);
    if (header->e_shentsize == sizeof(Elf64_Shdr) && image.holds(header->e_shoff, sections)) {
        file.sections_at_ = header->e_shoff;
        file.sections_size_ = sections;
    }
    return file;
}

std::uint64_t ElfFile::end() const
{
    std::uint64_t last = sections_at_ + sections_size_;
    const auto reaches = [&](std::uint64_t offset, std::uint64_t size) {
        if (image_->holds(offset, size)) last = std::max(last, offset + size);
    };
    for (const Elf64_Phdr &each : segments_) reaches(each.p_offset, each.p_filesz);
    const auto table = image_->read(sections_at_, sections_size_);
    for (std::uint64_t at = 0; table && at < sections_size_; at += sizeof(Elf64_Shdr)) {
        const auto section = *value_at<Elf64_Shdr>(*table, at);
        if (section.sh_type != SHT_NOBITS) reaches(section.sh_offset, section.sh_size);
    }
    return last;
}

const Elf64_Phdr *ElfFile::segment(std::uint32_t type) const
{
    const auto found = std::find_if(segments_.begin(), segments_.end(),
                                    [type](const Elf64_Phdr &each) { return each.p_type == type; });
    return found != segments_.end() ? &*found : nullptr;
}

Result<void> ElfFile::check_segments() const
{
    for (const Elf64_Phdr &each : segments_) {
        const bool needed = each.p_type == PT_LOAD || each.p_type == PT_NOTE;
        if (needed && !image_->holds(each.p_offset, each.p_filesz))
            return wrong("truncated: a segment reaches beyond the end of the file");
        // The loader would make the stacks of the whole process executable.
        if (each.p_type == PT_GNU_STACK && (each.p_flags & PF_X) != 0)
            return wrong("it asks for an executable stack; link it with -Wl,-z,noexecstack");
    }
    return {};
}

std::optional<std::uint64_t> ElfFile::offset_of(std::uint64_t address) const
{
    for (const Elf64_Phdr &each : segments_) {
        if (each.p_type == PT_LOAD && address >= each.p_vaddr && address - each.p_vaddr < each.p_filesz)
            return each.p_offset + (address - each.p_vaddr);
    }
    return std::nullopt;
}

} // namespace hawser::host
