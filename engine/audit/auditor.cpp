// SPDX-License-Identifier: Apache-2.0
#include "audit/auditor.hpp"

#include <algorithm>
#include <charconv>
#include <map>
#include <optional>

#include "audit/times.hpp"
#include "sluice/flat_json.hpp"

namespace sluice::engine {
namespace {

constexpr size_t most_drawn = 24;  // keys of a series in a picture
constexpr int64_t us_per_minute = 60'000'000;

std::optional<int64_t> id_of(std::string_view text) {
  int64_t number = 0;
  if (!flat_json::read_integer(text, number)) return std::nullopt;
  return number;
}

double price_of(std::string_view text) {
  double price = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), price);
  return read.ec == std::errc() ? price : 0;
}

}  // namespace

struct Auditor::Rule {
  Series series;
  int field = -1, key = -1, id = -1, time = -1, price = -1, folds_first = -1, folds_last = -1;
};

struct Auditor::Key {
  explicit Key(IdSet::Room& room) : ids(room), folded(room) {}
  uint64_t records = 0;
  uint64_t repeats = 0;
  uint64_t late = 0;
  bool has_order = true;
  int64_t least = 0, greatest = 0, newest = 0;  ///< ids, from the second record on
  int64_t from = 0, to = 0;                     ///< times
  IdSet ids;
  IdSet folded;
  uint64_t folded_twice = 0;
  std::optional<TimeBuckets> buckets{};
};

struct Auditor::Held {
  std::map<std::string, Key, std::less<>> keys;
  Key* recent = nullptr;
  std::string recent_name;
  uint64_t no_room = 0;  ///< records of keys that there was no room for
  Latency event_to_receipt, receipt_to_store, event_to_store;
};

struct Auditor::Store {
  std::string name;
  std::string failure;
  uint64_t records = 0, other_records = 0, unreadable = 0;
  std::vector<Held> held;  ///< by rule
};

Auditor::Auditor(std::vector<Series> series, AuditOptions options)
    : options_(std::move(options)), room_{options_.most_ranges}, keys_left_(options_.most_keys) {
  for (Series& each : series) {
    Rule rule;
    rule.field = reader_.add(each.field);
    rule.key = reader_.add(each.key);
    rule.id = reader_.add(each.id);
    rule.time = reader_.add(each.time);
    if (options_.has_picture) rule.price = reader_.add(each.price);
    rule.folds_first = reader_.add(each.folds_first);
    rule.folds_last = reader_.add(each.folds_last);
    rule.series = std::move(each);
    rules_.push_back(std::move(rule));
  }
  received_ = reader_.add(options_.received);
}

Auditor::~Auditor() = default;

void Auditor::begin_store(std::string name) {
  auto store = std::make_unique<Store>();
  store->name = std::move(name);
  store->held = std::vector<Held>(rules_.size());
  stores_.push_back(std::move(store));
}

void Auditor::fail(std::string why) { stores_.back()->failure = std::move(why); }

/// Those that are selected by a text come first: they say more than that two fields are there.
const Auditor::Rule* Auditor::rule_of() const {
  const Rule* plain = nullptr;
  for (const Rule& rule : rules_) {
    if (reader_[rule.key].data() == nullptr || reader_[rule.id].data() == nullptr) continue;
    if (rule.field < 0) {
      if (plain == nullptr) plain = &rule;
    } else if (reader_[rule.field] == rule.series.value && reader_[rule.field].data() != nullptr) {
      return &rule;
    }
  }
  return plain;
}

Auditor::Key* Auditor::find_key(Held& held, std::string_view name) {
  if (held.recent != nullptr && held.recent_name == name) return held.recent;
  auto found = held.keys.find(name);
  if (found == held.keys.end()) {
    if (keys_left_ == 0) return nullptr;
    --keys_left_;
    found = held.keys.try_emplace(std::string(name), room_).first;
    if (options_.has_picture && held.keys.size() <= most_drawn) found->second.buckets.emplace();
  }
  held.recent = &found->second;
  held.recent_name = name;
  return held.recent;
}

void Auditor::take(std::string_view payload, int64_t position, int64_t stored_ns) {
  Store& store = *stores_.back();
  ++store.records;
  if (!reader_.read(payload)) {
    ++store.unreadable;
    return;
  }
  const Rule* rule = rule_of();
  if (rule == nullptr) {
    ++store.other_records;
    return;
  }
  const std::optional<int64_t> id = id_of(reader_[rule->id]);
  if (!id) {
    ++store.unreadable;
    return;
  }
  Held& held = store.held[static_cast<size_t>(rule - rules_.data())];
  const int64_t event_us = read_audit_time(reader_[rule->time]);
  const int64_t received_us = read_audit_time(reader_[received_]);
  const int64_t stored_us = stored_ns / 1000;
  add_delays(held, event_us, received_us, stored_us);
  Key* key = find_key(held, reader_[rule->key]);
  if (key == nullptr) {
    ++held.no_room;
    return;
  }
  const int64_t time = event_us > 0 ? event_us : received_us > 0 ? received_us : stored_us;
  take(*key, *rule, *id, time, position >= 0);
}

void Auditor::take(Key& key, const Rule& rule, int64_t id, int64_t time, bool has_order) {
  key.has_order = key.has_order && has_order;
  bool is_new = true;
  if (rule.series.is_consecutive) {
    const uint64_t left_out = key.ids.left_out();
    is_new = key.ids.add(id, id, time) > 0 || key.ids.left_out() > left_out;
  } else if (key.records > 0 && id == key.newest) {
    // Of others that come twice only their order speaks.
    is_new = false;
  }
  if (!is_new) ++key.repeats;
  if (is_new && key.records > 0 && id < key.greatest) ++key.late;
  key.least = key.records == 0 ? id : std::min(key.least, id);
  key.greatest = key.records == 0 ? id : std::max(key.greatest, id);
  key.newest = id;
  ++key.records;
  if (time > 0) {
    key.from = key.from == 0 ? time : std::min(key.from, time);
    key.to = std::max(key.to, time);
  }
  if (is_new && rule.folds_first >= 0) {
    const std::optional<int64_t> first = id_of(reader_[rule.folds_first]);
    const std::optional<int64_t> last = id_of(reader_[rule.folds_last]);
    if (first && last && *first <= *last) {
      const uint64_t left_out = key.folded.left_out();
      const uint64_t added = key.folded.add(*first, *last, time);
      if (key.folded.left_out() == left_out) {
        key.folded_twice += static_cast<uint64_t>(*last - *first) + 1 - added;
      }
    }
  }
  if (!key.buckets || time <= 0 || !is_new) return;
  const double price = price_of(reader_[rule.price]);
  if (price > 0) {
    key.buckets->add(time, price);
  } else {
    key.buckets->add(time);
  }
}

void Auditor::add_delays(Held& held, int64_t event_us, int64_t received_us, int64_t stored_us) const {
  const auto add = [](Latency& to, int64_t from_us, int64_t until_us) {
    if (from_us > 0 && until_us > 0) to.add_own((until_us - from_us) * 1000, 1);
  };
  add(held.event_to_receipt, event_us, received_us);
  add(held.receipt_to_store, received_us, stored_us);
  add(held.event_to_store, event_us, stored_us);
}

AuditReport Auditor::report() const {
  AuditReport report;
  for (const auto& store : stores_) {
    AuditStore& to = report.stores.emplace_back();
    to.name = store->name;
    to.failure = store->failure;
    to.records = store->records;
    to.other_records = store->other_records;
    to.unreadable = store->unreadable;
    this->report(*store, to);
  }
  return report;
}

void Auditor::report(const Store& store, AuditStore& to) const {
  for (size_t i = 0; i < rules_.size(); ++i) {
    const Held& held = store.held[i];
    if (held.keys.empty() && held.no_room == 0) continue;
    AuditSeries& series = to.series.emplace_back();
    series.name = rules_[i].series.name;
    series.is_consecutive = rules_[i].series.is_consecutive;
    series.event_to_receipt = held.event_to_receipt.report();
    series.receipt_to_store = held.receipt_to_store.report();
    series.event_to_store = held.event_to_store.report();
    for (const auto& [name, key] : held.keys) {
      AuditKey& one = series.keys.emplace_back();
      one.key = name;
      report(store, rules_[i], name, key, one);
    }
    if (held.no_room == 0) continue;
    AuditKey& rest = series.keys.emplace_back();
    rest.key = "(further keys)";
    rest.records = rest.left_out = held.no_room;
  }
}

void Auditor::report(const Store& store, const Rule& rule, const std::string& name, const Key& key,
                     AuditKey& to) const {
  to.records = key.records;
  to.first = key.least;
  to.last = key.greatest;
  to.from = key.from;
  to.to = key.to;
  to.repeats = key.repeats;
  if (key.has_order) to.late = key.late;
  if (key.to > key.from) {
    to.per_minute = static_cast<double>(key.records) * us_per_minute / static_cast<double>(key.to - key.from);
  }
  to.buckets = key.buckets;
  if (!rule.series.is_consecutive) return;
  to.missing = key.ids.missing();
  to.left_out = key.ids.left_out();
  const IdSet::Range* before = nullptr;
  for (const auto& [first, range] : key.ids.ranges()) {
    if (before != nullptr) {
      to.holes.push_back({before->last + 1, range.first - 1, before->last_time, range.first_time, 0});
    }
    if (key.buckets) to.ranges.push_back({range.first_time, range.last_time});
    before = &range;
  }
  look_elsewhere(store, rule, name, to);
  if (key.folded.empty()) return;
  const auto folded_rule = std::find_if(rules_.begin(), rules_.end(),
                                        [&](const Rule& each) { return each.series.name == rule.series.folds; });
  if (folded_rule == rules_.end()) return;
  const Held& held = store.held[static_cast<size_t>(folded_rule - rules_.begin())];
  const auto folded_key = held.keys.find(name);
  if (folded_key == held.keys.end() || folded_key->second.ids.empty()) return;
  const IdSet& ids = folded_key->second.ids;
  AuditFolds folds;
  folds.of = rule.series.folds;
  folds.first = std::max(key.folded.first(), ids.first());
  folds.last = std::min(key.folded.last(), ids.last());
  folds.folded_twice = key.folded_twice;
  if (folds.first <= folds.last) {
    folds.folded = key.folded.count_between(folds.first, folds.last);
    folds.folded_not_held = ids.lacks_of(key.folded, folds.first, folds.last);
    folds.held_not_folded = key.folded.lacks_of(ids, folds.first, folds.last);
  }
  to.folds = folds;
}

/// What another store holds of the holes.
void Auditor::look_elsewhere(const Store& store, const Rule& rule, const std::string& name, AuditKey& key) const {
  const auto index = static_cast<size_t>(&rule - rules_.data());
  for (const auto& other : stores_) {
    if (other.get() == &store) continue;
    const auto found = other->held[index].keys.find(name);
    if (found == other->held[index].keys.end()) continue;
    for (AuditHole& hole : key.holes) {
      hole.elsewhere = std::max(hole.elsewhere, found->second.ids.count_between(hole.first, hole.last));
    }
  }
}

bool AuditReport::is_read() const {
  return std::all_of(stores.begin(), stores.end(), [](const AuditStore& store) { return store.failure.empty(); });
}

namespace {

template <typename Of>
uint64_t sum_of_keys(const std::vector<AuditStore>& stores, Of&& of) {
  uint64_t sum = 0;
  for (const AuditStore& store : stores) {
    for (const AuditSeries& series : store.series) {
      for (const AuditKey& key : series.keys) sum += of(key);
    }
  }
  return sum;
}

}  // namespace

uint64_t AuditReport::records() const {
  return sum_of_keys(stores, [](const AuditKey& key) { return key.records; });
}
uint64_t AuditReport::missing() const {
  return sum_of_keys(stores, [](const AuditKey& key) { return key.missing; });
}
uint64_t AuditReport::left_out() const {
  return sum_of_keys(stores, [](const AuditKey& key) { return key.left_out; });
}

}  // namespace sluice::engine
