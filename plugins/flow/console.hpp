// SPDX-License-Identifier: Apache-2.0
// `console`: a sink that prints each record as a line, for people. A slow terminal withholds credit, never blocks the
// stage: printing has a thread of its own. With `per_second`, what is above it is discarded with the reason
// over_per_second, not delivered. When the reader has gone the graph stops.
#pragma once
#include <memory>
#include <string>
#include <vector>

#include "line_format.hpp"
#include "sluice/node.hpp"
#include "sluice/option.hpp"
#include "writer_thread.hpp"

namespace sluice::flow {

class Console : public Sink, private WriterThread::Writer {
 public:
  static void describe(Config options, Description& to);
  static Result<std::unique_ptr<Console>> open(Context context, Config options);
  Console(Context context, Config options);
  ~Console() override { thread_.end(); }
  Result<void> start() override;
  Result<void> write(Batch batch) override;

 private:
  void write(std::vector<Batch>& batches) override;
  uint32_t allowed(uint32_t count);
  bool print(const Batch& batch);
  bool print_text(std::string_view text);

  Context context_;
  const int descriptor_;
  const uint64_t per_second_;  ///< 0: no bound
  int64_t second_ = 0;
  uint64_t printed_in_second_ = 0;
  LineFormat format_;
  std::string text_;
  WriterThread thread_;
};

inline constexpr sluice_str console_formats[] = {to_str("payload"), to_str("envelope")};
inline constexpr sluice_str console_streams[] = {to_str("stdout"), to_str("stderr")};
inline constexpr sluice_option console_attribute = option::attribute("attribute", "An attribute to print.");
inline constexpr sluice_option console_options[] = {
    option::choice("to", "Where to print.", console_streams).or_else("stdout"),
    option::choice("format", "Print only the payload, or an object with payload, error, time and attributes.",
                   console_formats)
        .or_else("payload"),
    option::list("attributes", "Attributes that the envelope carries.", console_attribute).such_as("[stream, symbol]"),
    option::count("per_second", "The most lines per second. Further records are discarded. 0: no limit.").or_else("0"),
};

}  // namespace sluice::flow
