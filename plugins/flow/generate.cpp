// SPDX-License-Identifier: Apache-2.0
#include "generate.hpp"

#include <algorithm>
#include <charconv>
#include <limits>

namespace sluice::flow {
namespace {
constexpr std::string_view placeholder = "{n}";
constexpr uint64_t digits_most = 20;
constexpr uint64_t second_ns = 1'000'000'000;
}  // namespace

void Generate::describe(Config options, Description& to) {
  to.provides_integer("n");
  to.replay(Replay::from_beginning, "generate makes the same records in every run");
  const std::string_view payload = options["payload"].text();
  if (payload.size() > 1024 * 1024) to.problem(options["payload"], "the payload is longer than 1 MiB; shorten it");
}

Result<std::unique_ptr<Generate>> Generate::open(Context context, Config options) {
  return std::make_unique<Generate>(context, options);
}

Generate::Generate(Context context, Config options)
    : context_(context),
      records_(static_cast<uint64_t>(options["records"].integer())),
      per_batch_(static_cast<uint64_t>(options["per_batch"].integer())),
      per_second_(static_cast<uint64_t>(options["per_second"].integer())),
      slot_(context.attribute("n")) {
  std::string_view rest = options["payload"].text();
  for (size_t at = rest.find(placeholder); at != std::string_view::npos; at = rest.find(placeholder)) {
    before_numbers_.emplace_back(rest.substr(0, at));
    rest.remove_prefix(at + placeholder.size());
  }
  behind_ = rest;
  most_bytes_ = behind_.size();
  for (const std::string& before : before_numbers_) most_bytes_ += before.size() + digits_most;
  most_bytes_ = std::max<uint64_t>(most_bytes_, 1);
}

uint64_t Generate::due(int64_t now_ns) {
  const uint64_t left = records_ == 0 ? std::numeric_limits<uint64_t>::max() : records_ - next_;
  if (per_second_ == 0) return left;
  const auto elapsed_ns = static_cast<uint64_t>(now_ns - start_ns_);
  // Whole seconds apart, so that no product overflows.
  const uint64_t allowed = elapsed_ns / second_ns * per_second_ + elapsed_ns % second_ns * per_second_ / second_ns + 1;
  return std::min(left, allowed - std::min(allowed, next_));
}

int64_t Generate::due_time_ns(uint64_t number) const {
  const uint64_t rest = number % per_second_ * second_ns;
  return start_ns_ + static_cast<int64_t>(number / per_second_ * second_ns + (rest + per_second_ - 1) / per_second_);
}

Result<Poll> Generate::poll(const Credit& credit, int64_t monotonic_deadline_ns) {
  if (records_ > 0 && next_ == records_) return Poll::ended;
  const int64_t now_ns = context_.monotonic_ns();
  if (!has_started_) start_ns_ = now_ns;
  has_started_ = true;
  const uint64_t by_bytes = std::max<uint64_t>(1, credit.bytes / most_bytes_);
  uint64_t count = std::min({due(now_ns), credit.records, by_bytes, per_batch_});
  if (is_stopped_ || credit.bytes == 0) count = 0;
  if (count == 0) {
    const bool waits_for_time = !is_stopped_ && credit.records > 0 && credit.bytes > 0;
    const int64_t until_ns =
        waits_for_time ? std::min(monotonic_deadline_ns, due_time_ns(next_)) : monotonic_deadline_ns;
    wake_.wait_for(std::chrono::nanoseconds(until_ns - context_.monotonic_ns()));
    return Poll::more;
  }
  emit(static_cast<uint32_t>(count));
  return records_ > 0 && next_ == records_ ? Poll::ended : Poll::more;
}

void Generate::emit(uint32_t count) {
  const Buffer buffer = context_.new_buffer(count * most_bytes_);
  Batch batch = context_.new_batch(count);
  const uint32_t index = batch.pin(buffer);
  const int64_t now_ns = context_.now_ns();
  auto* to = reinterpret_cast<char*>(buffer.data());
  char digits[digits_most];
  for (uint32_t i = 0; i < count; ++i) {
    char* const from = to;
    const auto size = static_cast<size_t>(std::to_chars(digits, digits + digits_most, next_).ptr - digits);
    for (const std::string& before : before_numbers_) {
      to = std::copy_n(before.data(), before.size(), to);
      to = std::copy_n(digits, size, to);
    }
    to = std::copy_n(behind_.data(), behind_.size(), to);
    Record record = batch.append();
    record.set_payload(reinterpret_cast<const uint8_t*>(from), static_cast<uint32_t>(to - from), index);
    record.set_receive_time_ns(now_ns);
    record.set_integer(slot_, static_cast<int64_t>(next_++));
  }
  context_.emit_unpositioned(0, std::move(batch));
}

}  // namespace sluice::flow
