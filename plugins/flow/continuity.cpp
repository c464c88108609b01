// SPDX-License-Identifier: Apache-2.0
#include "continuity.hpp"

#include <algorithm>
#include <cstring>
#include <limits>

#include "sluice/safe_text.hpp"

namespace sluice::flow {
namespace {

constexpr uint32_t out_port = 0;
constexpr uint32_t gaps_port = 1;
// A series beside its key: the node of the table, its bucket, what the allocator adds.
constexpr int64_t series_bytes = 128;

/// Only gaps and, where they are wanted, repeats are reported.
bool has_gaps_port(Config options) {
  return static_cast<IdRule>(options["rule"].integer()) == IdRule::consecutive || options["repeats"].text() == "report";
}

std::vector<int32_t> slots_of(const Context& context, Config names) {
  std::vector<int32_t> slots;
  for (uint64_t i = 0; i < names.size(); ++i) slots.push_back(context.attribute(names[i].text()));
  return slots;
}

std::string quoted_key(std::string_view key) { return "\"" + safe_text(shown_key(key), 80) + "\""; }

}  // namespace

void Continuity::describe(Config options, Description& to) {
  to.output("out");
  if (has_gaps_port(options)) to.optional_output("gaps");
  to.memory_bytes(options["max_keys"].integer() * (static_cast<int64_t>(SeriesTable::key_bytes_most) + series_bytes));
  const Config id = options["id"];
  if (id["attribute"].present() == id["from"].present())
    to.problem(id, "an id is either an attribute or a field of the payload; write { attribute: id } or { from: t }");
  if (id["attribute"]) to.needs(id["attribute"].text(), id["attribute"]);
  JsonFields::describe(id["from"], to);
}

Result<std::unique_ptr<Continuity>> Continuity::open(Context context, Config options) {
  return std::make_unique<Continuity>(context, options);
}

Continuity::Continuity(Context context, Config options)
    : context_(context),
      rule_(static_cast<IdRule>(options["rule"].integer())),
      restart_after_(static_cast<uint32_t>(options["restart_after"].integer())),
      max_keys_(options["max_keys"].integer()),
      id_slot_(options["id"]["attribute"] ? context.attribute(options["id"]["attribute"].text()) : -1),
      id_paths_(JsonFields::paths(options["id"]["from"])),
      reports_gaps_(has_gaps_port(options) && context.wired(gaps_port)),
      reports_repeats_(reports_gaps_ && options["repeats"].text() == "report"),
      series_(slots_of(context, options["key"]), static_cast<size_t>(max_keys_)),
      series_gauge_(context.gauge("series", "Series that are remembered.")),
      missing_ids_(context.counter("missing_ids_total", "Ids that are missing between two ids of a series.")),
      gaps_{context.counter("gaps_total", "Gaps that were found in the ids of a series.")},
      repeated_{context.counter("repeats_total", "Records with the highest id of their series once more.")},
      regressed_{context.counter("regressions_total", "Records with an id below the highest of their series.")},
      restarted_{context.counter("restarts_total", "Series that started anew, because so many records went back.")},
      unchecked_{context.counter("unchecked_total", "Records without key or id, or of a series beyond max_keys.")} {}

Result<void> Continuity::process(uint32_t, Batch batch) {
  reports_.clear();
  for (uint32_t i = 0; i < batch.size(); ++i) check(i, batch[i]);
  tell(gaps_, "gaps");
  tell(repeated_, "repeated ids");
  tell(regressed_, "ids that go back");
  tell(restarted_, "series that start anew");
  tell(unchecked_, "records that pass unchecked");
  if (reports_.empty()) {
    context_.emit(out_port, std::move(batch));
  } else {
    emit_with_reports(std::move(batch));
  }
  return {};
}

/// What a revoked partition brings when it comes back follows nothing that was seen here.
Result<void> Continuity::flush(Flush why) {
  if (why != Flush::revoke) return {};
  series_.clear();
  series_gauge_.set(0);
  return {};
}

void Continuity::check(uint32_t index, const Record& record) {
  const auto key = series_.key_of(record);
  const auto id = key ? id_of(record) : std::nullopt;
  if (!id) {
    if (++unchecked_.count == 1)
      unchecked_.first = key ? "the id of a record of " + quoted_key(*key) + " is missing, or is not a whole number"
                             : "a record lacks an attribute of `key`";
    return;
  }
  if (SeriesTable::Entry* const entry = series_.find(*key)) {
    take(index, record, *entry, *id);
  } else if (series_.add(*key, {*id, record.receive_time_ns()}) != nullptr) {
    series_gauge_.set(static_cast<int64_t>(series_.size()));
  } else if (++unchecked_.count == 1) {
    unchecked_.first = "there is no room for the series " + quoted_key(*key) + ", as max_keys is " +
                       std::to_string(max_keys_) + " and a key has at most " +
                       std::to_string(SeriesTable::key_bytes_most) + " bytes; raise max_keys, or choose another key";
  }
}

void Continuity::take(uint32_t index, const Record& record, SeriesTable::Entry& entry, int64_t id) {
  Series& series = entry.second;
  const int64_t before = series.highest;
  const int64_t since_ns = series.received_ns;
  const IdStep step = series.take(id, rule_, restart_after_);
  if (series.highest != before) series.received_ns = record.receive_time_ns();
  if (step == IdStep::next) return;
  GapReport found{index, step, entry.first, id, id, since_ns, record.receive_time_ns()};
  if (step == IdStep::gap) {
    found.first_id = before + 1;
    found.last_id = id - 1;
    missing_ids_.add(static_cast<int64_t>(std::min<uint64_t>(found.count(), std::numeric_limits<int64_t>::max())));
    if (reports_gaps_) reports_.push_back(found);
  } else if (step != IdStep::restarted && reports_repeats_) {
    reports_.push_back(found);
  }
  note(found, before);
}

std::optional<int64_t> Continuity::id_of(const Record& record) {
  if (id_paths_.empty()) return record.integer(id_slot_);
  if (!fields_.read(record.payload())) return std::nullopt;
  for (const JsonFields::Path& path : id_paths_) {
    simdjson::ondemand::value value;
    int64_t id = 0;
    if (fields_.find(path, value) && JsonFields::to_integer(value, id)) return id;
  }
  return std::nullopt;
}

void Continuity::note(const GapReport& found, int64_t highest) {
  const auto sentence = [&](const char* what) { return "series " + quoted_key(found.key) + what; };
  const auto id = [&] { return std::to_string(found.first_id); };
  switch (found.step) {
    case IdStep::gap:
      if (++gaps_.count == 1)
        gaps_.first = sentence(" lacks the ids from ") + id() + " to " + std::to_string(found.last_id) + " (" +
                      std::to_string(found.count()) + ")";
      return;
    case IdStep::repeated:
      if (++repeated_.count == 1) repeated_.first = sentence(" repeats the id ") + id();
      return;
    case IdStep::regressed:
      if (++regressed_.count == 1)
        regressed_.first = sentence(" goes back to the id ") + id() + " from " + std::to_string(highest);
      return;
    case IdStep::restarted:
      if (++restarted_.count == 1)
        restarted_.first = sentence(" starts anew at the id ") + id() + ", because " + std::to_string(restart_after_) +
                           " records in a row were not above " + std::to_string(highest);
      return;
    case IdStep::next:
      return;
  }
}

void Continuity::tell(Finding& finding, std::string_view what) {
  if (finding.count == 0) return;
  finding.total.add(static_cast<int64_t>(finding.count));
  if (finding.count > 1)
    finding.first.append("; ").append(std::to_string(finding.count)).append(" ").append(what).append(" in this batch");
  // Once a batch; the engine limits lines that differ in numbers only.
  context_.warn(finding.first);
  finding.count = 0;
}

/// Each record with a report becomes two: a copy, which is made the report, and the record itself.
void Continuity::emit_with_reports(Batch batch) {
  copies_.assign(batch.size(), 1);
  lanes_.assign(batch.size() + reports_.size(), out_port);
  text_.clear();
  sizes_.clear();
  for (size_t i = 0; i < reports_.size(); ++i) {
    copies_[reports_[i].record] = 2;
    lanes_[reports_[i].record + i] = gaps_port;
    const size_t before = text_.size();
    append_json(reports_[i], text_);
    sizes_.push_back(static_cast<uint32_t>(text_.size() - before));
  }
  std::vector<Batch> parts = std::move(batch).expand(copies_.data()).split(lanes_.data(), 2);
  Batch& gaps = parts[gaps_port];
  const Buffer buffer = context_.new_buffer(text_.size());
  std::memcpy(buffer.data(), text_.data(), text_.size());
  const uint32_t index = gaps.pin(buffer);
  const uint8_t* at = buffer.data();
  for (uint32_t i = 0; i < gaps.size(); ++i) {
    gaps[i].set_payload(at, sizes_[i], index);
    at += sizes_[i];
  }
  context_.emit(out_port, std::move(parts[out_port]));
  context_.emit(gaps_port, std::move(gaps));
}

}  // namespace sluice::flow
