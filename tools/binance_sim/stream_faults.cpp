// SPDX-License-Identifier: Apache-2.0
#include "stream_faults.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "moment.hpp"

namespace sluice::sim {
namespace {

bool read_ids(std::string_view text, IdRange& range) {
  const std::size_t dash = text.find('-');
  return dash != std::string_view::npos && read_number(text.substr(0, dash), range.first) &&
         read_number(text.substr(dash + 1), range.last) && range.first <= range.last;
}

bool read_events(std::string_view text, StreamFault& fault) {
  const std::optional<Moment> moment = read_moment(text);
  if (!moment) return false;
  fault.after = moment->at;
  fault.every = moment->every;
  return !moment->argument || (read_number(*moment->argument, fault.count) && fault.count > 0);
}

constexpr std::string_view stream_form =
    "STREAM being a type (trade, aggTrade, bookTicker) or a name such as btcusdt@trade";

}  // namespace

bool is_stream(std::string_view text) {
  return text.find('@') != std::string_view::npos || text == "trade" || text == "aggTrade" || text == "bookTicker";
}

bool matches(std::string_view stream, const StreamInfo& info) {
  return stream == info.name || stream == event_type(info.kind);
}

bool IdRange::has(const StreamInfo& info, std::int64_t id) const {
  return first <= id && id <= last && matches(stream, info);
}

bool StreamFault::has(const StreamInfo& info, std::int64_t id, std::uint64_t events_before) const {
  if (ids) return ids->has(info, id);
  if (events_before < after || !matches(stream, info)) return false;
  return (every ? events_before % after : events_before - after) < count;
}

Outcome<IdRange> parse_id_range(std::string_view option, std::string_view text) {
  const std::size_t colon = std::min(text.find(':'), text.size());
  IdRange range{std::string(text.substr(0, colon))};
  if (is_stream(range.stream) && colon < text.size() && read_ids(text.substr(colon + 1), range)) return range;
  return Failure{exit_usage, fmt::format("{} {}: expected STREAM:FIRST-LAST, {}", option, text, stream_form)};
}

Outcome<StreamFault> parse_stream_fault(StreamFaultKind kind, std::string_view option, std::string_view text) {
  const std::size_t colon = std::min(text.find(':'), text.size());
  StreamFault fault;
  fault.kind = kind;
  fault.stream = std::string(text.substr(0, colon));
  const std::string_view rest = text.substr(std::min(colon + 1, text.size()));
  IdRange range{fault.stream};
  if (read_ids(rest, range)) fault.ids = range;
  if (is_stream(fault.stream) && (fault.ids || read_events(rest, fault))) return fault;
  return Failure{exit_usage, fmt::format("{} {}: expected STREAM:FIRST-LAST (ids) or STREAM:[every:]N[:count], N being "
                                         "a number of events above 0, {}",
                                         option, text, stream_form)};
}

StreamFaults::StreamFaults(const StreamTable& streams, const std::vector<StreamFault>& faults, Truth& truth)
    : table_(streams), faults_(faults), truth_(truth), streams_(streams.size()) {}

void StreamFaults::strike(const StreamFault& fault) {
  if (fault.ids) return faults_.push_back(fault);
  for (std::size_t i = 0; i < table_.size(); ++i) {
    if (!matches(fault.stream, table_[i])) continue;
    StreamFault from_here = fault;
    from_here.stream = table_[i].name;
    from_here.after = at(i).events;
    faults_.push_back(from_here);
  }
}

void StreamFaults::put(const Event& event, Tape& tape) {
  Stream& stream = at(event.stream);
  const std::uint64_t before = stream.events++;
  const auto strikes = [&](StreamFaultKind kind) {
    return std::any_of(faults_.begin(), faults_.end(), [&](const StreamFault& fault) {
      return fault.kind == kind && fault.has(table_[event.stream], event.id, before);
    });
  };
  if (strikes(StreamFaultKind::drop)) return truth_.dropped(event);
  if (strikes(StreamFaultKind::wild)) {
    truth_.dropped(event);
    Event wild = event;
    wild.id += wild_distance;
    wild.counted = true;  // the market never issued it
    truth_.wild(wild);
    return tape.push(wild);
  }
  if (!stream.held && strikes(StreamFaultKind::swap)) {
    stream.held = event;
    return;
  }
  tape.push(event);
  if (strikes(StreamFaultKind::repeat)) {
    Event again = event;
    again.counted = true;  // the truth counts an event once
    tape.push(again);
  }
  if (!stream.held) return;
  tape.push(*stream.held);
  stream.held.reset();
}

void StreamFaults::end(Tape& tape) {
  for (Stream& stream : streams_) {
    if (!stream.held) continue;
    tape.push(*stream.held);
    stream.held.reset();
  }
}

}  // namespace sluice::sim
