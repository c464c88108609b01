// SPDX-License-Identifier: Apache-2.0
#include "open_gaps.hpp"

#include <simdjson.h>

#include <algorithm>
#include <charconv>
#include <optional>

#include "sluice/rfc3339.hpp"

namespace sluice::binance {
namespace {

constexpr uint64_t most_records = 50'000;
constexpr uint64_t most_bytes = uint64_t{32} << 20;

constexpr sluice_str key_fields[] = {to_str("gap"), to_str("state")};
constexpr sluice_str order_fields[] = {to_str("last_id")};

bool can_be_repaired(const Stream& stream) {
  return !stream.symbol.empty() && (stream.event == EventType::trade || stream.event == EventType::agg_trade);
}

template <typename Number>
bool read_whole(std::string_view text, Number& to) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), to);
  return error == std::errc{} && end == text.data() + text.size();
}

/// As gap_report.cpp writes it; 0: it is none.
int64_t read_micros(std::string_view text) { return rfc3339::read_micros(text).value_or(0); }

struct Name {
  std::string_view stream;
  IdRange ids;
};

/// "btcusdt@trade/123-456". Nothing: a gap that cannot be repaired, which has no first id or is one of trades that no
/// aggregate folds.
std::optional<Name> read_name(std::string_view gap) {
  const size_t slash = gap.rfind('/');
  if (slash == std::string_view::npos) return std::nullopt;
  const std::string_view ids = gap.substr(slash + 1);
  const size_t dash = ids.find('-');
  Name name{gap.substr(0, slash), {}};
  if (dash == std::string_view::npos || !read_whole(ids.substr(0, dash), name.ids.first) ||
      !read_whole(ids.substr(dash + 1), name.ids.last) || name.ids.first < 0 || name.ids.last < name.ids.first) {
    return std::nullopt;
  }
  return name;
}

/// What is left of `ranges` without `ids`.
std::vector<IdRange> without(const std::vector<IdRange>& ranges, IdRange ids) {
  std::vector<IdRange> left;
  for (const IdRange& range : ranges) {
    if (range.last < ids.first || range.first > ids.last) {
      left.push_back(range);
      continue;
    }
    if (range.first < ids.first) left.push_back({range.first, ids.first - 1});
    if (range.last > ids.last) left.push_back({ids.last + 1, range.last});
  }
  return left;
}

}  // namespace

OpenGaps::OpenGaps(const std::vector<const Stream*>& streams) {
  for (const Stream* stream : streams) {
    if (can_be_repaired(*stream)) streams_.emplace(stream->name, stream);
  }
}

TailQuery OpenGaps::query() const {
  if (streams_.empty()) return {};
  return {.records = most_records, .bytes = most_bytes, .key_fields = key_fields, .order_fields = order_fields};
}

TailWants OpenGaps::take(const TailPart& part) {
  has_store_ = true;
  if (part.what() != TailPart::What::records) return TailWants::more;
  const std::string store(part.store()), partition(part.partition());
  uint64_t& records = records_[{store, partition}];
  uint64_t& bytes = bytes_[store];
  records += part.size();
  for (uint32_t i = 0; i < part.size(); ++i) {
    bytes += part[i].payload().size();
    note(part[i].payload());
  }
  if (records < most_records && bytes < most_bytes) return TailWants::more;
  cut_ += (cut_.empty() ? "" : ", ") + store + (partition.empty() ? "" : " " + partition);
  return bytes < most_bytes ? TailWants::enough_of_partition : TailWants::enough;
}

void OpenGaps::note(std::string_view payload) {
  namespace json = simdjson::dom;
  thread_local json::parser parser;
  json::object record;
  std::string_view gap, state;
  if (parser.parse(payload.data(), payload.size(), true).get(record) != simdjson::SUCCESS ||
      record["gap"].get(gap) != simdjson::SUCCESS || record["state"].get(state) != simdjson::SUCCESS) {
    return;
  }
  const std::optional<Name> name = read_name(gap);
  if (!name) return;
  const auto stream = streams_.find(name->stream);
  if (stream == streams_.end()) return;
  Known& known = gaps_[std::string(gap)];
  known.stream = stream->second;
  known.gap = name->ids;
  const auto text = [&](const char* field) {
    std::string_view value;
    return record[field].get(value) == simdjson::SUCCESS ? value : std::string_view();
  };
  const int64_t at_us = read_micros(text("at"));
  if (state == "found") {
    known.is_found = true;
    known.found_at_us = std::max(known.found_at_us, at_us);
    known.since_us = read_micros(text("since"));
    known.cause = text("cause");
    return;
  }
  if (state != "repaired" && state != "permanent") return;
  IdRange ids = known.gap;
  if (record["last_id"].get(ids.last) != simdjson::SUCCESS) return;
  if (record["first_id"].get(ids.first) != simdjson::SUCCESS) ids.first = known.gap.first;
  known.closed.push_back({ids, at_us});
}

std::vector<OpenGap> OpenGaps::open() const {
  std::vector<OpenGap> all;
  for (const auto& [name, known] : gaps_) {
    if (!known.is_found) continue;
    OpenGap gap{known.stream, known.gap, {known.gap}, known.since_us * 1'000, known.cause};
    for (const Part& part : known.closed) {
      // A gap of the same name may have been closed earlier, as ids that were not stored are found missing again.
      if (part.at_us == 0 || part.at_us >= known.found_at_us) gap.open = without(gap.open, part.ids);
    }
    if (!gap.open.empty()) all.push_back(std::move(gap));
  }
  std::sort(all.begin(), all.end(), [](const OpenGap& a, const OpenGap& b) {
    return std::pair(a.stream->number, a.gap.first) < std::pair(b.stream->number, b.gap.first);
  });
  return all;
}

}  // namespace sluice::binance
