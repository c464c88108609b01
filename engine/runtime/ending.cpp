// SPDX-License-Identifier: Apache-2.0
#include "runtime/ending.hpp"

#include <algorithm>
#include <utility>

namespace sluice::engine {
namespace {

/// Whether something is true of all of them at one moment. A record that slips from a ledger not yet seen into one seen
/// already is open in neither, but it begins there: so a look during which anything began does not count. Whatever
/// began has yet to settle, which rings the bell.
template <typename F>
bool holds_for_all(const std::vector<Ledger*>& ledgers, F&& holds) {
  const auto begun = [&] {
    uint64_t all = 0;
    for (const Ledger* ledger : ledgers) all += ledger->begun();
    return all;
  };
  const uint64_t begun_before = begun();
  return std::all_of(ledgers.begin(), ledgers.end(), holds) && begun() == begun_before;
}

}  // namespace

Ending::Source Ending::add_source(Ledger& ledger) {
  sources_.emplace_back(ledger);
  ledgers_.push_back(&ledger);
  return sources_.size() - 1;
}

void Ending::add_relay(Relay relay) {
  sources_[relay.output].is_relay_output = true;
  relays_.push_back(std::move(relay));
}

void Ending::request_stop() {
  is_stop_requested_.store(true);
  bell_.ring();
}

void Ending::source_is_done(Source source) {
  sources_[source].is_done.store(true, std::memory_order_seq_cst);
  bell_.ring();
}

void Ending::marker_was_served() {
  if (markers_.fetch_sub(1, std::memory_order_seq_cst) == 1 && is_ending()) bell_.ring();
}

void Ending::relay_has_read() {
  // A locked step rather than a load: either it sees that the run is ending, or the step in next() that makes it end
  // comes later and sees what was read.
  bool is_it = false;
  if (!is_ending_.compare_exchange_strong(is_it, false, std::memory_order_seq_cst)) bell_.ring();
}

void Ending::dead_letter_was_taken(OwedFlush& flush) {
  // It counts as a marker on its way, as none runs behind a dead letter that comes late.
  if (!std::exchange(flush.is_owed_, true)) marker_sets_out();
}

bool Ending::take(OwedFlush& flush) { return flush.is_owed_ && is_ending() && std::exchange(flush.is_owed_, false); }

Ending::Next Ending::next(int64_t now_ns) {
  if (!is_ending()) {
    if (!was_stop_requested() && !have_sources_ended()) return {Next::What::wait};
    is_ending_.exchange(true, std::memory_order_seq_cst);
    return {Next::What::flush_dead_letters};
  }
  // Sources that ended by themselves need no deadline: what they sent has all the time it takes. What a relay keeps in
  // memory is drained as on request.
  const bool is_draining = was_stop_requested() || !relays_.empty();
  if (is_draining && deadline_ns_ == INT64_MAX) deadline_ns_ = now_ns + drain_ns_;
  for (Source i = 0; i < sources_.size(); ++i) {
    SourceState& source = sources_[i];
    if (source.is_relay_output || source.is_told_to_stop || source.is_done.load()) continue;
    source.is_told_to_stop = true;
    return {Next::What::stop_source, i};
  }
  for (const Relay& relay : relays_) {
    SourceState& output = sources_[relay.output];
    if (output.is_told_to_stop || !is_drained_through(relay)) continue;
    output.is_told_to_stop = true;
    return {Next::What::stop_source, relay.output};
  }
  // In this order: only when nothing more can be emitted does it mean something that nothing is unsettled.
  if (now_ns >= deadline_ns_ || (are_all_done() && is_quiet())) return {Next::What::over};
  return {Next::What::wait};
}

bool Ending::have_sources_ended() const {
  return std::all_of(sources_.begin(), sources_.end(),
                     [](const SourceState& source) { return source.is_done.load() || source.is_relay_output; });
}

bool Ending::are_all_done() const {
  return std::all_of(sources_.begin(), sources_.end(), [](const SourceState& source) { return source.is_done.load(); });
}

bool Ending::is_drained_through(const Relay& relay) const {
  const auto gives_no_more = [this](Source source) {
    return sources_[source].is_done.load() && sources_[source].ledger.is_settled();
  };
  return std::all_of(relay.sources_before.begin(), relay.sources_before.end(), gives_no_more) &&
         holds_for_all(relay.edges_before, [](const Ledger* edge) { return edge->is_settled(); }) &&
         relay.has_read_all();
}

bool Ending::is_quiet() const {
  // That all has settled is not enough: a flush may fail, or do more than settle. Markers are looked at last, as a dead
  // letter may have made a flush due before its record settled.
  return holds_for_all(ledgers_, [](Ledger* ledger) { return ledger->is_quiet(); }) &&
         markers_.load(std::memory_order_seq_cst) == 0;
}

}  // namespace sluice::engine
