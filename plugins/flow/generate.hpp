// SPDX-License-Identifier: Apache-2.0
// `generate`: a source of numbered JSON payloads, for trying graphs out, for tests and for benchmarks. Numbers rise by
// one from 0; the attribute `n` carries them. Emits at the given rate by the monotonic clock, or as fast as credit
// allows. It does not draw random values: two runs emit the same payloads.
#pragma once
#include <memory>
#include <string>
#include <vector>

#include "sluice/node.hpp"
#include "sluice/option.hpp"
#include "sluice/wake_fd.hpp"

namespace sluice::flow {

class Generate : public Source {
 public:
  static void describe(Config options, Description& to);
  static Result<std::unique_ptr<Generate>> open(Context context, Config options);
  Generate(Context context, Config options);
  Result<Poll> poll(const Credit& credit, int64_t monotonic_deadline_ns) override;
  void wake() override { wake_.wake(); }
  void stop() override { is_stopped_ = true; }

 private:
  uint64_t due(int64_t now_ns);
  int64_t due_time_ns(uint64_t number) const;
  void emit(uint32_t count);

  Context context_;
  WakeFd wake_;
  std::vector<std::string> before_numbers_;  ///< the parts of the payload that a number follows
  std::string behind_;                       ///< the last number, or all of a payload without one
  uint64_t most_bytes_ = 0;                  ///< of a payload
  const uint64_t records_;                   ///< 0: no end
  const uint64_t per_batch_;
  const uint64_t per_second_;  ///< 0: no bound
  const int32_t slot_;
  uint64_t next_ = 0;
  int64_t start_ns_ = 0;
  bool has_started_ = false;
  bool is_stopped_ = false;
};

inline constexpr sluice_option generate_options[] = {
    option::count("records", "The number of records. 0: no end.").or_else("1000"),
    option::count("per_batch", "The most records in a batch.").or_else("64").between(1, 100'000),
    option::count("per_second", "Records per second. 0: as fast as the graph takes them.")
        .or_else("0")
        .between(0, 100'000'000),
    option::text("payload", "The payload. Each {n} is replaced by the number.").or_else("{\"n\":{n}}"),
};

}  // namespace sluice::flow
