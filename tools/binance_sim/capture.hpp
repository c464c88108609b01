// SPDX-License-Identifier: Apache-2.0
// Recorded exchange sessions, read into memory: text or gzip, one recorded frame a line, its receive time in front
// (`<digits> <frame>` or `<seconds>: <frame>`; a bare frame takes the time of the line before).
// Guarantees: every recorded websocket frame (combined, or raw with a recognisable event) keeps its bytes; several
// files are merged by receive time, in file order where times are equal.
// Skips, and counts, header lines, REST bodies, control replies and what is no JSON; never repairs a frame.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "event.hpp"
#include "outcome.hpp"

namespace sluice::sim {

struct CapturedFrame {
  std::int64_t receive_ns = 0;
  Event event;  // event.text is the index of this frame
  std::string_view frame;
  std::string_view data;  // what a raw connection gets
  bool combined = false;  // `frame` has the stream's name around `data`
};

class Capture {
 public:
  // Reads one more file.
  Outcome<std::size_t> add_file(const std::string& path);
  // The same from memory; `name` is for messages. Returns the number of frames taken.
  std::size_t add_text(std::string text);
  // To call once after the last file: orders the frames by receive time.
  void finish();

  const std::vector<CapturedFrame>& frames() const { return frames_; }
  const StreamTable& streams() const { return streams_; }
  std::size_t skipped_lines() const { return skipped_lines_; }

 private:
  bool add_frame(std::int64_t receive_ns, std::string_view text);

  std::vector<std::string> texts_;  // what the views point into
  std::vector<CapturedFrame> frames_;
  StreamTable streams_;
  std::size_t skipped_lines_ = 0;
};

}  // namespace sluice::sim
