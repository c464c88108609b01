// SPDX-License-Identifier: Apache-2.0
// `replay`: a source that reads a capture file, plain or gzip, and emits its frames in the file's order, at the pace at
// which they were received or as fast as credit allows. Payload and attributes are taken out of each frame, so that a
// capture replays as the records its first receiver made. Lines that are no such frame leave by `malformed`.
// Begins at the file's beginning in every run; never changes the file. Of a pipe it takes what is there, and waits for
// more without holding up the stage.
#pragma once
#include <memory>
#include <string>

#include "capture_line.hpp"
#include "capture_reader.hpp"
#include "extract.hpp"
#include "sluice/node.hpp"
#include "sluice/wake_fd.hpp"

namespace sluice::flow {

class Replay : public Source {
 public:
  static void describe(Config options, Description& to);
  static Result<std::unique_ptr<Replay>> open(Context context, Config options);
  Replay(Context context, Config options, std::unique_ptr<CaptureReader> reader);
  Result<Poll> poll(const Credit& credit, int64_t monotonic_deadline_ns) override;
  void wake() override { wake_.wake(); }
  Result<void> start() override;
  void stop() override { is_stopped_ = true; }

 private:
  /// One of the two batches that a poll fills.
  struct Outgoing {
    Batch batch{};
    sluice_buffer* pinned = nullptr;
    uint32_t index = 0;
  };
  enum class Step { taken, not_due, nothing_yet, ended };

  Result<Step> step(int64_t now_ns);
  void wait(Step last, int64_t monotonic_deadline_ns);
  void wait_until(int64_t monotonic_ns, int readable = -1);
  bool is_due(const CaptureLine& line, int64_t now_ns);
  void take(std::string_view whole, const std::optional<CaptureLine>& line);
  Record append(Outgoing& to, int64_t receive_time_ns);
  void reject(std::string_view whole, int64_t receive_time_ns, std::string_view why);
  void emit();

  Context context_;
  std::unique_ptr<CaptureReader> reader_;
  Extractor extractor_;
  WakeFd wake_;
  const double speed_;  ///< 0: flat out
  const TimeUnit unit_;
  const int64_t loops_;  ///< 0: without end
  const bool uses_capture_times_;
  const bool discards_malformed_;
  const int32_t reason_slot_;
  const Metric malformed_;
  int64_t passes_ = 0;
  bool has_origin_ = false;  ///< whether this pass has met a time
  int64_t origin_capture_ns_ = 0;
  int64_t origin_monotonic_ns_ = 0;
  int64_t due_ns_ = 0;  ///< of the line that was not due
  int64_t wall_ns_ = 0;
  uint64_t poll_records_ = 0;
  uint64_t poll_bytes_ = 0;
  uint64_t pass_lines_ = 0;
  uint32_t most_ = 0;
  Outgoing out_;
  Outgoing bad_;
  bool has_data_ = false;
  bool is_stopped_ = false;
  bool has_ended_ = false;
};

inline constexpr sluice_str replay_units[] = {to_str("auto"), to_str("ns"), to_str("us"), to_str("ms"), to_str("s")};
inline constexpr sluice_str replay_times[] = {to_str("capture"), to_str("now")};
inline constexpr sluice_str replay_malformed[] = {to_str("port"), to_str("discard")};
inline constexpr sluice_option replay_options[] = {
    option::text("path", "The capture, plain or gzip: a file, or a pipe such as /dev/stdin.")
        .required()
        .such_as("captures/btcusdt.gz"),
    option::text("speed", "1: as received. 10: ten times as fast. flat (or 0): as fast as the graph takes it.")
        .or_else("1"),
    option::count("loop", "How often to replay the file. 0: endlessly.").or_else("1"),
    option::choice("unit", "The unit of integer times. auto derives it from their size.", replay_units).or_else("auto"),
    option::choice("times", "The receive time of a record: from the capture, or the time of the replay.", replay_times)
        .or_else("capture"),
    option::text("payload", "The key of the frame whose object is the payload. Default: the whole frame.")
        .such_as("data"),
    option::map("attributes", "Attributes to extract from each frame.", extract_attribute)
        .such_as("{ stream: { from: stream }, stream_type: { from: stream, after: '@' } }"),
    option::choice("malformed", "What to do with lines without a frame: send them to port malformed, or discard them.",
                   replay_malformed)
        .or_else("port"),
};

}  // namespace sluice::flow
