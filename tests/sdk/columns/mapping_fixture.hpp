// SPDX-License-Identifier: Apache-2.0
// Mappings and records for the tests of columns, without a graph and without a host: a list of column specs becomes
// the checked options that a plugin would get, a text becomes a record with 64 readable bytes behind it.
#pragma once
#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "sluice/columns/extractor.hpp"

namespace columns_test {

struct Spec {
  std::string name;
  std::string as;
  std::vector<std::string> from{};
  std::string unit{};
  bool nullable = false;
  std::string attribute{};
};

/// Owns the options; they live as long as this.
class Options {
 public:
  explicit Options(std::vector<Spec> specs) : specs_(std::move(specs)) {
    for (const Spec& spec : specs_) {
      std::vector<sluice_config> from;
      for (const std::string& field : spec.from) from.push_back(scalar("", SLUICE_TEXT, field));
      std::vector<sluice_config> fields{
          spec.from.empty() ? absent("from") : nested("from", SLUICE_LIST, std::move(from)),
          spec.attribute.empty() ? absent("attribute") : scalar("attribute", SLUICE_TEXT, spec.attribute),
          scalar("as", SLUICE_TEXT, spec.as),
          spec.unit.empty() ? absent("unit") : scalar("unit", SLUICE_CHOICE, spec.unit),
          scalar("nullable", SLUICE_BOOLEAN, spec.nullable ? "true" : "false"),
      };
      fields[3].integer = spec.unit == "s" ? 0 : spec.unit == "ms" ? 1 : spec.unit == "us" ? 2 : 3;
      fields[4].integer = spec.nullable ? 1 : 0;
      columns_.push_back(nested(spec.name, SLUICE_OBJECT, std::move(fields)));
    }
    root_ = base("columns", SLUICE_MAP);
    root_.items = columns_.data();
    root_.item_count = columns_.size();
  }
  sluice::Config columns() const { return sluice::Config(&root_); }

 private:
  static sluice_config base(std::string_view key, uint32_t kind) {
    sluice_config made{};
    made.struct_size = sizeof made;
    made.kind = kind;
    made.key = sluice::to_str(key);
    return made;
  }
  static sluice_config absent(std::string_view key) { return base(key, 0); }
  static sluice_config scalar(std::string_view key, uint32_t kind, std::string_view text) {
    sluice_config made = base(key, kind);
    made.text = sluice::to_str(text);
    return made;
  }
  sluice_config nested(std::string_view key, uint32_t kind, std::vector<sluice_config> items) {
    sluice_config made = base(key, kind);
    levels_.push_back(std::move(items));
    made.items = levels_.back().data();
    made.item_count = levels_.back().size();
    return made;
  }
  std::vector<Spec> specs_;
  std::deque<std::vector<sluice_config>> levels_;
  std::vector<sluice_config> columns_;
  sluice_config root_{};
};

/// A record of one payload. What lies behind the payload is readable and looks like JSON that goes on.
class Payload {
 public:
  explicit Payload(std::string_view text, int64_t receive_time_ns = 0) : bytes_(text) {
    bytes_.append(64, '"');
    record_.data = reinterpret_cast<const uint8_t*>(bytes_.data());
    record_.size = static_cast<uint32_t>(text.size());
    record_.receive_time_ns = receive_time_ns;
  }
  Payload(const Payload&) = delete;
  sluice::Record record() { return sluice::Record(&record_); }

 private:
  std::string bytes_;
  sluice_record record_{};
};

/// One mapping with what it needs to extract single payloads.
class Table {
 public:
  explicit Table(std::vector<Spec> specs)
      : options_(std::move(specs)),
        mapping_(*sluice::columns::Mapping::from(options_.columns())),
        extractor_(mapping_) {
    rows_.reset(mapping_.size());
  }
  /// The values, or the error; valid until the next call.
  sluice::Result<std::vector<sluice::columns::Value>> read(std::string_view json, int64_t receive_time_ns = 0) {
    payload_.emplace(json, receive_time_ns);
    rows_.reset(mapping_.size());
    const sluice::Result<void> done = extractor_.extract(payload_->record(), rows_);
    if (!done) return done.error();
    const auto row = rows_[0];
    return std::vector<sluice::columns::Value>(row.begin(), row.end());
  }
  std::string error(std::string_view json) {
    auto result = read(json);
    return result ? "stored" : result.error().message;
  }
  std::string code(std::string_view json) {
    auto result = read(json);
    return result ? "stored" : result.error().code;
  }
  sluice::columns::Rows& rows() { return rows_; }
  sluice::columns::Extractor& extractor() { return extractor_; }

 private:
  Options options_;
  sluice::columns::Mapping mapping_;
  sluice::columns::Extractor extractor_;
  sluice::columns::Rows rows_;
  std::optional<Payload> payload_;
};

}  // namespace columns_test
