// SPDX-License-Identifier: Apache-2.0
// Errors as values: a Result<T> is a T or an Error. An Error has a category that says what its receiver does, a code
// (SQLSTATE, errno's name) and a sentence that names the thing, the place and the remedy. Crosses the C contract
// without losing any of the three. Never throws.
#pragma once
#include <algorithm>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include "sluice/text.hpp"

namespace sluice {
inline namespace v1 {

enum class Category : uint32_t {
  transient = SLUICE_TRANSIENT,
  permanent = SLUICE_PERMANENT,
  operator_needed = SLUICE_OPERATOR,
  bug = SLUICE_BUG,
};

struct Error {
  Category category = Category::bug;
  std::string message;
  std::string code{};
};

inline Error transient(std::string message, std::string code = {}) {
  return {Category::transient, std::move(message), std::move(code)};
}
inline Error permanent(std::string message, std::string code = {}) {
  return {Category::permanent, std::move(message), std::move(code)};
}
inline Error operator_needed(std::string message, std::string code = {}) {
  return {Category::operator_needed, std::move(message), std::move(code)};
}
inline Error bug(std::string message) { return {Category::bug, std::move(message), {}}; }

template <typename T>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}
  Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}
  explicit operator bool() const { return state_.index() == 0; }
  bool ok() const { return state_.index() == 0; }
  T& operator*() & { return std::get<0>(state_); }
  const T& operator*() const& { return std::get<0>(state_); }
  T&& operator*() && { return std::get<0>(std::move(state_)); }
  T* operator->() { return &std::get<0>(state_); }
  const T* operator->() const { return &std::get<0>(state_); }
  Error& error() & { return std::get<1>(state_); }
  const Error& error() const& { return std::get<1>(state_); }
  Error&& error() && { return std::get<1>(std::move(state_)); }

 private:
  std::variant<T, Error> state_;
};

template <>
class [[nodiscard]] Result<void> {
 public:
  Result() = default;
  Result(Error error) : error_(std::move(error)), ok_(false) {}
  explicit operator bool() const { return ok_; }
  bool ok() const { return ok_; }
  Error& error() & { return error_; }
  const Error& error() const& { return error_; }
  Error&& error() && { return std::move(error_); }

 private:
  Error error_{};
  bool ok_ = true;
};

/// Copies an error into the caller's struct; text that does not fit is cut.
inline void to_abi(const Error& error, sluice_error* out) {
  if (out == nullptr) return;
  const auto copy = [](const std::string& from, char* to, size_t room) {
    size_t size = std::min(from.size(), room - 1);
    // Never through the middle of a character.
    while (size > 0 && size < from.size() && (static_cast<unsigned char>(from[size]) & 0xC0U) == 0x80U) --size;
    std::memcpy(to, from.data(), size);
    to[size] = '\0';
  };
  out->category = static_cast<uint32_t>(error.category);
  copy(error.code, out->code, sizeof out->code);
  copy(error.message, out->message, sizeof out->message);
}

inline Error from_abi(const sluice_error& error) {
  const bool known = error.category >= SLUICE_TRANSIENT && error.category <= SLUICE_BUG;
  const Category category = known ? static_cast<Category>(error.category) : Category::bug;
  const std::string_view message{error.message, strnlen(error.message, sizeof error.message)};
  return {category, std::string(message.empty() ? "no reason was given" : message),
          std::string(error.code, strnlen(error.code, sizeof error.code))};
}

inline sluice_error empty_error() {
  sluice_error error{};
  error.struct_size = sizeof error;
  return error;
}

}  // namespace v1
}  // namespace sluice
