// SPDX-License-Identifier: Apache-2.0
#include "loader/elf_file.hpp"

#include <elf.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <system_error>
#include <vector>

namespace sluice::engine {
namespace {

#if defined(__x86_64__)
constexpr unsigned own_machine = EM_X86_64;
#elif defined(__aarch64__)
constexpr unsigned own_machine = EM_AARCH64;
#elif defined(__riscv)
constexpr unsigned own_machine = EM_RISCV;
#elif defined(__powerpc64__)
constexpr unsigned own_machine = EM_PPC64;
#elif defined(__s390x__)
constexpr unsigned own_machine = EM_S390;
#else
#error "add this machine's number of elf.h here"
#endif
constexpr unsigned char own_byte_order = std::endian::native == std::endian::little ? ELFDATA2LSB : ELFDATA2MSB;
constexpr uint64_t max_file_bytes = uint64_t{256} << 20U;

Error refused(const std::filesystem::path& path, const std::string& why) {
  return operator_needed(path.string() + " " + why);
}

/// A file that is open for reading; its size as it was then.
class File {
 public:
  File() = default;
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  ~File() {
    if (file_ >= 0) ::close(file_);
  }

  Result<void> open(const std::filesystem::path& path) {
    file_ = ::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
    if (file_ < 0 && errno == ENOENT) return refused(path, "does not exist");
    if (file_ < 0) return refused(path, "cannot be read: " + std::generic_category().message(errno));
    struct stat facts {};
    if (::fstat(file_, &facts) != 0)
      return refused(path, "cannot be looked at: " + std::generic_category().message(errno));
    if (!S_ISREG(facts.st_mode)) return refused(path, "is not a file");
    size_ = static_cast<uint64_t>(facts.st_size);
    return {};
  }
  uint64_t size() const { return size_; }
  bool has(uint64_t offset, uint64_t size) const { return offset <= size_ && size <= size_ - offset; }

  /// Whether all of it could be read.
  bool read(void* to, uint64_t size, uint64_t offset) const {
    for (uint64_t done = 0; done < size;) {
      const ssize_t got =
          ::pread(file_, static_cast<unsigned char*>(to) + done, size - done, static_cast<off_t>(offset + done));
      if (got < 0 && errno == EINTR) continue;
      if (got <= 0) return false;
      done += static_cast<uint64_t>(got);
    }
    return true;
  }
  /// `count` structs in a row; fewer when the file has become shorter.
  template <typename T>
  std::vector<T> table(uint64_t offset, uint64_t count) const {
    std::vector<T> rows(count);
    if (!read(rows.data(), count * sizeof(T), offset)) rows.clear();
    return rows;
  }

 private:
  int file_ = -1;
  uint64_t size_ = 0;
};

Result<Elf64_Ehdr> read_header(const std::filesystem::path& path, const File& file) {
  std::vector<unsigned char> begin(std::min<uint64_t>(file.size(), sizeof(Elf64_Ehdr)));
  if (begin.empty()) return refused(path, "is empty");
  if (!file.read(begin.data(), begin.size(), 0)) return refused(path, "could not be read to its end");
  if (begin.size() < SELFMAG || std::memcmp(begin.data(), ELFMAG, SELFMAG) != 0) {
    return refused(path, "is not a shared object (it does not begin as an ELF file does)");
  }
  if (begin.size() < sizeof(Elf64_Ehdr)) return refused(path, "is cut off inside of its header; copy it again");
  if (begin[EI_CLASS] == ELFCLASS32) return refused(path, "is a 32-bit object; build it for 64 bits");
  if (begin[EI_CLASS] != ELFCLASS64) return refused(path, "is damaged: its header names no known class");
  if (begin[EI_DATA] != own_byte_order) return refused(path, "was built for a machine of the other byte order");
  Elf64_Ehdr header{};
  std::memcpy(&header, begin.data(), sizeof header);
  if (header.e_machine != own_machine) {
    return refused(
        path, "was built for " + machine_text(header.e_machine) + ", this machine is " + machine_text(own_machine));
  }
  if (header.e_type != ET_DYN) return refused(path, "is an ELF file but not a shared object; link it with -shared");
  return header;
}

Result<void> check_bounds(const std::filesystem::path& path, const File& file, const Elf64_Ehdr& header) {
  const auto cut = [&](const std::string& what) {
    return refused(path, "is cut off or damaged: " + what + " lies outside of its " + std::to_string(file.size()) +
                             " bytes; copy or build it again");
  };
  if (header.e_phnum == 0 || header.e_phentsize != sizeof(Elf64_Phdr)) {
    return refused(path, "is damaged: it has no usable program headers");
  }
  if (!file.has(header.e_phoff, uint64_t{header.e_phnum} * sizeof(Elf64_Phdr))) return cut("the program headers");
  const auto segments = file.table<Elf64_Phdr>(header.e_phoff, header.e_phnum);
  for (size_t i = 0; i < segments.size(); ++i) {
    if (!file.has(segments[i].p_offset, segments[i].p_filesz)) return cut("segment " + std::to_string(i));
  }
  if (header.e_shnum == 0 || header.e_shentsize != sizeof(Elf64_Shdr)) {
    return refused(path, "has no section headers, by which its symbols are found; do not strip those off");
  }
  if (!file.has(header.e_shoff, uint64_t{header.e_shnum} * sizeof(Elf64_Shdr))) return cut("the section headers");
  if (header.e_shstrndx >= header.e_shnum) return refused(path, "is damaged: the names of its sections are missing");
  const auto sections = file.table<Elf64_Shdr>(header.e_shoff, header.e_shnum);
  for (size_t i = 0; i < sections.size(); ++i) {
    const bool in_file = sections[i].sh_type != SHT_NULL && sections[i].sh_type != SHT_NOBITS;
    // The names' section is read whatever its type says.
    if (!in_file && i != header.e_shstrndx) continue;
    if (!file.has(sections[i].sh_offset, sections[i].sh_size)) return cut("section " + std::to_string(i));
  }
  return {};
}

}  // namespace

std::string machine_text(unsigned machine) {
  switch (machine) {
    case EM_386:
      return "x86 (32 bits)";
    case EM_X86_64:
      return "x86-64";
    case EM_ARM:
      return "ARM (32 bits)";
    case EM_AARCH64:
      return "ARM64";
    case EM_RISCV:
      return "RISC-V";
    case EM_PPC64:
      return "POWER (64 bits)";
    case EM_S390:
      return "z/Architecture";
    default:
      return "machine number " + std::to_string(machine);
  }
}

Result<void> check_shared_object(const std::filesystem::path& path) {
  File file;
  if (Result<void> opened = file.open(path); !opened) return opened;
  const Result<Elf64_Ehdr> header = read_header(path, file);
  if (!header) return header.error();
  if (file.size() > max_file_bytes) return refused(path, "is larger than 256 MiB, which no plugin needs to be");
  return check_bounds(path, file, *header);
}

}  // namespace sluice::engine
