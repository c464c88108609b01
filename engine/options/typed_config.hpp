// SPDX-License-Identifier: Apache-2.0
// A node's options, checked and typed, in the form of the binary contract. Owns every byte that the sluice_config tree
// points to; the tree stays where it is when this is moved. Knows which values are secret, so that nobody who shows a
// configuration has to guess.
#pragma once
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "sluice/abi.h"

namespace sluice::engine {

class TypedConfig {
 public:
  TypedConfig();

  /// Of kind SLUICE_OBJECT: one item per option, in the table's order, absent ones of kind 0.
  const sluice_config& root() const { return storage_->root; }
  /// The option is declared secret, or its value came out of a ${file:...}: nobody prints it.
  bool is_secret(const sluice_config& value) const { return storage_->secrets.contains(&value); }
  /// And its text is to be masked wherever it occurs. Of a map that is handed on to a library, only some items are.
  bool is_masked(const sluice_config& value) const { return storage_->masked.contains(&value); }

  // For whoever builds the tree.
  sluice_config& mutable_root() { return storage_->root; }
  sluice_str keep(std::string_view text);
  /// `count` zeroed items with struct_size set.
  sluice_config* new_items(size_t count);
  void mark_secret(const sluice_config& value, bool is_masked) {
    storage_->secrets.insert(&value);
    if (is_masked) storage_->masked.insert(&value);
  }

 private:
  struct Storage {
    sluice_config root{};
    std::deque<std::vector<sluice_config>> items;
    std::deque<std::string> texts;
    std::unordered_set<const sluice_config*> secrets;
    std::unordered_set<const sluice_config*> masked;
  };
  std::unique_ptr<Storage> storage_;
};

}  // namespace sluice::engine
