// SPDX-License-Identifier: Apache-2.0
// JSON as text, member by member: quotes, escapes and commas are the writer's, so what is written is JSON for any text.
// The caller closes what it opens. Writes to a string only.
#pragma once
#include <concepts>
#include <string>
#include <string_view>
#include <utility>

namespace sluice::engine {

// With quotes, escaped as JSON wants it. Bytes that are not UTF-8 become U+FFFD.
std::string json_quoted(std::string_view text);

class JsonWriter {
 public:
  JsonWriter& begin_object() { return open('{'); }
  JsonWriter& end_object() { return close('}'); }
  JsonWriter& begin_list() { return open('['); }
  JsonWriter& end_list() { return close(']'); }

  // Of an object: a value or something that begins follows.
  JsonWriter& key(std::string_view name) {
    raw(json_quoted(name));
    text_ += ':';
    needs_comma_ = false;
    return *this;
  }
  JsonWriter& value(std::string_view text) { return raw(json_quoted(text)); }
  JsonWriter& value(const char* text) { return value(std::string_view(text)); }
  template <std::integral T>
  JsonWriter& value(T number) {
    if constexpr (std::same_as<T, bool>) return raw(number ? "true" : "false");
    return raw(std::to_string(number));
  }
  JsonWriter& null() { return raw("null"); }
  // What is JSON.
  JsonWriter& raw(std::string_view json) {
    separate();
    text_ += json;
    needs_comma_ = true;
    return *this;
  }

  template <typename T>
  JsonWriter& member(std::string_view name, const T& what) {
    return key(name).value(what);
  }
  // `each` writes one item.
  template <typename Items, typename Each>
  JsonWriter& list(std::string_view name, const Items& items, Each&& each) {
    key(name).begin_list();
    for (const auto& item : items) each(item);
    return end_list();
  }

  // Of values.
  template <typename Items>
  JsonWriter& list(std::string_view name, const Items& items) {
    return list(name, items, [this](const auto& item) { value(item); });
  }

  std::string take() { return std::move(text_); }

 private:
  void separate() {
    if (needs_comma_) text_ += ',';
  }
  JsonWriter& open(char bracket) {
    separate();
    text_ += bracket;
    needs_comma_ = false;
    return *this;
  }
  JsonWriter& close(char bracket) {
    text_ += bracket;
    needs_comma_ = true;
    return *this;
  }

  std::string text_;
  bool needs_comma_ = false;
};

}  // namespace sluice::engine
