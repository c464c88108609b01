// SPDX-License-Identifier: Apache-2.0
// The bytes of a capture, inflated when they are gzip: of a file, a pipe, a terminal. Never waits for a writer: a read
// that finds nothing says so, and fd() is what to wait for. A damaged or cut gzip file is an error, never an early end.
// Memory: 256 KiB.
#pragma once
#include <zlib.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "sluice/result.hpp"

namespace sluice::flow {

class CaptureInput {
 public:
  static Result<std::unique_ptr<CaptureInput>> open(const std::string& path);
  CaptureInput(int descriptor, bool is_file);
  CaptureInput(const CaptureInput&) = delete;
  CaptureInput& operator=(const CaptureInput&) = delete;
  ~CaptureInput();

  /// How many bytes it put at `to`; none: see has_ended(), else nothing is there yet. The error is the reason alone.
  Result<size_t> read(uint8_t* to, size_t size);
  bool has_ended() const { return has_ended_; }
  /// Whether it can be read again, and reads never find nothing before its end.
  bool is_file() const { return is_file_; }
  int fd() const { return descriptor_; }
  Result<void> rewind();

 private:
  enum class Form { unknown, plain, gzip, trailer };
  /// What a read of the descriptor came to.
  enum class Got { bytes, nothing, end };
  Result<Got> receive(uint8_t* to, size_t size, size_t& got);
  Result<Got> refill();
  Result<Got> recognise();
  Result<size_t> read_plain(uint8_t* to, size_t size);
  Result<size_t> inflate(uint8_t* to, size_t size);

  const int descriptor_;
  const bool is_file_;
  Form form_ = Form::unknown;
  bool has_ended_ = false;
  std::vector<uint8_t> raw_;  ///< as received, [raw_begin_, raw_end_)
  size_t raw_begin_ = 0;
  size_t raw_end_ = 0;
  bool has_gzip_ = false;
  z_stream gzip_{};
};

}  // namespace sluice::flow
