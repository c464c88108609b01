// SPDX-License-Identifier: Apache-2.0
// Lines of a capture, plain or gzip, as views into buffers of the host that are filled once and never written again, so
// a record can view its line without a copy. Never waits for the writer of a pipe. Memory: one buffer of 256 KiB, or as
// much as the longest line needs, up to 64 MiB; beyond that an error names the line.
#pragma once
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "capture_input.hpp"
#include "sluice/context.hpp"

namespace sluice::flow {

class CaptureReader {
 public:
  enum class Look { line, nothing_yet, end };
  static Result<std::unique_ptr<CaptureReader>> open(Context context, std::string path);
  CaptureReader(Context context, std::string path, std::unique_ptr<CaptureInput> input)
      : context_(context), path_(std::move(path)), input_(std::move(input)) {}

  /// Finds the current line, the same until pop().
  Result<Look> peek();
  /// The current line, without its end.
  std::string_view line() const;
  void pop();
  /// The buffer that holds the current line.
  const Buffer& buffer() const { return buffer_; }
  uint64_t line_number() const { return line_number_; }
  const std::string& path() const { return path_; }
  const CaptureInput& input() const { return *input_; }
  /// Back to the first line; of a file only.
  Result<void> rewind();

 private:
  Result<bool> refill();
  Result<bool> refill_from_pipe();
  void show(const Buffer& buffer, size_t size);
  Error too_long() const;
  Result<size_t> read(uint8_t* to, size_t size);
  std::string place() const { return path_ + ", line " + std::to_string(line_number_); }

  Context context_;
  std::string path_;
  std::unique_ptr<CaptureInput> input_;
  std::vector<uint8_t> piece_;  ///< of a pipe: lines that are not whole, [0, piece_size_)
  size_t piece_size_ = 0;
  Buffer buffer_;
  size_t begin_ = 0;     ///< of the current line
  size_t line_end_ = 0;  ///< its newline, or the end of the data
  size_t searched_ = 0;  ///< no newline before this
  size_t end_ = 0;       ///< of what the buffer holds
  bool has_line_ = false;
  uint64_t line_number_ = 1;
};

}  // namespace sluice::flow
