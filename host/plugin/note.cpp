// Tests: tests/unit/plugin/note_test.cpp
#include "plugin/note.hpp"

#include "hawser/manifest.h"

#include <optional>

namespace hawser::host {
namespace {

constexpr std::uint64_t kMostNotes = 16 << 20;

Error wrong(std::string text) { return {Status::BadConfig, std::move(text)}; }

std::optional<std::string_view> part(std::string_view image, std::uint64_t offset, std::uint64_t size)
{
    if (offset > image.size() || image.size() - offset < size) return std::nullopt;
    return image.substr(offset, size);
}

constexpr std::uint64_t rounded(std::uint64_t n) { return (n + 3) & ~std::uint64_t{3}; }

// The notes of one PT_NOTE segment. The first manifest goes to `found`, one more is an error.
Result<void> scan_notes(std::string_view notes, std::optional<std::string> &found)
{
    std::uint64_t offset = 0;
    while (const auto head = value_at<Elf64_Nhdr>(notes, offset)) {
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

Result<std::string> read_manifest_note(const ElfFile &file)
{
    std::optional<std::string> found;
    for (const Elf64_Phdr &segment : file.segments()) {
        // PT_NOTE with 8-byte alignment holds GNU properties only.
        if (segment.p_type != PT_NOTE || segment.p_align > 4) continue;
        if (segment.p_filesz > kMostNotes) return wrong("damaged: its notes are larger than 16 MiB");
        auto bytes = file.image().read(segment.p_offset, segment.p_filesz);
        if (!bytes) return std::move(bytes.error());
        if (auto scanned = scan_notes(*bytes, found); !scanned) return std::move(scanned.error());
    }
    if (!found) return wrong("no manifest: not a plugin, or built without hawser_add_plugin()");
    return std::move(*found);
}

Result<std::string> read_manifest_note(std::string_view bytes)
{
    const Image image(bytes);
    auto file = ElfFile::open(image);
    if (!file) return std::move(file.error());
    if (auto checked = file->check_segments(); !checked) return std::move(checked.error());
    return read_manifest_note(*file);
}

} // namespace hawser::host
