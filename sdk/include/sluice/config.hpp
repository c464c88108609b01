// SPDX-License-Identifier: Apache-2.0
// Typed access to a node's checked options. The host has checked the value against the option table, so a getter of
// the right kind cannot fail; asking for a name the table does not have gives an absent value. Borrowed: lives as long
// as the node.
#pragma once
#include <cstdint>
#include <string_view>

#include "sluice/text.hpp"

namespace sluice {
inline namespace v1 {

class Config {
 public:
  Config() = default;
  explicit Config(const sluice_config* value) : value_(value) {}

  /// False for an option that was not given and has no default.
  bool present() const { return value_ != nullptr && value_->kind != 0; }
  explicit operator bool() const { return present(); }
  std::string_view key() const { return value_ == nullptr ? std::string_view{} : to_view(value_->key); }
  std::string_view text() const { return present() ? to_view(value_->text) : std::string_view{}; }
  int64_t integer() const { return present() ? value_->integer : 0; }
  double real() const { return present() ? value_->real : 0; }
  bool boolean() const { return integer() != 0; }
  int64_t nanoseconds() const { return integer(); }
  int64_t bytes() const { return integer(); }

  uint64_t size() const { return present() ? value_->item_count : 0; }
  Config operator[](uint64_t index) const {
    const auto* base = reinterpret_cast<const unsigned char*>(value_->items);
    return Config(reinterpret_cast<const sluice_config*>(base + index * value_->struct_size));
  }
  /// The field of an object or the entry of a map with this name.
  Config operator[](std::string_view name) const {
    for (uint64_t i = 0; i < size(); ++i) {
      if ((*this)[i].key() == name) return (*this)[i];
    }
    return {};
  }
  uint32_t line() const { return value_ == nullptr ? 0 : value_->line; }
  const sluice_config* get() const { return value_; }

 private:
  const sluice_config* value_ = nullptr;
};

}  // namespace v1
}  // namespace sluice
