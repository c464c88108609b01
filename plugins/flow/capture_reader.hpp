// SPDX-License-Identifier: Apache-2.0
// Lines of a file, plain or gzip, as views into buffers of the host that are filled once and never written again, so a
// record can view its line without a copy. A damaged or cut gzip file is an error, never an early end. Memory: one
// buffer of 256 KiB, or as much as the longest line needs, up to 64 MiB; beyond that an error names the line.
#pragma once
#include <zlib.h>

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "sluice/context.hpp"

namespace sluice::flow {

class CaptureReader {
 public:
  static Result<std::unique_ptr<CaptureReader>> open(Context context, std::string path);
  CaptureReader(Context context, std::string path, gzFile file)
      : context_(context), path_(std::move(path)), file_(file) {}
  CaptureReader(const CaptureReader&) = delete;
  CaptureReader& operator=(const CaptureReader&) = delete;
  ~CaptureReader() { gzclose(file_); }

  /// The current line without its end, the same until pop(); nothing at the end of the file.
  Result<std::optional<std::string_view>> peek();
  void pop();
  /// The buffer that holds the current line.
  const Buffer& buffer() const { return buffer_; }
  uint64_t line_number() const { return line_number_; }
  /// Back to the first line.
  Result<void> rewind();

 private:
  Result<void> refill();
  std::string place() const { return path_ + ", line " + std::to_string(line_number_); }

  Context context_;
  std::string path_;
  gzFile file_;
  Buffer buffer_;
  size_t begin_ = 0;     ///< of the current line
  size_t line_end_ = 0;  ///< its newline, or the end of the data
  size_t end_ = 0;       ///< of what the buffer holds
  bool has_line_ = false;
  bool is_at_end_ = false;
  uint64_t line_number_ = 1;
};

}  // namespace sluice::flow
