#include "targets.hpp"

#include "config/manifest.hpp"
#include "plugin/dynamic.hpp"
#include "plugin/elf_file.hpp"
#include "plugin/note.hpp"

#include "hawser/manifest.h"

namespace hawser::fuzz {

using namespace host;

void library(std::string_view input)
{
    const Image image(input);
    const auto file = ElfFile::open(image);
    if (!file) return demand(!file.error().text.empty(), "an error says what is wrong");
    if (const auto sound = file->check_segments(); !sound)
        return demand(!sound.error().text.empty(), "an error says what is wrong");
    for (const Elf64_Phdr &segment : file->segments())
        if (segment.p_type == PT_LOAD)
            demand(image.holds(segment.p_offset, segment.p_filesz), "what is loaded lies in the file");
    const auto dynamic = read_dynamic(*file);
    demand(dynamic.ok() || !dynamic.error().text.empty(), "an error says what is wrong");
    const auto text = read_manifest_note(*file);
    if (!text) return demand(!text.error().text.empty(), "an error says what is wrong");
    demand(text->size() <= HAWSER_MANIFEST_MAX, "a manifest is not longer than allowed");
    Sources sources;
    Problems problems;
    const auto manifest = parse_manifest(*text, "a.so", sources, problems);
    demand(manifest.has_value() == problems.empty(), "there is a manifest, or a problem");
}

} // namespace hawser::fuzz
