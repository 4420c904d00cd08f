// A shared library for this machine, read without loading it. Every length and offset of the file is checked.
#pragma once

#include "base/result.hpp"
#include "plugin/image.hpp"

#include <elf.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace hawser::host {

class ElfFile {
public:
    // Reads the header and the program headers. Errors say what is wrong with the file, to stand behind its path. Of a
    // long file that is no library only the beginning is read.
    static Result<ElfFile> open(const Image &image);

    const Image &image() const { return *image_; }
    const std::vector<Elf64_Phdr> &segments() const { return segments_; }
    const Elf64_Phdr *segment(std::uint32_t type) const; // the first, or null
    // Whether what has to be loaded or read lies within the file.
    Result<void> check_segments() const;
    // Where the last thing ends that the file itself speaks of: what is behind it is nobody's.
    std::uint64_t end() const;
    // Where the byte that is loaded at `address` lies in the file.
    std::optional<std::uint64_t> offset_of(std::uint64_t address) const;

private:
    explicit ElfFile(const Image &image)
        : image_(&image)
    {}
    const Image *image_;
    std::vector<Elf64_Phdr> segments_;
    std::uint64_t sections_at_ = 0, sections_size_ = 0; // the table of sections, within the file
};

} // namespace hawser::host
