// SPDX-License-Identifier: Apache-2.0
#include "loader/elf_file.hpp"

#include <elf.h>

#include <bit>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <fstream>
#include <system_error>

namespace sluice::engine {
namespace {

using Bytes = std::vector<unsigned char>;

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
constexpr uint64_t max_file_bytes = uint64_t{1} << 30U;

Error refused(const std::filesystem::path& path, const std::string& why) {
  return operator_needed(path.string() + " " + why);
}

template <typename T>
T at(const Bytes& bytes, uint64_t offset) {
  T value{};
  std::memcpy(&value, bytes.data() + offset, sizeof value);
  return value;
}

bool inside(const Bytes& bytes, uint64_t offset, uint64_t size) {
  return offset <= bytes.size() && size <= bytes.size() - offset;
}

Result<Bytes> read_whole(const std::filesystem::path& path) {
  std::error_code failed;
  const std::filesystem::file_status status = std::filesystem::status(path, failed);
  if (status.type() == std::filesystem::file_type::not_found) return refused(path, "does not exist");
  if (failed) return refused(path, "cannot be looked at: " + failed.message());
  if (status.type() != std::filesystem::file_type::regular) return refused(path, "is not a file");
  errno = 0;
  std::ifstream file(path, std::ios::binary | std::ios::ate);
  if (!file) return refused(path, "cannot be read: " + std::generic_category().message(errno));
  const auto size = static_cast<std::streamoff>(file.tellg());
  if (size < 0 || static_cast<uint64_t>(size) > max_file_bytes) return refused(path, "is larger than 1 GiB");
  Bytes bytes(static_cast<size_t>(size));
  file.seekg(0);
  file.read(reinterpret_cast<char*>(bytes.data()), size);
  if (file.gcount() != size) return refused(path, "could not be read to its end");
  return bytes;
}

Result<void> check_identity(const std::filesystem::path& path, const Bytes& bytes) {
  if (bytes.empty()) return refused(path, "is empty");
  if (bytes.size() < SELFMAG || std::memcmp(bytes.data(), ELFMAG, SELFMAG) != 0) {
    return refused(path, "is not a shared object (it does not begin as an ELF file does)");
  }
  if (bytes.size() < sizeof(Elf64_Ehdr)) return refused(path, "is cut off inside of its header; copy it again");
  if (bytes[EI_CLASS] == ELFCLASS32) return refused(path, "is a 32-bit object; build it for 64 bits");
  if (bytes[EI_CLASS] != ELFCLASS64) return refused(path, "is damaged: its header names no known class");
  if (bytes[EI_DATA] != own_byte_order) return refused(path, "was built for a machine of the other byte order");
  const auto header = at<Elf64_Ehdr>(bytes, 0);
  if (header.e_machine != own_machine) {
    return refused(
        path, "was built for " + machine_text(header.e_machine) + ", this machine is " + machine_text(own_machine));
  }
  if (header.e_type != ET_DYN) return refused(path, "is an ELF file but not a shared object; link it with -shared");
  return {};
}

Result<void> check_bounds(const std::filesystem::path& path, const Bytes& bytes) {
  const auto cut = [&](const std::string& what) {
    return refused(path, "is cut off or damaged: " + what + " lies outside of its " + std::to_string(bytes.size()) +
                             " bytes; copy or build it again");
  };
  const auto header = at<Elf64_Ehdr>(bytes, 0);
  if (header.e_phnum == 0 || header.e_phentsize != sizeof(Elf64_Phdr)) {
    return refused(path, "is damaged: it has no usable program headers");
  }
  if (!inside(bytes, header.e_phoff, uint64_t{header.e_phnum} * sizeof(Elf64_Phdr))) return cut("the program headers");
  for (unsigned i = 0; i < header.e_phnum; ++i) {
    const auto segment = at<Elf64_Phdr>(bytes, header.e_phoff + i * sizeof(Elf64_Phdr));
    if (!inside(bytes, segment.p_offset, segment.p_filesz)) return cut("segment " + std::to_string(i));
  }
  if (header.e_shnum == 0 || header.e_shentsize != sizeof(Elf64_Shdr)) {
    return refused(path, "has no section headers, by which its symbols are found; do not strip those off");
  }
  if (!inside(bytes, header.e_shoff, uint64_t{header.e_shnum} * sizeof(Elf64_Shdr))) return cut("the section headers");
  if (header.e_shstrndx >= header.e_shnum) return refused(path, "is damaged: the names of its sections are missing");
  for (unsigned i = 0; i < header.e_shnum; ++i) {
    const auto section = at<Elf64_Shdr>(bytes, header.e_shoff + i * sizeof(Elf64_Shdr));
    const bool in_file = section.sh_type != SHT_NULL && section.sh_type != SHT_NOBITS;
    // The names' section is read whatever its type says.
    if (!in_file && i != header.e_shstrndx) continue;
    if (!inside(bytes, section.sh_offset, section.sh_size)) return cut("section " + std::to_string(i));
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

Result<Bytes> read_shared_object(const std::filesystem::path& path) {
  Result<Bytes> bytes = read_whole(path);
  if (!bytes) return bytes;
  if (Result<void> sound = check_identity(path, *bytes); !sound) return std::move(sound).error();
  if (Result<void> sound = check_bounds(path, *bytes); !sound) return std::move(sound).error();
  return bytes;
}

}  // namespace sluice::engine
