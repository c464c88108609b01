// SPDX-License-Identifier: Apache-2.0
// bench_burst FILE: serves one websocket client on a free port of the loopback with recorded frames in their own time.
// A line of FILE is `OFFSET_US COPIES FRAME`, offsets rising: what is due in one millisecond is written at once, COPIES
// times in turn, each with the time of writing as id (record_id.hpp). Prints `listening PORT`, and at the end `sent
// FRAMES LATE_P99_US LATE_MOST_US BURST_BEGAN_NS BURST_ENDED_NS`, a burst being what has more than one copy. Then it
// keeps the connection open until its standard input ends.
#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>
#include <vector>

#include "frames.hpp"
#include "pace.hpp"
#include "record_id.hpp"
#include "serving.hpp"

namespace {

constexpr int64_t step_us = 1000;

struct Line {
  int64_t offset_us = 0;
  uint32_t copies = 1;
  std::string before_id;
  std::string after_id;
};

std::vector<Line> read_lines(const char* path) {
  std::vector<Line> lines;
  std::ifstream file(path);
  Line line;
  std::string frame;
  while (file >> line.offset_us >> line.copies && std::getline(file >> std::ws, frame)) {
    const std::string id = fmt::format("{}", sluice::bench::id_of(frame));
    const size_t at = frame.find(':' + id);
    if (at == std::string::npos) sluice::bench::give_up("bench_burst: a frame without an id");
    line.before_id = frame.substr(0, at + 1);
    line.after_id = frame.substr(at + 1 + id.size());
    lines.push_back(line);
  }
  return lines;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fputs("bench_burst FILE\n", stderr);
    return 2;
  }
  const std::vector<Line> lines = read_lines(argv[1]);
  uint16_t port = 0;
  const int listener = sluice::bench::listen_on_loopback(port);
  fmt::print("listening {}\n", port);
  std::fflush(stdout);
  const int fd = sluice::bench::accept_client(listener);
  int64_t last_id = 0;
  int64_t burst_began_ns = 0;
  int64_t burst_ended_ns = 0;
  uint64_t sent = 0;
  std::string payload;
  std::string bytes;
  sluice::bench::Pace pace;
  for (size_t begin = 0, end = 0; begin < lines.size(); begin = end) {
    const int64_t step = lines[begin].offset_us / step_us;
    uint32_t most_copies = 0;
    for (; end < lines.size() && lines[end].offset_us / step_us == step; ++end) {
      most_copies = std::max(most_copies, lines[end].copies);
    }
    pace.wait_until(std::chrono::microseconds(step * step_us));
    if (most_copies > 1 && burst_began_ns == 0) burst_began_ns = sluice::bench::now_ns();
    bytes.clear();
    for (uint32_t copy = 0; copy < most_copies; ++copy) {
      for (size_t at = begin; at < end; ++at) {
        if (copy >= lines[at].copies) continue;
        last_id = std::max(last_id + 1, sluice::bench::now_ns());
        payload = fmt::format("{}{}{}", lines[at].before_id, last_id, lines[at].after_id);
        sluice::bench::append_header(bytes, payload.size());
        bytes += payload;
        ++sent;
      }
    }
    sluice::bench::write_all(fd, bytes);
    if (most_copies > 1) burst_ended_ns = sluice::bench::now_ns();
  }
  sluice::bench::wait_until_taken(fd);
  fmt::print("sent {} {} {} {} {}\n", sent, pace.late_us(0.99), pace.late_us(1), burst_began_ns, burst_ended_ns);
  std::fflush(stdout);
  while (std::getchar() != EOF) {
  }
  ::close(fd);
  return 0;
}
