// SPDX-License-Identifier: Apache-2.0
// Judges stored records by the rules of their series: takes what the stores hold, one store after the other, and says
// what is held, missing, repeated and late. Knows no market and reads nothing. Its memory grows with the number of keys
// and holes, both bounded, and never with the number of records. One thread.
#pragma once
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "audit/audit_report.hpp"
#include "audit/id_set.hpp"
#include "audit/record_reader.hpp"
#include "graph/series.hpp"
#include "runtime/latency.hpp"

namespace sluice::engine {

struct AuditOptions {
  std::string received{};          ///< field with the time of receipt; empty: none
  bool has_picture = false;        ///< keeps what a picture needs
  size_t most_ranges = 1'000'000;  ///< of ids, in all
  size_t most_keys = 100'000;      ///< in all
};

class Auditor {
 public:
  Auditor(std::vector<Series> series, AuditOptions options);
  ~Auditor();
  Auditor(const Auditor&) = delete;

  /// The fields that matter, for whoever reads the stores.
  const std::vector<std::string>& fields() const { return reader_.names(); }
  /// What is taken from here on is of this store.
  void begin_store(std::string name);
  /// position: -1 where the store keeps no order. stored_ns: 0 where it is not known.
  void take(std::string_view payload, int64_t position, int64_t stored_ns);
  /// The store of the last records could not be read to its end.
  void fail(std::string why);

  /// Once all was taken.
  AuditReport report() const;

 private:
  /// The fields of a series by their places in the reader.
  struct Rule;
  struct Key;
  struct Held;
  struct Store;
  const Rule* rule_of() const;
  Key* find_key(Held& held, std::string_view name);
  void take(Key& key, const Rule& rule, int64_t id, int64_t time, bool has_order);
  void add_delays(Held& held, int64_t event_us, int64_t received_us, int64_t stored_us) const;
  void report(const Store& store, AuditStore& to) const;
  void report(const Store& store, const Rule& rule, const std::string& name, const Key& key, AuditKey& to) const;
  void look_elsewhere(const Store& store, const Rule& rule, const std::string& name, AuditKey& key) const;

  AuditOptions options_;
  std::vector<Rule> rules_;
  RecordReader reader_;
  int received_ = -1;
  IdSet::Room room_;
  size_t keys_left_;
  std::vector<std::unique_ptr<Store>> stores_;
};

}  // namespace sluice::engine
