// Tests: tests/unit/plugin/decision_test.cpp
#include "plugin/dynamic.hpp"

#include <algorithm>

namespace hawser::host {
namespace {

constexpr std::uint64_t kMostSymbols = 1'000'000;
constexpr std::uint64_t kMostNames = 64 << 20; // bytes
constexpr std::uint64_t kMostEntries = 64 << 10;

Error damaged(const std::string &what) { return {Status::BadConfig, "damaged: " + what}; }

// Where the tables of the dynamic section lie, as addresses; 0: absent.
struct Tables {
    std::uint64_t symbols = 0, names = 0, names_size = 0, hash = 0, gnu_hash = 0, init = 0, init_size = 0;
};

class Reader {
public:
    explicit Reader(const ElfFile &file)
        : file_(file)
    {}

    Result<Dynamic> run()
    {
        auto entries = read_entries();
        if (!entries) return std::move(entries.error());
        for (const Elf64_Dyn &entry : *entries) note(entry);
        if (auto names = read_names(); !names) return std::move(names.error());
        for (const Elf64_Dyn &entry : *entries) note_text(entry);
        if (tables_.init != 0) ++dynamic_.initializers;
        dynamic_.initializers += tables_.init_size / sizeof(Elf64_Addr);
        if (auto symbols = read_symbols(); !symbols) return std::move(symbols.error());
        return std::move(dynamic_);
    }

private:
    Result<std::vector<Elf64_Dyn>> read_entries()
    {
        const Elf64_Phdr *segment = file_.segment(PT_DYNAMIC);
        if (segment == nullptr) return damaged("it has no dynamic section");
        if (segment->p_filesz > kMostEntries * sizeof(Elf64_Dyn)) return damaged("its dynamic section is too large");
        auto bytes = file_.image().read(segment->p_offset, segment->p_filesz);
        if (!bytes) return damaged("its dynamic section reaches beyond the end of the file");
        std::vector<Elf64_Dyn> entries;
        for (std::uint64_t at = 0;; at += sizeof(Elf64_Dyn)) {
            const auto entry = value_at<Elf64_Dyn>(*bytes, at);
            if (!entry || entry->d_tag == DT_NULL) return entries;
            entries.push_back(*entry);
        }
    }

    void note(const Elf64_Dyn &entry)
    {
        switch (entry.d_tag) {
        case DT_SYMTAB:
            tables_.symbols = entry.d_un.d_ptr;
            break;
        case DT_STRTAB:
            tables_.names = entry.d_un.d_ptr;
            break;
        case DT_STRSZ:
            tables_.names_size = entry.d_un.d_val;
            break;
        case DT_HASH:
            tables_.hash = entry.d_un.d_ptr;
            break;
        case DT_GNU_HASH:
            tables_.gnu_hash = entry.d_un.d_ptr;
            break;
        case DT_INIT_ARRAYSZ:
            tables_.init_size = entry.d_un.d_val;
            break;
        case DT_TEXTREL:
            dynamic_.text_relocations = true;
            break;
        case DT_FLAGS:
            dynamic_.text_relocations = dynamic_.text_relocations || (entry.d_un.d_val & DF_TEXTREL) != 0;
            break;
        default:
            break;
        }
    }

    void note_text(const Elf64_Dyn &entry)
    {
        if (entry.d_tag == DT_NEEDED) dynamic_.needed.push_back(name(entry.d_un.d_val));
        if (entry.d_tag != DT_RUNPATH && entry.d_tag != DT_RPATH) return;
        const std::string all = name(entry.d_un.d_val);
        std::string_view left = all;
        while (!left.empty()) {
            const std::size_t colon = left.find(':');
            if (colon != 0) dynamic_.paths.emplace_back(left.substr(0, colon));
            left.remove_prefix(colon == std::string_view::npos ? left.size() : colon + 1);
        }
    }

    // Bytes by the address at which they are loaded.
    Result<std::string> loaded(std::uint64_t address, std::uint64_t size, const char *what)
    {
        const auto offset = file_.offset_of(address);
        if (!offset || !file_.image().holds(*offset, size))
            return damaged(std::string(what) + " lies outside of the file");
        return file_.image().read(*offset, size);
    }

    Result<void> read_names()
    {
        if (tables_.names == 0) return damaged("its dynamic section names no string table");
        if (tables_.names_size > kMostNames) return damaged("its string table is larger than 64 MiB");
        auto bytes = loaded(tables_.names, tables_.names_size, "its string table");
        if (!bytes) return std::move(bytes.error());
        names_ = std::move(*bytes);
        return {};
    }

    std::string name(std::uint64_t at) const
    {
        if (at >= names_.size()) return {};
        return names_.substr(at, names_.find('\0', at) - at);
    }

    // The dynamic symbol table does not say its length; the hash tables over it do.
    Result<std::uint64_t> count_symbols()
    {
        if (tables_.hash != 0) {
            auto head = loaded(tables_.hash, 2 * sizeof(std::uint32_t), "its hash table");
            if (!head) return std::move(head.error());
            return std::uint64_t{*value_at<std::uint32_t>(*head, sizeof(std::uint32_t))};
        }
        if (tables_.gnu_hash == 0) return std::uint64_t{0};
        auto head = loaded(tables_.gnu_hash, 4 * sizeof(std::uint32_t), "its hash table");
        if (!head) return std::move(head.error());
        const std::uint64_t buckets = *value_at<std::uint32_t>(*head, 0);
        const std::uint64_t first = *value_at<std::uint32_t>(*head, 4);
        const std::uint64_t words = *value_at<std::uint32_t>(*head, 8);
        if (buckets > kMostSymbols || first > kMostSymbols || words > kMostSymbols)
            return damaged("its hash table is too large");
        const std::uint64_t buckets_at = tables_.gnu_hash + 16 + words * sizeof(Elf64_Addr);
        auto bytes = loaded(buckets_at, buckets * sizeof(std::uint32_t), "its hash table");
        if (!bytes) return std::move(bytes.error());
        std::uint64_t last = 0;
        for (std::uint64_t i = 0; i < buckets; ++i)
            last = std::max<std::uint64_t>(last, *value_at<std::uint32_t>(*bytes, i * sizeof(std::uint32_t)));
        if (last < first) return first;
        return end_of_chain(buckets_at + buckets * sizeof(std::uint32_t), first, last);
    }

    // The last symbol of the last chain has its lowest bit set.
    Result<std::uint64_t> end_of_chain(std::uint64_t chains, std::uint64_t first, std::uint64_t last)
    {
        for (; last < kMostSymbols; ++last) {
            const std::uint64_t at = chains + (last - first) * sizeof(std::uint32_t);
            auto link = loaded(at, sizeof(std::uint32_t), "its hash table");
            if (!link) return std::move(link.error());
            if ((*value_at<std::uint32_t>(*link, 0) & 1) != 0) return last + 1;
        }
        return damaged("its hash table has no end");
    }

    Result<void> read_symbols()
    {
        auto count = count_symbols();
        if (!count) return std::move(count.error());
        if (*count == 0) return {};
        if (*count > kMostSymbols) return damaged("its symbol table is too large");
        auto bytes = loaded(tables_.symbols, *count * sizeof(Elf64_Sym), "its symbol table");
        if (!bytes) return std::move(bytes.error());
        for (std::uint64_t i = 1; i < *count; ++i) sort(*value_at<Elf64_Sym>(*bytes, i * sizeof(Elf64_Sym)));
        return {};
    }

    void sort(const Elf64_Sym &symbol)
    {
        const unsigned binding = ELF64_ST_BIND(symbol.st_info), visible = ELF64_ST_VISIBILITY(symbol.st_other);
        std::string called = name(symbol.st_name);
        if (called.empty()) return;
        if (symbol.st_shndx == SHN_UNDEF) {
            if (binding == STB_GLOBAL) dynamic_.undefined.push_back(std::move(called));
            return;
        }
        if (binding == STB_LOCAL || visible == STV_HIDDEN || visible == STV_INTERNAL) return;
        if (binding == STB_GNU_UNIQUE) dynamic_.unique.push_back(called);
        dynamic_.exported.push_back(std::move(called));
    }

    const ElfFile &file_;
    Tables tables_;
    std::string names_;
    Dynamic dynamic_;
};

} // namespace

Result<Dynamic> read_dynamic(const ElfFile &file) { return Reader(file).run(); }

} // namespace hawser::host
