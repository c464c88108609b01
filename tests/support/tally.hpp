// SPDX-License-Identifier: Apache-2.0
// A transform that absorbs: of so many records it makes some of its own, which say how many they stand for and from
// which on. At a flush it relinquishes what will be given out again, and emits the rest, however few.
#pragma once
#include <algorithm>
#include <charconv>
#include <string>

#include "sluice/node.hpp"

namespace sluice::testing {

/// What a record of Tally's says.
struct TallyLine {
  uint64_t first = 0;    ///< the number that the first absorbed record was
  uint64_t count = 0;    ///< absorbed records
  uint64_t outputs = 0;  ///< records that stand for them
  uint64_t index = 0;    ///< of those

  static TallyLine read(std::string_view payload) {
    TallyLine line;
    for (uint64_t* to : {&line.first, &line.count, &line.outputs, &line.index}) {
      const auto read = std::from_chars(payload.data(), payload.data() + payload.size(), *to);
      payload.remove_prefix(static_cast<size_t>(read.ptr - payload.data()));
      payload.remove_prefix(std::min<size_t>(payload.size(), 1));
    }
    return line;
  }
};

class Tally : public Transform {
 public:
  Tally(Context context, uint32_t records, uint32_t outputs, bool emits_when_starved = true)
      : context_(context), records_(records), outputs_(outputs), emits_when_starved_(emits_when_starved) {}

  Result<void> process(uint32_t, Batch batch) override {
    while (batch) {
      const auto room = static_cast<uint32_t>(records_ - line_.count);
      Batch part = batch.size() > room ? batch.cut(room) : std::move(batch);
      if (line_.count == 0) line_.first = number_of(part[0].payload());
      line_.count += part.size();
      context_.absorb(token_, std::move(part));
      if (line_.count == records_) emit();
    }
    return {};
  }
  Result<void> flush(Flush why) override {
    if (!token_) return {};
    if (token_.may_relinquish()) {
      std::move(token_).relinquish();
      line_ = {};
    } else if (why != Flush::starved || emits_when_starved_) {
      emit();
    }
    return {};
  }

 private:
  static uint64_t number_of(std::string_view payload) {
    uint64_t number = 0;
    std::from_chars(payload.data(), payload.data() + payload.size(), number);
    return number;
  }
  void emit() {
    constexpr size_t longest = 96;
    const Buffer buffer = context_.new_buffer(longest * outputs_);
    Batch made = context_.new_batch(outputs_);
    const uint32_t index = made.pin(buffer);
    for (uint32_t i = 0; i < outputs_; ++i) {
      const std::string text = std::to_string(line_.first) + " " + std::to_string(line_.count) + " " +
                               std::to_string(outputs_) + " " + std::to_string(i);
      uint8_t* at = buffer.data() + longest * i;
      std::copy(text.begin(), text.end(), at);
      made.append().set_payload(at, static_cast<uint32_t>(text.size()), index);
    }
    context_.bind(made, std::move(token_));
    line_ = {};
    context_.emit(0, std::move(made));
  }

  Context context_;
  const uint64_t records_;
  const uint32_t outputs_;
  const bool emits_when_starved_;
  Token token_;
  TallyLine line_;
};

}  // namespace sluice::testing
