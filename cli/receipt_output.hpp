// SPDX-License-Identifier: Apache-2.0
// Where the receipt of a run goes: the output stream as text, a file as JSON. Looks at the file before anything runs,
// so that a receipt that cannot be kept is refused then; leaves no file when nothing ran. Written once, by whichever
// thread comes first.
#pragma once
#include <atomic>
#include <memory>
#include <string>

#include "runtime/report.hpp"
#include "sluice/result.hpp"

namespace sluice::cli {

class ReceiptOutput {
 public:
  /// An empty file: none. The error says why nothing can be written there.
  static Result<std::unique_ptr<ReceiptOutput>> prepare(const std::string& file);
  ~ReceiptOutput();
  ReceiptOutput(const ReceiptOutput&) = delete;
  ReceiptOutput& operator=(const ReceiptOutput&) = delete;

  enum class Written { whole, in_part, before };
  /// In part: one place did not take it; the error stream says which, and has the text when the output has not.
  /// A reader that takes nothing for `patience_ms` counts as such a place; below 0 there is no limit.
  Written write(const engine::Report& report, int patience_ms = -1);

 private:
  ReceiptOutput(std::string file, int pipe) : file_(std::move(file)), pipe_(pipe) {}
  Result<void> write_file(const std::string& json, int patience_ms) const;

  const std::string file_;
  const int pipe_;  ///< kept open from the beginning, as its reader would take a close for the end; -1: none
  std::atomic<bool> is_written_{false};
};

}  // namespace sluice::cli
