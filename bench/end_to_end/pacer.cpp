// SPDX-License-Identifier: Apache-2.0
// bench_pacer RATE SECONDS [STEP_US]: serves one websocket client on a free port of the loopback with RATE frames a
// second, evenly in steps of STEP_US (1000) microseconds, after a second at a fiftieth of it. The id of each
// record is the time at which its frame was written, in nanoseconds since 1970 (record_id.hpp). Prints `listening
// PORT`, and at the end `sent FRAMES LATE_P99_US LATE_MOST_US`: how late its steps were. Then it keeps the connection
// open until its standard input ends.
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include "frames.hpp"
#include "pace.hpp"
#include "record_id.hpp"
#include "serving.hpp"

namespace {

constexpr double warm_up_s = 1;

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3 && argc != 4) {
    std::fputs("bench_pacer RATE SECONDS [STEP_US]\n", stderr);
    return 2;
  }
  const double rate = std::atof(argv[1]);
  const double warm_up_frames = warm_up_s * rate / 50;
  const auto frames = static_cast<uint64_t>(warm_up_frames + rate * std::atof(argv[2]));
  const std::chrono::microseconds step_us(argc == 4 ? std::atoi(argv[3]) : 1000);
  uint16_t port = 0;
  const int listener = sluice::bench::listen_on_loopback(port);
  fmt::print("listening {}\n", port);
  std::fflush(stdout);
  const int fd = sluice::bench::accept_client(listener);
  sluice::bench::Market market;
  std::string payload;
  std::string bytes;
  uint64_t sent = 0;
  sluice::bench::Pace pace;
  for (int64_t step = 1; sent < frames; ++step) {
    pace.wait_until(step * step_us);
    const double at_s = std::chrono::duration<double>(step * step_us).count();
    const double wanted = at_s < warm_up_s ? at_s * rate / 50 : warm_up_frames + (at_s - warm_up_s) * rate;
    const uint64_t upto = std::min(frames, static_cast<uint64_t>(wanted));
    bytes.clear();
    const auto now = static_cast<uint64_t>(sluice::bench::now_ns());
    for (uint64_t of_step = 0; sent < upto; ++sent, ++of_step) {
      payload.clear();
      // The nanosecond tells frames of one step apart.
      market.append(payload, now / 1'000'000, now + of_step);
      sluice::bench::append_header(bytes, payload.size());
      bytes += payload;
    }
    if (!bytes.empty()) sluice::bench::write_all(fd, bytes);
  }
  sluice::bench::wait_until_taken(fd);
  fmt::print("sent {} {} {}\n", sent, pace.late_us(0.99), pace.late_us(1));
  std::fflush(stdout);
  while (std::getchar() != EOF) {
  }
  ::close(fd);
  return 0;
}
