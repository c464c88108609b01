// SPDX-License-Identifier: Apache-2.0
#include <elf.h>

#include <cstddef>

#include "catch.hpp"
#include "fixture_files.hpp"
#include "loader/plugin_look.hpp"

using namespace sluice;
using namespace sluice::engine;
using namespace sluice::engine::test;

namespace {
std::string refusal(const std::filesystem::path& path) {
  const Result<PluginLook> look = look_at_plugin(path);
  return look ? "taken" : look.error().message;
}
/// The good plugin with some bytes of its header changed.
std::string refusal_with(size_t offset, std::initializer_list<char> bytes) {
  const TemporaryDirectory directory;
  std::vector<char> file = bytes_of(fixture("good"));
  std::copy(bytes.begin(), bytes.end(), file.begin() + static_cast<std::ptrdiff_t>(offset));
  write_bytes(directory.file("good.so"), file.data(), file.size());
  return refusal(directory.file("good.so"));
}
}  // namespace

TEST_CASE("a plugin is recognised by its file alone", "[loader]") {
  const Result<PluginLook> look = look_at_plugin(fixture("good"));
  REQUIRE(look);
  CHECK(look->abi_major == 1);
  CHECK(look->entry_symbol == SLUICE_PLUGIN_SYMBOL);
  CHECK(look->other_exports.empty());
}

TEST_CASE("what is no shared object is refused with a sentence", "[loader]") {
  const TemporaryDirectory directory;
  directory.write("text.so", "this is a text file\n");
  directory.write("empty.so", "");
  directory.write("magic.so",
                  "\x7f"
                  "ELF");
  CHECK(contains(refusal(directory.file("text.so")), "text.so is not a shared object"));
  CHECK(contains(refusal(directory.file("empty.so")), "empty.so is empty"));
  CHECK(contains(refusal(directory.file("magic.so")), "magic.so is cut off inside of its header"));
  CHECK(contains(refusal(directory.file("none.so")), "none.so does not exist"));
  CHECK(contains(refusal(directory.path()), "is not a file"));
}

TEST_CASE("an object of another machine is refused by the machine's name", "[loader]") {
  CHECK(contains(refusal_with(EI_CLASS, {ELFCLASS32}), "is a 32-bit object"));
  CHECK(contains(refusal_with(EI_CLASS, {9}), "names no known class"));
  CHECK(contains(refusal_with(offsetof(Elf64_Ehdr, e_machine), {EM_ARM, 0}),
                 "was built for ARM (32 bits), this machine is"));
  CHECK(contains(refusal_with(offsetof(Elf64_Ehdr, e_machine), {77, 0}), "was built for machine number 77"));
  CHECK(contains(refusal_with(offsetof(Elf64_Ehdr, e_type), {ET_EXEC, 0}), "not a shared object"));
  CHECK(contains(refusal_with(offsetof(Elf64_Ehdr, e_shnum), {0, 0}), "has no section headers"));
}

TEST_CASE("a shared object without the entry symbol is no plugin", "[loader]") {
  CHECK(contains(refusal(fixture("no_symbol")), "no_symbol.so is a shared object but no Sluice plugin"));
}

TEST_CASE("versions outside of the range are refused with both bounds", "[loader]") {
  const std::string old = refusal(fixture("old_version"));
  CHECK(contains(old, "was built for version 0 of the plugin interface"));
  CHECK(contains(old, "(from 1 to 1)"));
  CHECK(contains(old, "build the plugin against this sluice's SDK"));
  const std::string future = refusal(fixture("future_version"));
  CHECK(contains(future, "was built for version 9 of the plugin interface"));
  CHECK(contains(future, "(from 1 to 1)"));
  CHECK(contains(future, "use a newer sluice"));
}

TEST_CASE("other exports are told", "[loader]") {
  const Result<PluginLook> look = look_at_plugin(fixture("extra_export"));
  REQUIRE(look);
  CHECK(look->other_exports == std::vector<std::string>{"leaked_helper"});
}
