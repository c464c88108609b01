// SPDX-License-Identifier: Apache-2.0
#include "sluice/columns/extractor.hpp"

#include <simdjson.h>

#include <algorithm>
#include <limits>

#include "convert.hpp"
#include "field_tree.hpp"
#include "json_check.hpp"
#include "sluice/flat_json.hpp"

namespace sluice {
inline namespace v1 {
namespace columns {
namespace {

namespace ondemand = simdjson::ondemand;
constexpr uint16_t unread = std::numeric_limits<uint16_t>::max();
constexpr size_t padding = 64;
static_assert(simdjson::SIMDJSON_PADDING <= padding);

std::string_view without_trailing_space(std::string_view token) {
  while (!token.empty() &&
         (token.back() == ' ' || token.back() == '\n' || token.back() == '\r' || token.back() == '\t'))
    token.remove_suffix(1);
  return token;
}

/// What is wrong with the encoding, where that is it; parsers have no words for it.
std::string_view encoding_fault(std::string_view payload) {
  const auto begins = [&](std::string_view bytes) { return payload.starts_with(bytes); };
  if (begins("\xEF\xBB\xBF")) return "it begins with a byte order mark, which JSON does not have";
  if (begins("\xFF\xFE") || begins("\xFE\xFF") || begins(std::string_view("{\0", 2)) ||
      begins(std::string_view("\0{", 2)) || begins(std::string_view("\0\0", 2))) {
    return "it is UTF-16 or UTF-32, and JSON is UTF-8";
  }
  return {};
}

Error not_json(std::string_view payload, std::string_view why) {
  if (payload.find_first_not_of(" \t\r\n") == payload.npos) {
    return permanent("the payload is empty, and not a JSON object", "payload_json");
  }
  if (const std::string_view encoding = encoding_fault(payload); !encoding.empty()) why = encoding;
  return permanent("the payload is not a JSON object (" + std::string(why) + "): " + excerpt(payload), "payload_json");
}

}  // namespace

struct Extractor::State {
  /// What the walk found for a column: its best candidate so far.
  struct Found {
    std::string_view raw{};  ///< as JSON; of a flat text without its quotes
    uint16_t rank = unread;
    bool is_null = false;
    flat_json::Kind kind{};  ///< of a flat payload's
  };

  explicit State(const Mapping& of) : mapping(of), tree(of), found(of.size()) {}

  Result<void> run(const Record& record, Rows& rows) {
    const std::string_view payload = record.payload();
    forget();
    const bool is_flat = walk_flat(payload);
    if (!is_flat) {
      forget();
      if (const simdjson::error_code fault = walk_document(payload)) {
        return not_json(payload, simdjson::error_message(fault));
      }
    }
    if (repeated != nullptr)
      return permanent("field " + *repeated + " occurs twice: " + excerpt(payload), "field_repeated");
    const std::span<Value> row = rows.append();
    for (size_t c = 0; c < row.size(); ++c) {
      const Column& column = mapping.columns()[c];
      Result<void> converted = column.paths.empty() ? from_attribute(column, record, rows.arena(), row[c])
                               : is_flat            ? from_flat(column, found[c], rows.arena(), row[c])
                                                    : from_json(column, found[c], payload, rows.arena(), row[c]);
      if (!converted) {
        rows.drop_last();
        return converted;
      }
    }
    return {};
  }

  void forget() {
    for (Found& entry : found) entry.rank = unread;
    repeated = nullptr;
  }

  /// False: not of the simple form, so walk_document has to see it.
  bool walk_flat(std::string_view payload) {
    return flat_json::walk(payload, [&](std::string_view key, flat_json::Kind kind, std::string_view value) {
      if (const FieldTree::Field* const wanted = tree.find(0, key)) {
        note(*wanted, {value, 0, kind == flat_json::Kind::null, kind});
      }
    });
  }

  simdjson::error_code walk_document(std::string_view payload) {
    ondemand::document document;
    ondemand::object object;
    if (const auto fault = parser.iterate(payload.data(), payload.size(), payload.size() + padding).get(document)) {
      return fault;
    }
    if (const auto fault = document.get_object().get(object)) return fault;
    if (const auto fault = walk(object, 0)) return fault;
    const bool at_end = document.current_location().error() == simdjson::OUT_OF_BOUNDS;
    return at_end ? simdjson::SUCCESS : simdjson::TRAILING_CONTENT;
  }

  simdjson::error_code walk(ondemand::object& object, uint16_t level) {
    for (auto entry : object) {
      ondemand::field field;
      if (const auto fault = std::move(entry).get(field)) return fault;
      const char* const start = field.key().raw();
      const char* end = start;
      while (*end != '"' && *end != '\\') ++end;
      std::string_view key{start, static_cast<size_t>(end - start)};
      if (*end == '\\') {
        if (const auto fault = field.unescaped_key().get(key)) return fault;
      }
      const FieldTree::Field* const wanted = tree.find(level, key);
      if (wanted == nullptr) continue;
      if (const auto fault = read(field.value(), *wanted)) return fault;
    }
    return simdjson::SUCCESS;
  }

  simdjson::error_code read(ondemand::value& value, const FieldTree::Field& wanted) {
    std::string_view raw = value.raw_json_token();
    const char kind = raw.empty() ? '\0' : raw.front();
    const bool into = kind == '{' && wanted.level != 0;
    const bool all =
        kind == '{' && std::any_of(wanted.uses.begin(), wanted.uses.end(), [](const auto& use) { return use.whole; });
    if (!into) {
      // The token of a list or object runs on to the end of the document.
      if (kind == '{' || kind == '[') {
        if (const auto fault = raw_of(value, kind).get(raw)) return fault;
      }
      note(wanted, {raw, 0, kind == 'n'});
      return simdjson::SUCCESS;
    }
    ondemand::object inner;
    if (const auto fault = value.get_object().get(inner)) return fault;
    if (all) {
      if (const auto fault = inner.raw_json().get(raw)) return fault;
      if (const auto fault = inner.reset().error()) return fault;
    }
    note(wanted, {raw});
    return walk(inner, wanted.level);
  }

  static simdjson::simdjson_result<std::string_view> raw_of(ondemand::value& value, char kind) {
    if (kind == '{') {
      ondemand::object object;
      if (const auto fault = value.get_object().get(object)) return fault;
      return object.raw_json();
    }
    ondemand::array array;
    if (const auto fault = value.get_array().get(array)) return fault;
    return array.raw_json();
  }

  void note(const FieldTree::Field& wanted, Found candidate) {
    for (const FieldTree::Use& use : wanted.uses) {
      Found& entry = found[use.column];
      if (entry.rank == use.rank) {
        repeated = &wanted.key;
        continue;
      }
      // A null stands only as long as no other candidate has a value.
      const bool better =
          entry.rank == unread || (entry.is_null == candidate.is_null ? use.rank < entry.rank : entry.is_null);
      if (!better) continue;
      candidate.rank = use.rank;
      entry = candidate;
    }
  }

  Result<void> from_attribute(const Column& column, const Record& record, Arena& arena, Value& to) {
    if (column.receive_time) return convert_time_ns(column, record.receive_time_ns(), to);
    if (column.slot < 0) return convert_nothing(column, false, to);
    return convert_attribute(column, record.attribute(column.slot), arena, to);
  }

  Result<void> from_flat(const Column& column, const Found& entry, Arena& arena, Value& to) {
    if (entry.rank == unread) return convert_nothing(column, false, to);
    if (entry.is_null) return convert_nothing(column, true, to);
    const bool is_text = entry.kind == flat_json::Kind::text;
    if (column.type.kind == TypeKind::json || column.type.kind == TypeKind::jsonb) {
      return from_whole(column, is_text ? std::string_view(entry.raw.data() - 1, entry.raw.size() + 2) : entry.raw, to);
    }
    if (is_text) return convert_text(column, entry.raw, arena, to);
    if (entry.kind == flat_json::Kind::boolean) return convert_boolean(column, entry.raw.front() == 't', to);
    return convert_number(column, entry.raw, arena, to);
  }

  Result<void> from_json(const Column& column, const Found& entry, std::string_view payload, Arena& arena, Value& to) {
    if (entry.rank == unread) return convert_nothing(column, false, to);
    const std::string_view rest = payload.substr(static_cast<size_t>(entry.raw.data() - payload.data()));
    const std::string_view token = without_trailing_space(entry.raw);
    if (token == "null") return convert_nothing(column, true, to);
    if (column.type.kind == TypeKind::json || column.type.kind == TypeKind::jsonb) {
      return from_whole(column, token, to);
    }
    switch (token.empty() ? '\0' : token.front()) {
      case '"':
        return from_string(column, token, arena, to);
      case 't':
      case 'f':
        if (token == "true" || token == "false") return convert_boolean(column, token == "true", to);
        break;
      case '{':
        return refused(column, "column_type", token, "is an object, not " + type_name(column.type));
      case '[':
        return refused(column, "column_type", token, "is an array, not " + type_name(column.type));
      default:
        return convert_number(column, token, arena, to);
    }
    return refused(column, "column_type", rest, "is not a JSON value");
  }

  Result<void> from_string(const Column& column, std::string_view token, Arena& arena, Value& to) {
    const char* const start = token.data() + 1;
    const char* end = start;
    while (*end != '"' && *end != '\\') ++end;
    if (*end == '"') return convert_text(column, {start, static_cast<size_t>(end - start)}, arena, to);
    const size_t room = token.size() + padding;
    char* const unescaped = arena.take(room);
    auto* after = reinterpret_cast<uint8_t*>(unescaped);
    std::string_view text;
    const ondemand::raw_json_string raw(reinterpret_cast<const uint8_t*>(start));
    if (parser.unescape(raw, after).get(text)) {
      return refused(column, "column_type", token, "has an escape that stands for no character");
    }
    arena.give_back(room - text.size());
    return convert_text(column, text, arena, to);
  }

  /// On-demand parsing does not check what it passes over, so what is stored as JSON is looked at wholly here.
  Result<void> from_whole(const Column& column, std::string_view token, Value& to) {
    if (!whole.is_json(token)) {
      return refused(column, "column_type", token, "is not valid JSON");
    }
    to.text = token;
    to.kind = ValueKind::text;
    return {};
  }

  const Mapping& mapping;
  FieldTree tree;
  std::vector<Found> found;
  const std::string* repeated = nullptr;
  ondemand::parser parser;
  JsonCheck whole;
};

Extractor::Extractor(const Mapping& mapping) : state_(std::make_unique<State>(mapping)) {}
Extractor::~Extractor() = default;
Extractor::Extractor(Extractor&&) noexcept = default;
Extractor& Extractor::operator=(Extractor&&) noexcept = default;

Result<void> Extractor::extract(const Record& record, Rows& rows) { return state_->run(record, rows); }

}  // namespace columns
}  // namespace v1
}  // namespace sluice
