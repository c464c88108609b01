// SPDX-License-Identifier: Apache-2.0
#include "last_ids.hpp"

#include <algorithm>

#include "sluice/flat_json.hpp"

namespace sluice::binance {
namespace {

/// A stream that rests may lie far behind others of its partition.
constexpr uint64_t most_records = 50'000;
constexpr uint64_t most_bytes = uint64_t{32} << 20;
/// So many records show which types a store has at all.
constexpr uint64_t telling_records = 4'096;

constexpr sluice_str key_fields[] = {to_str("s"), to_str("e")};
constexpr sluice_str order_fields[] = {to_str("t"), to_str("a"), to_str("u")};

struct Fields {
  EventType event = EventType::other;
  std::string_view symbol;
  std::optional<int64_t> trade, aggregate, update;
  bool names_type = false;

  std::optional<int64_t> id() const {
    return event == EventType::trade ? trade : event == EventType::agg_trade ? aggregate : update;
  }
};

/// Nothing: it is not an object of the simple form that the exchange's events have.
std::optional<Fields> read(std::string_view payload) {
  Fields fields;
  const auto number = [](flat_json::Kind kind, std::string_view value) -> std::optional<int64_t> {
    int64_t read = 0;
    if (kind != flat_json::Kind::number || !flat_json::read_integer(value, read)) return std::nullopt;
    return read;
  };
  const bool is_flat =
      flat_json::walk(payload, [&](std::string_view key, flat_json::Kind kind, std::string_view value) {
        if (key.size() != 1) return;
        switch (key[0]) {
          case 'e':
            fields.names_type = true;
            fields.event = kind == flat_json::Kind::text ? event_type(value) : EventType::other;
            break;
          case 's':
            if (kind == flat_json::Kind::text) fields.symbol = value;
            break;
          case 't':
            fields.trade = number(kind, value);
            break;
          case 'a':
            fields.aggregate = number(kind, value);
            break;
          case 'u':
            fields.update = number(kind, value);
            break;
          default:
            break;
        }
      });
  if (!is_flat) return std::nullopt;
  // Quotes do not name their type.
  if (!fields.names_type && fields.update) fields.event = EventType::book_ticker;
  return fields;
}

}  // namespace

LastIds::LastIds(const std::vector<const Stream*>& streams) {
  for (const Stream* stream : streams) {
    if (!has_ids(*stream)) continue;
    streams_[std::string(stream->symbol)].push_back(stream);
  }
}

TailQuery LastIds::query() const {
  if (streams_.empty()) return {};
  return {.records = most_records, .bytes = most_bytes, .key_fields = key_fields, .order_fields = order_fields};
}

TailWants LastIds::take(const TailPart& part) {
  if (part.what() == TailPart::What::unknown) is_whole_ = false;
  if (part.what() != TailPart::What::records) return TailWants::more;
  Store& store = stores_[std::string(part.store())];
  uint64_t& records = store.records[std::string(part.partition())];
  records += part.size();
  for (uint32_t i = 0; i < part.size(); ++i) note(part[i].payload(), store);
  return has_enough(store, records) ? TailWants::enough_of_partition : TailWants::more;
}

void LastIds::note(std::string_view payload, Store& store) {
  const std::optional<Fields> fields = read(payload);
  if (!fields || !fields->id()) return;
  const Stream* stream = find(fields->event, fields->symbol);
  if (stream == nullptr) return;
  has_any_ = true;
  store.types.insert(stream->event);
  const auto [known, is_new] = store.ids.emplace(stream, *fields->id());
  if (!is_new) known->second = std::max(known->second, *fields->id());
}

/// The ids of all streams are known, but for types that the store does not have at all. What is not known yet may lie
/// in any partition, as far behind as its symbol is quieter than others there.
bool LastIds::has_enough(const Store& store, uint64_t records) const {
  if (store.types.empty()) return false;
  const bool is_telling = records >= telling_records;
  return std::all_of(streams_.begin(), streams_.end(), [&](const auto& of_symbol) {
    return std::all_of(of_symbol.second.begin(), of_symbol.second.end(), [&](const Stream* stream) {
      return store.ids.contains(stream) || (is_telling && !store.types.contains(stream->event));
    });
  });
}

const Stream* LastIds::find(EventType event, std::string_view symbol) const {
  const auto found = streams_.find(symbol);
  if (found == streams_.end()) return nullptr;
  const auto stream =
      std::find_if(found->second.begin(), found->second.end(), [&](const Stream* one) { return one->event == event; });
  return stream == found->second.end() ? nullptr : *stream;
}

LastIds::Found LastIds::find(const Stream& stream) const {
  std::optional<int64_t> least;
  for (const auto& [name, store] : stores_) {
    const auto known = store.ids.find(&stream);
    if (known != store.ids.end()) least = std::min(least.value_or(known->second), known->second);
  }
  if (least) return {What::known, *least};
  return {is_whole_ && has_any_ ? What::never : What::unknown};
}

}  // namespace sluice::binance
