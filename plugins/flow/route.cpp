// SPDX-License-Identifier: Apache-2.0
#include "route.hpp"

#include <charconv>
#include <map>

#include "sluice/safe_text.hpp"

namespace sluice::flow {
namespace {

// Lanes behind the ports.
constexpr uint8_t discard_lane = 0;
constexpr uint8_t fail_lane = 1;

uint8_t otherwise_lane(Config options) {
  const Config ports = options["ports"];
  const std::string_view otherwise = options["otherwise"].text();
  for (uint64_t i = 0; i < ports.size(); ++i) {
    if (ports[i].key() == otherwise) return static_cast<uint8_t>(i);
  }
  const uint8_t special = otherwise == "discard" ? discard_lane : fail_lane;
  return static_cast<uint8_t>(ports.size() + special);
}

std::string quoted(std::string_view text) { return "\"" + std::string(text) + "\""; }

}  // namespace

void Route::describe(Config options, Description& to) {
  const Config ports = options["ports"];
  const Config otherwise = options["otherwise"];
  if (otherwise.text() == "fail") to.absent(options["by"].text(), "is rejected", options["by"]);
  bool is_known = otherwise.text() == "discard" || otherwise.text() == "fail";
  std::map<std::string_view, std::string_view> port_of;
  for (uint64_t p = 0; p < ports.size(); ++p) {
    const std::string_view name = ports[p].key();
    to.output(name);
    is_known = is_known || otherwise.text() == name;
    if (name == "discard" || name == "fail")
      to.problem(ports[p], "a port cannot be named " + std::string(name) + ", as otherwise: " + std::string(name) +
                               " means something else; rename it");
    for (uint64_t v = 0; v < ports[p].size(); ++v) {
      // A port that takes what no list names gets more than its own list says.
      if (otherwise.text() != name) to.value(name, options["by"].text(), ports[p][v].text());
      if (otherwise.text() == "fail") to.accepts(options["by"].text(), ports[p][v].text(), ports);
      const auto [there, is_new] = port_of.emplace(ports[p][v].text(), name);
      if (is_new) continue;
      to.problem(ports[p][v], "the value " + quoted(there->first) + " is listed for port " +
                                  std::string(there->second) + " already; a value leaves by one port only");
    }
  }
  if (!is_known)
    to.problem(otherwise, "otherwise is " + quoted(otherwise.text()) +
                              ", which is not a port of this node; write one of its ports, discard, or fail");
}

Result<std::unique_ptr<Route>> Route::open(Context context, Config options) {
  return std::make_unique<Route>(context, options);
}

Route::Route(Context context, Config options)
    : context_(context),
      by_(options["by"].text()),
      slot_(context.attribute(by_)),
      ports_(static_cast<uint8_t>(options["ports"].size())),
      otherwise_(otherwise_lane(options)),
      table_(otherwise_),
      parts_(options["ports"].size() + 2, nullptr) {
  const Config ports = options["ports"];
  for (uint64_t p = 0; p < ports.size(); ++p) {
    for (uint64_t v = 0; v < ports[p].size(); ++v) table_.add(ports[p][v].text(), static_cast<uint8_t>(p));
  }
}

uint8_t Route::lane_of(const Record& record) {
  if (slot_ < 0) return otherwise_;
  const sluice_value& value = record.attribute(slot_);
  if (value.kind == SLUICE_VALUE_TEXT) return table_.lane_of({value.as.text, value.size});
  if (value.kind == SLUICE_ABSENT) return otherwise_;
  char digits[24];
  const auto end = std::to_chars(digits, digits + sizeof digits, value.as.integer).ptr;
  return table_.find({digits, static_cast<size_t>(end - digits)});
}

Result<void> Route::process(uint32_t, Batch batch) {
  const uint32_t count = batch.size();
  if (count == 0) {
    std::move(batch).discard("empty");
    return {};
  }
  table_.begin_batch();
  const uint8_t first = lane_of(batch[0]);
  uint32_t i = 1;
  while (i < count && lane_of(batch[i]) == first) ++i;
  if (i == count) {
    send(first, std::move(batch));
    return {};
  }
  lanes_.assign(i, first);
  for (; i < count; ++i) lanes_.push_back(lane_of(batch[i]));
  part(std::move(batch));
  return {};
}

void Route::part(Batch batch) {
  context_.host()->batch_split(context_.get(), batch.release(), lanes_.data(), static_cast<uint32_t>(parts_.size()),
                               parts_.data());
  for (size_t lane = 0; lane < parts_.size(); ++lane) {
    if (parts_[lane] != nullptr) send(static_cast<uint8_t>(lane), context_.adopt(parts_[lane]));
  }
}

void Route::send(uint8_t lane, Batch batch) {
  if (lane < ports_) {
    context_.emit(lane, std::move(batch));
  } else if (lane == ports_ + discard_lane) {
    std::move(batch).discard("no_route");
  } else {
    fail(std::move(batch));
  }
}

void Route::fail(Batch batch) {
  while (!batch.empty()) {
    const std::optional<std::string> value = value_text(batch[0]);
    uint32_t same = 1;
    while (same < batch.size() && value_text(batch[same]) == value) ++same;
    Batch part = same == batch.size() ? std::move(batch) : batch.cut(same);
    const std::string what = !value ? "the record has no attribute " + by_
                                    : "the attribute " + by_ + " is " + quoted(safe_text(*value, 80)) +
                                          ", which is in none of the lists of ports";
    std::move(part).fail(permanent(what + "; list it under ports, or set otherwise to a port or discard", "no_route"));
  }
}

std::optional<std::string> Route::value_text(const Record& record) const {
  if (slot_ < 0 || record.attribute(slot_).kind == SLUICE_ABSENT) return std::nullopt;
  if (const auto number = record.integer(slot_)) return std::to_string(*number);
  return std::string(record.text(slot_));
}

}  // namespace sluice::flow
