// SPDX-License-Identifier: Apache-2.0
// Everything one run of the simulator can be told, with its defaults.
// Plain data: filled by the command line or by a test, read by the server; no option changes while it runs.
#pragma once
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "exchange.hpp"
#include "faults.hpp"
#include "outcome.hpp"
#include "rest_faults.hpp"
#include "stream_faults.hpp"
#include "weights.hpp"

namespace sluice::sim {

using Duration = std::chrono::steady_clock::duration;

// Another host of the same exchange, at the same address.
struct HostOptions {
  std::uint16_t port = 0;
  Duration delay{};
};

struct Options {
  std::string host = "127.0.0.1";
  std::uint16_t port = 9443;
  Duration delay{};  // of each event, from the market to the connections of this host
  std::vector<HostOptions> more_hosts;
  std::string port_file;
  bool tls = false;
  std::string certificate_path, key_path, write_certificate_path;

  std::uint64_t seed = 1;
  unsigned symbols = 3;
  double rate = 1000;
  std::optional<std::int64_t> start_ms;
  std::vector<std::string> captures;
  double speed = 1;
  bool rate_given = false;  // a rate replaces a capture's receive times
  bool all_frames = false;
  bool live_clock = false;

  std::uint64_t frames = 0;  // 0: no end
  bool close_after_frames = false;
  bool exit_after_frames = false;

  Duration lifetime = std::chrono::hours(24);  // of a connection
  Duration ping_interval = std::chrono::seconds(20);
  Duration pong_timeout = std::chrono::seconds(60);
  std::size_t messages_per_second = 5;
  std::size_t connects_per_five_minutes = 300;
  std::uint64_t refuse_connects = 0;
  unsigned refuse_status = 503;
  int send_buffer_bytes = 0;  // 0: the system's

  WeightRules weights;
  std::size_t history_rows = 250'000;  // of a generated stream that REST still has

  bool rest_chunked = false;  // bodies without a length
  Duration rest_behind{};     // REST has a row this long after the market issued it

  FaultPlan faults;
  std::vector<StreamFault> stream_faults;
  std::vector<Quiet> quiet;
  RestFaultPlan rest_faults;
  std::vector<IdRange> rest_missing;
  std::uint64_t fragment_every = 0;

  std::string truth_path, truth_rows_path;
  bool truth_ids = true;
  bool verbose = false;
};

// What the command line asks for: a run, or to print `text` and leave with `exit_code`.
struct CommandLine {
  Options options;
  std::optional<int> exit_code;
  std::string text;
};

CommandLine parse_command_line(int argc, const char* const* argv);

// 20s, 500ms, 2m, 1h, or a plain number of seconds.
std::optional<Duration> parse_duration(std::string_view text);

}  // namespace sluice::sim
