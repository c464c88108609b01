// SPDX-License-Identifier: Apache-2.0
#include "sluice/columns/type.hpp"

#include <charconv>
#include <optional>
#include <utility>

namespace sluice {
inline namespace v1 {
namespace columns {
namespace {

constexpr int32_t most_precision = 1000;
constexpr std::pair<std::string_view, TypeKind> plain_types[] = {
    {"text", TypeKind::text},
    {"bigint", TypeKind::bigint},
    {"integer", TypeKind::integer},
    {"smallint", TypeKind::smallint},
    {"boolean", TypeKind::boolean},
    {"numeric", TypeKind::numeric},
    {"timestamptz", TypeKind::timestamptz},
    {"timestamp", TypeKind::timestamp},
    {"date", TypeKind::date},
    {"double precision", TypeKind::double_precision},
    {"real", TypeKind::real},
    {"json", TypeKind::json},
    {"jsonb", TypeKind::jsonb},
};

/// What others call these types.
constexpr std::pair<std::string_view, std::string_view> other_names[] = {
    {"int", "integer"},
    {"int4", "integer"},
    {"int2", "smallint"},
    {"int16", "smallint"},
    {"smallserial", "smallint"},
    {"int32", "integer"},
    {"serial", "integer"},
    {"tinyint", "smallint"},
    {"int8", "bigint"},
    {"int64", "bigint"},
    {"long", "bigint"},
    {"bigserial", "bigint"},
    {"bool", "boolean"},
    {"decimal", "numeric"},
    {"dec", "numeric"},
    {"number", "numeric"},
    {"money", "numeric"},
    {"float", "double precision"},
    {"float4", "real"},
    {"float32", "real"},
    {"float8", "double precision"},
    {"float64", "double precision"},
    {"double", "double precision"},
    {"string", "text"},
    {"str", "text"},
    {"char", "text"},
    {"varchar", "text"},
    {"character varying", "text"},
    {"uuid", "text"},
    {"citext", "text"},
    {"inet", "text"},
    {"cidr", "text"},
    {"macaddr", "text"},
    {"enum", "text"},
    {"datetime", "timestamptz"},
    {"time", "timestamptz"},
    {"timestamp with time zone", "timestamptz"},
    {"timestamp without time zone", "timestamp"},
    {"object", "jsonb"},
};

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return text;
}

std::optional<int32_t> whole_number(std::string_view text) {
  text = trimmed(text);
  int32_t number = 0;
  const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (fault != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

Result<Type> numeric_with_bounds(std::string_view text, std::string_view inside) {
  const size_t comma = inside.find(',');
  const std::optional<int32_t> precision = whole_number(inside.substr(0, comma));
  const std::optional<int32_t> scale = comma == std::string_view::npos ? 0 : whole_number(inside.substr(comma + 1));
  if (!precision || !scale || *precision < 1 || *precision > most_precision || *scale < 0 || *scale > *precision) {
    return permanent(
        "\"" + std::string(text) +
        "\" is not a numeric(precision,scale): write digits in all (1 to 1000), then how many of them stand "
        "behind the point, as in numeric(20,8)");
  }
  return Type{TypeKind::numeric, *precision, *scale};
}

/// The type that was probably meant, with its bounds; empty when nobody knows.
std::string meant_type(std::string_view text) {
  std::string name(trimmed(text.substr(0, text.find('('))));
  for (char& c : name) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  std::string_view meant;
  for (const auto& [plain, kind] : plain_types) {
    if (name == plain) meant = plain;
  }
  for (const auto& [other, plain] : other_names) {
    if (name == other) meant = plain;
  }
  const bool has_bounds = meant == "numeric" && text.find('(') != std::string_view::npos;
  return std::string(meant) + (has_bounds ? std::string(text.substr(text.find('('))) : "");
}

}  // namespace

Result<Type> parse_type(std::string_view text) {
  for (const auto& [name, kind] : plain_types) {
    if (text == name) return Type{kind};
  }
  constexpr std::string_view numeric = "numeric";
  if (text.starts_with(numeric)) {
    const std::string_view rest = trimmed(text.substr(numeric.size()));
    if (rest.starts_with('(') && rest.ends_with(')')) {
      return numeric_with_bounds(text, rest.substr(1, rest.size() - 2));
    }
  }
  const std::string meant = meant_type(text);
  return permanent("\"" + std::string(text) + "\" is not a column type" +
                   (meant.empty() ? "" : " (did you mean \"" + meant + "\"?)") +
                   "; there are text, bigint, integer, smallint, boolean, numeric, numeric(p,s), timestamptz, "
                   "timestamp, date, double precision, real, json and jsonb");
}

std::string type_name(const Type& type) {
  if (type.kind == TypeKind::numeric && type.precision != Type::unconstrained) {
    return "numeric(" + std::to_string(type.precision) + "," + std::to_string(type.scale) + ")";
  }
  for (const auto& [name, kind] : plain_types) {
    if (type.kind == kind) return std::string(name);
  }
  return "unknown";
}

}  // namespace columns
}  // namespace v1
}  // namespace sluice
