// SPDX-License-Identifier: Apache-2.0
#include "replay.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <utility>

namespace sluice::flow {
namespace {

constexpr uint32_t out_port = 0;
constexpr uint32_t malformed_port = 1;
constexpr uint32_t batch_most_flat = 512;
constexpr uint32_t batch_most_paced = 32;
// Lines of one poll, also of those that make no record.
constexpr uint32_t steps_most = 1024;

std::optional<double> parse_speed(std::string_view text) {
  if (text == "flat") return 0.0;
  double speed = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), speed);
  if (error != std::errc() || end != text.data() + text.size() || !(speed >= 0) || !std::isfinite(speed))
    return std::nullopt;
  return speed;
}

}  // namespace

void Replay::describe(Config options, Description& to) {
  to.output("out");
  if (options["malformed"].text() != "discard") to.output("malformed");
  to.replay(sluice::Replay::from_beginning, "replay reads its file from the beginning in every run");
  if (!parse_speed(options["speed"].text()))
    to.problem(options["speed"],
               "speed is \"" + std::string(options["speed"].text()) + "\"; write a number such as 1 or 10, or flat");
  Extractor::describe(options, to);
}

Result<std::unique_ptr<Replay>> Replay::open(Context context, Config options) {
  auto reader = CaptureReader::open(context, std::string(options["path"].text()));
  if (!reader) return std::move(reader).error();
  if (!(*reader)->input().is_file() && options["loop"].integer() != 1)
    return operator_needed("cannot replay " + (*reader)->path() +
                           " more than once: it is not a regular file; remove `loop`, or replay a file");
  return std::make_unique<Replay>(context, options, std::move(*reader));
}

Replay::Replay(Context context, Config options, std::unique_ptr<CaptureReader> reader)
    : context_(context),
      reader_(std::move(reader)),
      extractor_(context, options),
      speed_(parse_speed(options["speed"].text()).value_or(1)),
      unit_(static_cast<TimeUnit>(options["unit"].integer())),
      loops_(options["loop"].integer()),
      uses_capture_times_(options["times"].text() == "capture"),
      discards_malformed_(options["malformed"].text() == "discard"),
      reason_slot_(context.attribute("reject_reason")),
      malformed_(context.counter("malformed_total", "Lines of the capture that hold no frame.")) {}

Result<Poll> Replay::poll(const Credit& credit, int64_t monotonic_deadline_ns) {
  if (has_ended_) return Poll::ended;
  if (is_stopped_ || credit.records == 0 || credit.bytes == 0) {
    wait_until(monotonic_deadline_ns);
    return Poll::more;
  }
  const int64_t now_ns = context_.monotonic_ns();
  wall_ns_ = context_.now_ns();
  poll_records_ = poll_bytes_ = 0;
  most_ = static_cast<uint32_t>(std::min<uint64_t>(credit.records, speed_ > 0 ? batch_most_paced : batch_most_flat));
  Result<Step> last = Step::taken;
  for (uint32_t steps = 0; steps < steps_most && poll_records_ < most_ && poll_bytes_ < credit.bytes; ++steps) {
    last = step(now_ns);
    if (!last || *last != Step::taken) break;
  }
  const bool has_emitted = out_.batch || bad_.batch;
  emit();
  if (!last) return std::move(last).error();
  has_ended_ = *last == Step::ended;
  if (has_ended_) return Poll::ended;
  if (!has_emitted) wait(*last, monotonic_deadline_ns);
  return Poll::more;
}

void Replay::wait_until(int64_t monotonic_ns, int readable) {
  wake_.wait_for(std::chrono::nanoseconds(monotonic_ns - context_.monotonic_ns()), readable);
}

void Replay::wait(Step last, int64_t monotonic_deadline_ns) {
  if (last == Step::not_due) wait_until(std::min(monotonic_deadline_ns, due_ns_));
  if (last == Step::nothing_yet) wait_until(monotonic_deadline_ns, reader_->input().fd());
}

Result<void> Replay::start() {
  if (!reader_->input().is_file()) context_.connecting("nothing has come from " + reader_->path() + " so far");
  return {};
}

Result<Replay::Step> Replay::step(int64_t now_ns) {
  const auto look = reader_->peek();
  if (!look) return look.error();
  if (*look == CaptureReader::Look::nothing_yet) return Step::nothing_yet;
  if (!std::exchange(has_data_, true) && !reader_->input().is_file()) context_.ready();
  if (*look == CaptureReader::Look::end) {
    if (pass_lines_ == 0 || ++passes_ == loops_) return Step::ended;
    Result<void> rewound = reader_->rewind();
    if (!rewound) return std::move(rewound).error();
    has_origin_ = false;
    pass_lines_ = 0;
    return Step::taken;
  }
  const auto line = parse_capture_line(reader_->line(), unit_);
  if (line && !is_due(*line, now_ns)) return Step::not_due;
  take(reader_->line(), line);
  reader_->pop();
  ++pass_lines_;
  return Step::taken;
}

bool Replay::is_due(const CaptureLine& line, int64_t now_ns) {
  if (speed_ <= 0 || !line.time_ns) return true;
  if (!has_origin_) {
    has_origin_ = true;
    origin_capture_ns_ = *line.time_ns;
    origin_monotonic_ns_ = now_ns;
  }
  const double after_ns = static_cast<double>(*line.time_ns - origin_capture_ns_) / speed_;
  // A capture's clock may leap anywhere; a century is for ever.
  constexpr double most_ns = 3.2e18;
  due_ns_ = origin_monotonic_ns_ + static_cast<int64_t>(std::clamp(after_ns, 0.0, most_ns));
  return due_ns_ <= now_ns;
}

void Replay::take(std::string_view whole, const std::optional<CaptureLine>& line) {
  const bool has_capture_time = uses_capture_times_ && line && line->time_ns;
  const int64_t receive_time_ns = has_capture_time ? *line->time_ns : wall_ns_;
  if (!line) return reject(whole, receive_time_ns, "the line has none of the shapes of a capture");
  const std::string_view why = extractor_.read(line->frame);
  if (!why.empty()) return reject(whole, receive_time_ns, why);
  Record record = append(out_, receive_time_ns);
  extractor_.fill(record, out_.index, out_.batch);
  ++poll_records_;
  poll_bytes_ += record.payload().size();
}

Record Replay::append(Outgoing& to, int64_t receive_time_ns) {
  if (!to.batch) to = {context_.new_batch(most_), nullptr, 0};
  if (to.pinned != reader_->buffer().get()) {
    to.pinned = reader_->buffer().get();
    to.index = to.batch.pin(reader_->buffer());
  }
  Record record = to.batch.append();
  record.set_receive_time_ns(receive_time_ns);
  return record;
}

void Replay::reject(std::string_view whole, int64_t receive_time_ns, std::string_view why) {
  malformed_.add();
  if (discards_malformed_) return;
  Record record = append(bad_, receive_time_ns);
  record.set_payload(reinterpret_cast<const uint8_t*>(whole.data()), static_cast<uint32_t>(whole.size()), bad_.index);
  record.set_text(reason_slot_, why);
  ++poll_records_;
  poll_bytes_ += whole.size();
}

void Replay::emit() {
  if (out_.batch) context_.emit_unpositioned(out_port, std::move(out_.batch));
  if (bad_.batch) context_.emit_unpositioned(malformed_port, std::move(bad_.batch));
}

}  // namespace sluice::flow
