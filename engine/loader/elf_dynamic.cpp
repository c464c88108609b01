// SPDX-License-Identifier: Apache-2.0
#include "loader/elf_dynamic.hpp"

#include <elf.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>

namespace sluice::engine {
namespace {

using Bytes = std::vector<unsigned char>;

/// The image as the loader will lay it out, seen through its segments.
class Image {
 public:
  explicit Image(const Bytes& bytes) : bytes_(bytes) {
    const auto header = read<Elf64_Ehdr>(0);
    for (unsigned i = 0; i < header.e_phnum; ++i) {
      segments_.push_back(read<Elf64_Phdr>(header.e_phoff + i * sizeof(Elf64_Phdr)));
    }
  }
  template <typename T>
  T read(uint64_t offset) const {
    T value{};
    std::memcpy(&value, bytes_.data() + offset, sizeof value);
    return value;
  }
  /// Where `size` bytes at an address lie in the file, if all of them do.
  std::optional<uint64_t> file_offset(uint64_t address, uint64_t size) const {
    for (const Elf64_Phdr& segment : segments_) {
      if (segment.p_type != PT_LOAD || address < segment.p_vaddr) continue;
      const uint64_t into = address - segment.p_vaddr;
      if (into <= segment.p_filesz && size <= segment.p_filesz - into) return segment.p_offset + into;
    }
    return std::nullopt;
  }
  bool in_memory(uint64_t address, uint64_t size, bool writable) const {
    for (const Elf64_Phdr& segment : segments_) {
      if (segment.p_type != PT_LOAD || address < segment.p_vaddr || (writable && (segment.p_flags & PF_W) == 0))
        continue;
      const uint64_t into = address - segment.p_vaddr;
      if (into <= segment.p_memsz && size <= segment.p_memsz - into) return true;
    }
    return false;
  }
  bool is_code(uint64_t address) const {
    for (const Elf64_Phdr& segment : segments_) {
      if (segment.p_type != PT_LOAD || (segment.p_flags & PF_X) == 0 || address < segment.p_vaddr) continue;
      if (address - segment.p_vaddr < segment.p_filesz) return true;
    }
    return false;
  }
  const std::vector<Elf64_Phdr>& segments() const { return segments_; }

 private:
  const Bytes& bytes_;
  std::vector<Elf64_Phdr> segments_;
};

/// The dynamic table's values by tag; a tag that stands twice keeps the last, as the system's loader does.
class Dynamic {
 public:
  static constexpr std::size_t tags = 40;
  std::array<std::optional<uint64_t>, tags> plain{};
  std::optional<uint64_t> gnu_hash, versym, verneed, verneed_count, verdef, verdef_count;
  std::vector<uint64_t> needed;

  void take(const Elf64_Dyn& entry) {
    const uint64_t value = entry.d_un.d_val;
    if (entry.d_tag == DT_NEEDED) needed.push_back(value);
    if (entry.d_tag >= 0 && static_cast<uint64_t>(entry.d_tag) < tags) plain[static_cast<size_t>(entry.d_tag)] = value;
    if (entry.d_tag == DT_GNU_HASH) gnu_hash = value;
    if (entry.d_tag == DT_VERSYM) versym = value;
    if (entry.d_tag == DT_VERNEED) verneed = value;
    if (entry.d_tag == DT_VERNEEDNUM) verneed_count = value;
    if (entry.d_tag == DT_VERDEF) verdef = value;
    if (entry.d_tag == DT_VERDEFNUM) verdef_count = value;
  }
  uint64_t value(size_t tag) const { return plain[tag].value_or(0); }
};

using Fault = std::optional<std::string>;

Fault check_segments(const Image& image, const Elf64_Phdr*& dynamic) {
  constexpr uint64_t most_bytes = uint64_t{1} << 40U;
  uint64_t last_address = 0;
  bool any = false;
  for (const Elf64_Phdr& segment : image.segments()) {
    if (segment.p_type == PT_DYNAMIC) dynamic = &segment;
    if (segment.p_type == PT_TLS && (segment.p_memsz > most_bytes || segment.p_filesz > segment.p_memsz)) {
      return "its thread-local segment";
    }
    if (segment.p_type != PT_LOAD) {
      const bool in_image = segment.p_type == PT_TLS ? image.file_offset(segment.p_vaddr, segment.p_filesz).has_value()
                                                     : image.in_memory(segment.p_vaddr, segment.p_memsz, false);
      if (segment.p_type != PT_GNU_STACK && !in_image) return "its segments";
      continue;
    }
    const bool aligned = segment.p_align != 0 && (segment.p_align & (segment.p_align - 1)) == 0 &&
                         segment.p_align % 4096 == 0 && segment.p_vaddr % 4096 == segment.p_offset % 4096;
    if (!aligned || segment.p_filesz > segment.p_memsz || segment.p_vaddr > most_bytes ||
        segment.p_memsz > most_bytes || (any && segment.p_vaddr < last_address)) {
      return "its segments";
    }
    last_address = segment.p_vaddr + segment.p_memsz;
    any = true;
  }
  if (!any || dynamic == nullptr) return "its segments";
  return std::nullopt;
}

/// How many symbols the hash tables can lead to; nothing when a table is unsound.
std::optional<uint64_t> symbols_by_gnu_hash(const Image& image, uint64_t address) {
  const auto head = image.file_offset(address, 16);
  if (!head) return std::nullopt;
  const auto buckets = image.read<uint32_t>(*head);
  const auto first = image.read<uint32_t>(*head + 4);
  const auto bloom_words = image.read<uint32_t>(*head + 8);
  const uint64_t buckets_at = address + 16 + uint64_t{bloom_words} * 8;
  const auto bucket_offset = image.file_offset(buckets_at, uint64_t{buckets} * 4);
  if (buckets == 0 || bloom_words == 0 || (bloom_words & (bloom_words - 1)) != 0 || !bucket_offset ||
      !image.file_offset(address + 16, uint64_t{bloom_words} * 8)) {
    return std::nullopt;
  }
  const uint64_t chains_at = buckets_at + uint64_t{buckets} * 4;
  uint64_t count = first;
  for (uint32_t i = 0; i < buckets; ++i) {
    uint64_t symbol = image.read<uint32_t>(*bucket_offset + uint64_t{i} * 4);
    if (symbol == 0) continue;
    if (symbol < first) return std::nullopt;
    for (;; ++symbol) {
      const auto link = image.file_offset(chains_at + (symbol - first) * 4, 4);
      if (!link) return std::nullopt;
      if ((image.read<uint32_t>(*link) & 1U) != 0) break;
    }
    count = std::max(count, symbol + 1);
  }
  return count;
}

Fault check_relocations(const Image& image, uint64_t address, uint64_t size, uint64_t symbols) {
  const auto table = image.file_offset(address, size);
  if (!table || size % sizeof(Elf64_Rela) != 0) return "a relocation table";
  for (uint64_t at = 0; at < size; at += sizeof(Elf64_Rela)) {
    const auto entry = image.read<Elf64_Rela>(*table + at);
    if (ELF64_R_TYPE(entry.r_info) == 0) continue;
    if (!image.in_memory(entry.r_offset, 8, true)) return "a relocation's address";
    if (ELF64_R_SYM(entry.r_info) >= symbols) return "a relocation's symbol";
#if defined(__x86_64__)
    const bool function_resolver = ELF64_R_TYPE(entry.r_info) == R_X86_64_IRELATIVE;
    if (ELF64_R_TYPE(entry.r_info) == R_X86_64_RELATIVE || function_resolver) {
      if (!image.in_memory(static_cast<uint64_t>(entry.r_addend), function_resolver ? 1 : 0, false)) {
        return "a relocation's value";
      }
    }
#endif
  }
  return std::nullopt;
}

/// Walks a chain of version records: each is `size` bytes, its next lies `next` bytes further.
template <typename Record, typename Next, typename Check>
Fault walk_versions(const Image& image, uint64_t address, uint64_t count, Next next, Check check) {
  for (uint64_t i = 0; i < count; ++i) {
    const auto offset = image.file_offset(address, sizeof(Record));
    if (!offset || address % 4 != 0) return "its version table";
    const auto record = image.template read<Record>(*offset);
    if (Fault fault = check(record, address)) return fault;
    if (next(record) == 0) {
      if (i + 1 < count) return "its version table";
      break;
    }
    address += next(record);
  }
  return std::nullopt;
}

/// The loader indexes a table by the version of every symbol; `highest` is where that table ends.
Fault check_symbol_versions(const Image& image, const Dynamic& dynamic, uint64_t symbols, uint16_t highest) {
  if (!dynamic.versym) return std::nullopt;
  const auto table = image.file_offset(*dynamic.versym, symbols * 2);
  if (!table) return "its version table";
  constexpr unsigned index_bits = 0x7fff;
  for (uint64_t i = 0; i < symbols; ++i) {
    if ((image.read<uint16_t>(*table + i * 2) & index_bits) > highest) return "the version of a symbol";
  }
  return std::nullopt;
}

Fault check_versions(const Image& image, const Dynamic& dynamic, uint64_t symbols) {
  constexpr unsigned most_versions = 4096;
  const uint64_t string_bytes = dynamic.value(DT_STRSZ);
  uint16_t highest = VER_NDX_GLOBAL;
  const auto check_index = [&](unsigned index) -> Fault {
    if ((index & 0x7fffU) > most_versions) return "its version table";
    highest = std::max(highest, static_cast<uint16_t>(index & 0x7fffU));
    return std::nullopt;
  };
  if (dynamic.verneed) {
    Fault fault = walk_versions<Elf64_Verneed>(
        image, *dynamic.verneed, dynamic.verneed_count.value_or(0), [](const Elf64_Verneed& r) { return r.vn_next; },
        [&](const Elf64_Verneed& need, uint64_t at) -> Fault {
          if (need.vn_file >= string_bytes) return "its version table";
          return walk_versions<Elf64_Vernaux>(
              image, at + need.vn_aux, need.vn_cnt, [](const Elf64_Vernaux& r) { return r.vna_next; },
              [&](const Elf64_Vernaux& one, uint64_t) -> Fault {
                if (one.vna_name >= string_bytes) return "its version table";
                return check_index(one.vna_other);
              });
        });
    if (fault) return fault;
  }
  if (dynamic.verdef) {
    Fault fault = walk_versions<Elf64_Verdef>(
        image, *dynamic.verdef, dynamic.verdef_count.value_or(0), [](const Elf64_Verdef& r) { return r.vd_next; },
        [&](const Elf64_Verdef& one, uint64_t at) -> Fault {
          const auto name = image.file_offset(at + one.vd_aux, sizeof(Elf64_Verdaux));
          if (!name || image.read<Elf64_Verdaux>(*name).vda_name >= string_bytes) return "its version table";
          return check_index(one.vd_ndx);
        });
    if (fault) return fault;
  }
  return check_symbol_versions(image, dynamic, symbols, highest);
}

Fault check_symbols(const Image& image, const Dynamic& dynamic, uint64_t& symbols) {
  const uint64_t string_bytes = dynamic.value(DT_STRSZ);
  const auto strings = image.file_offset(dynamic.value(DT_STRTAB), string_bytes);
  if (!strings || string_bytes == 0 || image.read<char>(*strings + string_bytes - 1) != 0) return "its string table";
  for (const uint64_t name : dynamic.needed) {
    if (name >= string_bytes) return "the name of a library it needs";
  }
  if (!dynamic.gnu_hash && !dynamic.plain[DT_HASH]) return "its symbol hash table";
  if (dynamic.plain[DT_HASH]) {
    const uint64_t address = *dynamic.plain[DT_HASH];
    const auto head = image.file_offset(address, 8);
    if (!head) return "its symbol hash table";
    const auto buckets = image.read<uint32_t>(*head);
    symbols = image.read<uint32_t>(*head + 4);
    if (buckets == 0 || !image.file_offset(address, 8 + (uint64_t{buckets} + symbols) * 4))
      return "its symbol hash table";
    for (uint64_t i = 0; i < buckets + symbols; ++i) {
      if (image.read<uint32_t>(*head + 8 + i * 4) >= symbols) return "its symbol hash table";
    }
  }
  if (dynamic.gnu_hash) {
    const auto found = symbols_by_gnu_hash(image, *dynamic.gnu_hash);
    if (!found) return "its symbol hash table";
    symbols = std::max(symbols, *found);
  }
  const auto table = image.file_offset(dynamic.value(DT_SYMTAB), symbols * sizeof(Elf64_Sym));
  if (!table) return "its symbol table";
  for (uint64_t i = 0; i < symbols; ++i) {
    const auto symbol = image.read<Elf64_Sym>(*table + i * sizeof(Elf64_Sym));
    if (symbol.st_name >= string_bytes) return "the name of a symbol";
    const bool placed = symbol.st_shndx != SHN_UNDEF && symbol.st_shndx < SHN_LORESERVE;
    if (placed && ELF64_ST_TYPE(symbol.st_info) != STT_TLS && !image.in_memory(symbol.st_value, 0, false)) {
      return "the address of a symbol";
    }
  }
  return std::nullopt;
}

Fault check_calls(const Image& image, const Dynamic& dynamic) {
  const auto list = [&](size_t address_tag, size_t size_tag) {
    return !dynamic.plain[address_tag] || dynamic.value(size_tag) == 0 ||
           (dynamic.value(address_tag) % 8 == 0 && dynamic.value(size_tag) % 8 == 0 &&
            image.file_offset(dynamic.value(address_tag), dynamic.value(size_tag)));
  };
  if (!list(DT_INIT_ARRAY, DT_INIT_ARRAYSZ) || !list(DT_FINI_ARRAY, DT_FINI_ARRAYSZ)) {
    return "its list of start and end functions";
  }
  for (const size_t tag : {size_t{DT_INIT}, size_t{DT_FINI}}) {
    if (dynamic.plain[tag] && !image.is_code(*dynamic.plain[tag])) return "a start or end function";
  }
  return std::nullopt;
}

Fault check(const Image& image) {
  const Elf64_Phdr* segment = nullptr;
  if (Fault fault = check_segments(image, segment)) return fault;
  const auto table = image.file_offset(segment->p_vaddr, segment->p_filesz);
  if (!table || *table != segment->p_offset || segment->p_vaddr % 8 != 0) return "its dynamic table";
  Dynamic dynamic;
  bool ended = false;
  for (uint64_t at = 0; !ended && at + sizeof(Elf64_Dyn) <= segment->p_filesz; at += sizeof(Elf64_Dyn)) {
    const auto entry = image.read<Elf64_Dyn>(*table + at);
    ended = entry.d_tag == DT_NULL;
    if (!ended) dynamic.take(entry);
  }
  if (!ended) return "its dynamic table";
  // The loader does not look these up, it asserts them.
  const bool entry_sizes = dynamic.plain[DT_RELAENT].value_or(sizeof(Elf64_Rela)) == sizeof(Elf64_Rela) &&
                           dynamic.plain[DT_SYMENT].value_or(sizeof(Elf64_Sym)) == sizeof(Elf64_Sym) &&
                           dynamic.plain[DT_PLTREL].value_or(DT_RELA) == DT_RELA && !dynamic.plain[DT_REL] &&
                           !dynamic.plain[DT_RELENT];
  if (!entry_sizes) return "its dynamic table";
  uint64_t symbols = 0;
  if (Fault fault = check_symbols(image, dynamic, symbols)) return fault;
  if (dynamic.plain[DT_RELA]) {
    if (Fault fault = check_relocations(image, dynamic.value(DT_RELA), dynamic.value(DT_RELASZ), symbols)) return fault;
  }
  if (dynamic.plain[DT_JMPREL]) {
    if (Fault fault = check_relocations(image, dynamic.value(DT_JMPREL), dynamic.value(DT_PLTRELSZ), symbols)) {
      return fault;
    }
  }
  if (Fault fault = check_versions(image, dynamic, symbols)) return fault;
  return check_calls(image, dynamic);
}

}  // namespace

Result<void> check_dynamic_tables(const std::filesystem::path& path, const Bytes& bytes) {
  if (const Fault fault = check(Image(bytes))) {
    return operator_needed(path.string() + " is damaged: " + *fault + " is not sound; copy or build it again");
  }
  return {};
}

}  // namespace sluice::engine
