// SPDX-License-Identifier: Apache-2.0
#include "console.hpp"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "errno_text.hpp"

namespace sluice::flow {
namespace {
// A pipe that poll calls writable takes this much without blocking.
constexpr size_t piece_bytes = 4096;
constexpr size_t text_bytes = 64 * 1024;
constexpr int look_again_ms = 50;
constexpr int64_t max_in_flight = 4;
}  // namespace

void Console::describe(Config options, Description& to) {
  to.durable(false, "printed lines are not stored");
  to.idempotent(false, "a repeated record is printed again");
  to.max_in_flight(max_in_flight);
  to.memory_bytes(4 * static_cast<int64_t>(text_bytes));
  if (options["attributes"].size() > 0 && options["format"].text() != "envelope")
    to.problem(options["attributes"], "attributes are printed in the envelope only; say format: envelope");
}

Result<std::unique_ptr<Console>> Console::open(Context context, Config options) {
  return std::make_unique<Console>(context, options);
}

Console::Console(Context context, Config options)
    : context_(context),
      descriptor_(options["to"].text() == "stderr" ? STDERR_FILENO : STDOUT_FILENO),
      per_second_(static_cast<uint64_t>(options["per_second"].integer())),
      format_(context, options["format"].text() == "envelope", options["attributes"]),
      thread_(*this) {}

Result<void> Console::start() {
  thread_.start();
  return {};
}

Result<void> Console::write(Batch batch) {
  thread_.push(std::move(batch));
  return {};
}

void Console::write(std::vector<Batch>& batches) {
  for (Batch& batch : batches) {
    const uint32_t shown = allowed(batch.size());
    if (shown == 0 && !batch.empty()) {
      std::move(batch).discard("over_per_second");
      continue;
    }
    Batch first = shown == batch.size() ? std::move(batch) : batch.cut(shown);
    if (batch) std::move(batch).discard("over_per_second");
    if (!print(first)) {
      batch = std::move(first);
      return;
    }
    std::move(first).deliver();
  }
}

uint32_t Console::allowed(uint32_t count) {
  if (per_second_ == 0) return count;
  const int64_t second = context_.monotonic_ns() / 1'000'000'000;
  if (second != second_) printed_in_second_ = 0;
  second_ = second;
  const auto shown = static_cast<uint32_t>(std::min<uint64_t>(count, per_second_ - printed_in_second_));
  printed_in_second_ += shown;
  return shown;
}

bool Console::print(const Batch& batch) {
  text_.clear();
  for (uint32_t i = 0; i < batch.size(); ++i) {
    format_.append(batch[i], text_);
    if (text_.size() < text_bytes && i + 1 < batch.size()) continue;
    if (!print_text(text_)) return false;
    text_.clear();
  }
  return true;
}

bool Console::print_text(std::string_view text) {
  while (!text.empty()) {
    pollfd waiting{descriptor_, POLLOUT, 0};
    const int ready = ::poll(&waiting, 1, look_again_ms);
    if (ready == 0 && thread_.is_ending()) return false;
    if (ready == 0 || (ready < 0 && errno == EINTR)) continue;
    const ssize_t wrote = ::write(descriptor_, text.data(), std::min(text.size(), piece_bytes));
    if (wrote < 0 && (errno == EINTR || errno == EAGAIN)) continue;
    if (wrote < 0) {
      const int number = errno;
      context_.stop(
          operator_needed("cannot print to " + std::string(descriptor_ == STDOUT_FILENO ? "stdout" : "stderr") + ": " +
                              errno_text(number) + (number == EPIPE ? "; the program that read it has ended" : ""),
                          errno_name(number)));
      while (thread_.sleep(std::chrono::hours(1))) continue;
      return false;
    }
    text.remove_prefix(static_cast<size_t>(wrote));
  }
  return true;
}

}  // namespace sluice::flow
