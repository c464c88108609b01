// SPDX-License-Identifier: Apache-2.0
#include "gap_report.hpp"

#include <algorithm>
#include <cstring>

#include "options.hpp"
#include "sluice/json_string.hpp"
#include "sluice/rfc3339.hpp"

namespace sluice::binance {
namespace {

std::string time_text(int64_t time_ns) {
  std::string text(rfc3339::micros_size, ' ');
  rfc3339::write_micros(time_ns, text.data());
  return text;
}

/// Of sentences that are safe to show already.
void add_text(std::string& json, std::string_view key, std::string_view value) {
  json += json.size() > 1 ? ",\"" : "\"";
  json += key;
  json += "\":";
  append_json_string(value, json);
}

void add_number(std::string& json, std::string_view key, const std::string& value) {
  json += ",\"";
  json += key;
  json += "\":";
  json += value;
}

std::string_view word(GapNote::What what) {
  constexpr std::string_view words[] = {"found", "repaired", "permanent"};
  return words[static_cast<size_t>(what)];
}

std::string range_text(IdRange ids) {
  return ids.first == ids.last ? std::to_string(ids.first) : std::to_string(ids.first) + "-" + std::to_string(ids.last);
}

/// "btcusdt@trade: 334 ids (123-456) are missing".
std::string sentence(const GapNote& note, const char* of_one, const char* of_many) {
  const std::string stream = std::string(note.stream->name) + ": ";
  if (note.of == GapNote::Of::quotes) {
    return stream + "quotes between the update ids " + std::to_string(note.ids.first) + " and " +
           std::to_string(note.ids.last) + " " + of_many;
  }
  if (note.of == GapNote::Of::start) {
    return stream + "the ids up to " + std::to_string(note.ids.last) + " " + of_many;
  }
  const uint64_t count = note.ids.count();
  return stream + std::to_string(count) + (count == 1 ? " id" : " ids") +
         (note.of == GapNote::Of::folds ? " of trades that are in no aggregate (" : " (") + range_text(note.ids) +
         ") " + (count == 1 ? of_one : of_many);
}

}  // namespace

std::string gap_json(const GapNote& note, int64_t at_ns) {
  std::string json = "{";
  const std::string_view of = note.of == GapNote::Of::folds ? "trades-" : "";
  add_text(json, "gap",
           std::string(note.stream->name) + "/" + std::string(of) +
               (note.of == GapNote::Of::start ? std::string() : std::to_string(note.gap.first)) + "-" +
               std::to_string(note.gap.last));
  add_text(json, "state", word(note.what));
  add_text(json, "symbol", note.stream->symbol);
  add_text(json, "stream", note.stream->name);
  add_text(json, "stream_type", note.stream->type);
  if (note.of != GapNote::Of::folds) {
    if (note.of != GapNote::Of::start) add_number(json, "first_id", std::to_string(note.ids.first));
    add_number(json, "last_id", std::to_string(note.ids.last));
  }
  if (note.of == GapNote::Of::ids) add_number(json, "count", std::to_string(note.ids.count()));
  if (note.since_ns != 0) add_text(json, "since", time_text(note.since_ns));
  add_text(json, "at", time_text(at_ns));
  add_text(json, "cause", *note.cause);
  if (!note.reason.empty()) add_text(json, "reason", note.reason);
  json += '}';
  return json;
}

GapReport::GapReport(Context context, const Metrics& metrics)
    : context_(context),
      metrics_(metrics),
      is_wired_(context.wired(port_gaps)),
      stream_slot_(context.attribute("stream")),
      stream_type_slot_(context.attribute("stream_type")),
      symbol_slot_(context.attribute("symbol")) {}

void GapReport::take(const std::vector<GapNote>& notes, const Continuity::Open& open) {
  for (const GapNote& note : notes) {
    count(note);
    log(note);
    if (!is_wired_) continue;
    at_ns_ = std::max(context_.now_ns(), at_ns_ + 1'000);
    waiting_.push_back({note.stream, gap_json(note, at_ns_)});
  }
  waiting_records_ = waiting_.size();
  metrics_.open_gaps.set(static_cast<int64_t>(open.gaps));
  metrics_.open_ids.set(static_cast<int64_t>(open.ids));
  metrics_.open_since.set(open.since_ns / 1'000'000'000);
}

void GapReport::count(const GapNote& note) const {
  const Metrics::OfType& metrics = metrics_.of_type[static_cast<size_t>(note.stream->event)];
  const int64_t ids = note.of == GapNote::Of::ids ? static_cast<int64_t>(note.ids.count()) : 0;
  switch (note.what) {
    case GapNote::What::found:
      metrics.gaps_found.add();
      metrics_.missing_ids.add(ids);
      break;
    case GapNote::What::repaired:
      metrics_.repaired_ids.add(ids);
      break;
    case GapNote::What::permanent:
      metrics_.permanent_ids.add(ids);
      break;
  }
  if (note.closes) (note.has_permanent ? metrics.gaps_permanent : metrics.gaps_repaired).add();
}

void GapReport::log(const GapNote& note) {
  // What is missing for good from the start takes one line, which gives both reasons.
  if (note.what == GapNote::What::found && note.of != GapNote::Of::ids) return;
  if (!limiters_[static_cast<size_t>(note.what)].pass(context_.monotonic_ns())) return;
  const std::string since = note.since_ns == 0 ? "" : ", since " + time_text(note.since_ns);
  switch (note.what) {
    case GapNote::What::found:
      context_.warn(sentence(note, "is missing", "are missing") + since + ": " + *note.cause + LogLimiter::suffix);
      break;
    case GapNote::What::repaired:
      context_.info(sentence(note, "is repaired", "are repaired") + LogLimiter::suffix);
      break;
    case GapNote::What::permanent:
      context_.warn(sentence(note, "stays missing", "stay missing") + since + " (" + *note.cause + "): " + note.reason +
                    LogLimiter::suffix);
      break;
  }
}

uint64_t GapReport::emit(const Credit& credit) {
  if (waiting_.empty() || credit.records == 0 || credit.bytes == 0) return 0;
  uint64_t bytes = 0;
  uint32_t records = 0;
  for (const Waiting& each : waiting_) {
    if (records == credit.records || bytes >= credit.bytes) break;
    bytes += each.payload.size();
    ++records;
  }
  const Buffer buffer = context_.new_buffer(bytes);
  Batch batch = context_.new_batch(records);
  const uint32_t pin = batch.pin(buffer);
  uint8_t* to = buffer.data();
  const int64_t now_ns = context_.now_ns();
  for (uint32_t i = 0; i < records; ++i) {
    const Waiting& each = waiting_.front();
    std::memcpy(to, each.payload.data(), each.payload.size());
    Record record = batch.append();
    record.set_payload(to, static_cast<uint32_t>(each.payload.size()), pin);
    record.set_receive_time_ns(now_ns);
    record.set_text(stream_slot_, each.stream->name);
    record.set_text(stream_type_slot_, each.stream->type);
    record.set_text(symbol_slot_, each.stream->symbol);
    to += each.payload.size();
    waiting_.pop_front();
  }
  waiting_records_ = waiting_.size();
  context_.emit_unpositioned(port_gaps, std::move(batch));
  return records;
}

}  // namespace sluice::binance
