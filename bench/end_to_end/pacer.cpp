// SPDX-License-Identifier: Apache-2.0
// bench_pacer RATE SECONDS: serves one websocket client on a free port of the loopback with RATE frames a second,
// evenly in steps of a millisecond. The id of each record is the time at which its frame was written, in nanoseconds
// since 1970, so whoever sees the record knows how long it was on its way. Prints `listening PORT`, and at the end
// `sent FRAMES LATEST_STEP_US`: how late the latest step was. Then it keeps the connection open until its standard
// input ends.
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <thread>

#include "frames.hpp"
#include "serving.hpp"

namespace {

constexpr double warm_up_ms = 3000;

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fputs("bench_pacer RATE SECONDS\n", stderr);
    return 2;
  }
  const double rate = std::atof(argv[1]);
  const double warm_up_frames = warm_up_ms / 1000 * rate / 50;
  const auto frames = static_cast<uint64_t>(warm_up_frames + rate * std::atof(argv[2]));
  uint16_t port = 0;
  const int listener = sluice::bench::listen_on_loopback(port);
  fmt::print("listening {}\n", port);
  std::fflush(stdout);
  const int fd = sluice::bench::accept_client(listener);
  sluice::bench::Market market;
  std::string payload;
  std::string bytes;
  std::chrono::microseconds latest{0};
  uint64_t sent = 0;
  const auto start = std::chrono::steady_clock::now();
  for (uint64_t step = 1; sent < frames; ++step) {
    const auto due = start + std::chrono::milliseconds(step);
    std::this_thread::sleep_until(due);
    latest =
        std::max(latest, std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() - due));
    bytes.clear();
    const auto ms = static_cast<double>(step);
    const double wanted = ms < warm_up_ms ? ms / 1000 * rate / 50 : warm_up_frames + (ms - warm_up_ms) / 1000 * rate;
    const uint64_t upto = std::min(frames, static_cast<uint64_t>(wanted));
    const auto now_ns =
        std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::system_clock::now().time_since_epoch())
            .count();
    for (uint64_t of_step = 0; sent < upto; ++sent, ++of_step) {
      payload.clear();
      // The nanosecond tells frames of one step apart.
      market.append(payload, static_cast<uint64_t>(now_ns) + of_step, static_cast<uint64_t>(now_ns) / 1'000'000);
      sluice::bench::append_header(bytes, payload.size());
      bytes += payload;
    }
    if (!bytes.empty()) sluice::bench::write_all(fd, bytes);
  }
  sluice::bench::wait_until_taken(fd);
  fmt::print("sent {} {}\n", sent, latest.count());
  std::fflush(stdout);
  while (std::getchar() != EOF) {
  }
  ::close(fd);
  return 0;
}
