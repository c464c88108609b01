// SPDX-License-Identifier: Apache-2.0
// Option and attribute values as C++ literals, for tests: {{"path", "x"}, {"records", 500}, {"within", 2s}}.
// A text is read by the option's kind, as in a graph: "2s", "64MiB", "500k", "[a, b]", "{ first: 1s }".
// Lists and maps are written list({...}) and map({...}). Never reads files or variables.
#pragma once
#include <chrono>
#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::testing {

struct Field;
using Values = std::vector<Field>;

struct Value {
  enum class Kind { text, integer, real, boolean, duration, list, map };
  Value(const char* from) : text(from) {}
  Value(std::string_view from) : text(from) {}
  Value(std::string from) : text(std::move(from)) {}
  Value(std::same_as<bool> auto from) : kind(Kind::boolean), integer(from ? 1 : 0) {}
  Value(std::integral auto from) requires(!std::same_as<decltype(from), bool>)
      : kind(Kind::integer), integer(static_cast<int64_t>(from)) {}
  Value(std::floating_point auto from) : kind(Kind::real), real(static_cast<double>(from)) {}
  template <typename Rep, typename Period>
  Value(std::chrono::duration<Rep, Period> from)
      : kind(Kind::duration), integer(std::chrono::duration_cast<std::chrono::nanoseconds>(from).count()) {}

  Kind kind = Kind::text;
  std::string text;
  int64_t integer = 0;
  double real = 0;
  std::vector<Value> items;   ///< of a list
  std::vector<Field> fields;  ///< of a map or an object
};

struct Field {
  std::string key;
  Value value;
};

/// The options of a node, or the attributes of a record.
inline Values options(Values values) { return values; }
inline Value list(std::vector<Value> items) {
  Value made("");
  made.kind = Value::Kind::list;
  made.items = std::move(items);
  return made;
}
inline Value map(Values fields) {
  Value made("");
  made.kind = Value::Kind::map;
  made.fields = std::move(fields);
  return made;
}

}  // namespace sluice::testing
