// SPDX-License-Identifier: Apache-2.0
// What a node type says of itself before anything is opened: ports, attributes, bounds, capabilities, and what is
// wrong with its options beyond what the table can say. Pure: no files, no network, no clock.
#pragma once
#include <string_view>

#include "sluice/config.hpp"

namespace sluice {
inline namespace v1 {

enum class Role : uint32_t {
  node = SLUICE_ROLE_NODE,
  relay_input = SLUICE_ROLE_RELAY_INPUT,
  relay_output = SLUICE_ROLE_RELAY_OUTPUT,
};
enum class Replay : uint32_t {
  none = SLUICE_REPLAY_NONE,
  from_beginning = SLUICE_REPLAY_FROM_BEGINNING,
  from_commit = SLUICE_REPLAY_FROM_COMMIT,
};

class Description {
 public:
  Description(const sluice_describe_api* api, void* to) : api_(api), to_(to) {}
  Role role() const { return static_cast<Role>(api_->role); }
  void input(std::string_view name) { api_->input(to_, to_str(name)); }
  /// Ports are numbered in the order in which they are named.
  void output(std::string_view name) { api_->output(to_, to_str(name), 0); }
  void optional_output(std::string_view name) { api_->output(to_, to_str(name), 1); }
  void needs(std::string_view attribute, Config where = {}) { api_->needs(to_, to_str(attribute), where.get()); }
  void provides_text(std::string_view attribute) { provides(attribute, SLUICE_VALUE_TEXT); }
  void provides_integer(std::string_view attribute) { provides(attribute, SLUICE_VALUE_INTEGER); }
  void provides_time(std::string_view attribute) { provides(attribute, SLUICE_VALUE_TIME); }

  /// The same for an attribute that may be absent: of records whose attribute `of` has this value, or of any. Once for
  /// each such value.
  void may_provide_text(std::string_view attribute, std::string_view of = {}, std::string_view value = {}) {
    may_provide(attribute, SLUICE_VALUE_TEXT, of, value);
  }
  void may_provide_integer(std::string_view attribute, std::string_view of = {}, std::string_view value = {}) {
    may_provide(attribute, SLUICE_VALUE_INTEGER, of, value);
  }
  void may_provide_time(std::string_view attribute, std::string_view of = {}, std::string_view value = {}) {
    may_provide(attribute, SLUICE_VALUE_TIME, of, value);
  }
  /// What happens to a record that does not have this attribute: "is refused". `where` asks for the attribute.
  void absent(std::string_view attribute, std::string_view consequence, Config where) {
    if (knows(&sluice_describe_api::absent)) {
      api_->absent(to_, to_str(attribute), to_str(consequence), where.get());
    }
  }
  /// A source that may refuse what it received: "records without a value". `where` asks for that.
  void refuses(std::string_view what, Config where) {
    if (knows(&sluice_describe_api::refuses)) api_->refuses(to_, to_str(what), where.get());
  }

  /// A source whose ids say what is missing: what leaves by its first output has this series.
  void series(const sluice_series& series) {
    if (knows(&sluice_describe_api::series)) api_->series(to_, &series);
  }

  /// Records that leave by `output` (empty: by any) have one of the values that are named for it; outputs for which
  /// none is named get the rest.
  void value(std::string_view output, std::string_view attribute, std::string_view value) {
    api_->value(to_, to_str(output), to_str(attribute), to_str(value));
  }
  /// Records with another value of the attribute than those named are refused; `where` lists them.
  void accepts(std::string_view attribute, std::string_view value, Config where) {
    api_->accepts(to_, to_str(attribute), to_str(value), where.get());
  }
  /// What only one node of a graph may do: "appends to the file /x". Compared as text; `where` says it.
  void exclusive(std::string_view what, Config where) { api_->exclusive(to_, to_str(what), where.get()); }

  void replay(Replay how, std::string_view why = {}) { fact(SLUICE_FACT_REPLAY, static_cast<int64_t>(how), why); }
  /// Although it replays, it may begin behind records that nobody has had.
  void skips(std::string_view why) { fact(SLUICE_FACT_SKIPS, 1, why); }
  void durable(bool yes, std::string_view why = {}) { fact(SLUICE_FACT_DURABLE, yes ? 1 : 0, why); }
  void idempotent(bool yes, std::string_view why = {}) { fact(SLUICE_FACT_IDEMPOTENT, yes ? 1 : 0, why); }
  /// It is written to only while `claim` holds its lock.
  void claims(std::string_view why = {}) { fact(SLUICE_FACT_CLAIMS, 1, why); }
  void max_in_flight(int64_t batches) { fact(SLUICE_FACT_MAX_IN_FLIGHT, batches); }
  void memory_bytes(int64_t bytes) { fact(SLUICE_FACT_MEMORY_BYTES, bytes); }
  void holds(int64_t records, int64_t bytes, int64_t within_ns) {
    fact(SLUICE_FACT_HOLDS_RECORDS, records);
    fact(SLUICE_FACT_HOLDS_BYTES, bytes);
    fact(SLUICE_FACT_HOLDS_NS, within_ns);
  }
  /// As `holds`, and what it holds back it absorbs: it emits records of its own for it, however many.
  void absorbs(int64_t records, int64_t bytes, int64_t within_ns) {
    holds(records, bytes, within_ns);
    fact(SLUICE_FACT_ABSORBS, 1);
  }
  void problem(Config where, std::string_view sentence) { api_->problem(to_, where.get(), 0, to_str(sentence)); }
  void warning(Config where, std::string_view sentence) { api_->problem(to_, where.get(), 1, to_str(sentence)); }

 private:
  void provides(std::string_view attribute, uint32_t kind) { api_->provides(to_, to_str(attribute), kind); }
  void may_provide(std::string_view attribute, uint32_t kind, std::string_view of, std::string_view value) {
    if (!knows(&sluice_describe_api::may_provide)) return provides(attribute, kind);
    api_->may_provide(to_, to_str(attribute), kind, to_str(of), to_str(value));
  }
  /// Whether the host has this function: an older one does not.
  template <typename Function>
  bool knows(Function sluice_describe_api::*function) const {
    const auto* at = reinterpret_cast<const char*>(&(api_->*function));
    const auto* end = reinterpret_cast<const char*>(api_) + api_->struct_size;
    return at + sizeof(Function) <= end && api_->*function != nullptr;
  }
  void fact(uint32_t which, int64_t value, std::string_view why = {}) {
    api_->fact(to_, which, value);
    if (!why.empty()) api_->reason(to_, which, to_str(why));
  }
  const sluice_describe_api* api_;
  void* to_;
};

}  // namespace v1
}  // namespace sluice
