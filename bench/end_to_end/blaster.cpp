// SPDX-License-Identifier: Apache-2.0
// bench_blaster MIB ROUNDS [SYMBOLS]: serves one websocket client on a free port of the loopback. Builds MIB mebibytes
// of frames of SYMBOLS (3) symbols, prints `listening PORT`, answers the first upgrade, writes the same bytes ROUNDS
// times, waits until the client's kernel has all, prints `sent FRAMES PAYLOAD_BYTES SECONDS` and closes. Looks at
// nothing the client sends after.
#include <fmt/format.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>

#include "frames.hpp"
#include "serving.hpp"

int main(int argc, char** argv) {
  if (argc != 3 && argc != 4) {
    std::fputs("bench_blaster MIB ROUNDS [SYMBOLS]\n", stderr);
    return 2;
  }
  const auto mib = static_cast<uint64_t>(std::atoll(argv[1]));
  const auto rounds = static_cast<uint64_t>(std::atoll(argv[2]));
  const auto symbols = static_cast<uint32_t>(argc == 4 ? std::atoi(argv[3]) : 3);
  sluice::bench::Frames frames = sluice::bench::build_frames(mib << 20, symbols);
  uint16_t port = 0;
  const int listener = sluice::bench::listen_on_loopback(port);
  fmt::print("listening {}\n", port);
  std::fflush(stdout);
  const int fd = sluice::bench::accept_client(listener);
  const auto start = std::chrono::steady_clock::now();
  for (uint64_t round = 0; round < rounds; ++round) {
    if (round > 0) sluice::bench::renew_ids(frames, round);
    sluice::bench::write_all(fd, frames.bytes);
  }
  sluice::bench::wait_until_taken(fd);
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
  fmt::print("sent {} {} {:.6f}\n", frames.count * rounds, frames.payload_bytes * rounds, took.count());
  ::close(fd);
  return 0;
}
