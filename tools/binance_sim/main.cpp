// SPDX-License-Identifier: Apache-2.0
#include <cstdio>

#include "options.hpp"
#include "server.hpp"

namespace {

int fail(const sluice::sim::Failure& failure) {
  std::fprintf(stderr, "binance_sim: %s\n", failure.message.c_str());
  return failure.exit_code;
}

}  // namespace

int main(int argc, char** argv) {
  sluice::sim::CommandLine command = sluice::sim::parse_command_line(argc, argv);
  if (command.exit_code) {
    std::fputs(command.text.c_str(), *command.exit_code == 0 ? stdout : stderr);
    return *command.exit_code;
  }
  const bool verbose = command.options.verbose;
  sluice::sim::Server server(std::move(command.options));
  if (verbose) server.on_log([](const std::string& line) { std::fprintf(stderr, "%s\n", line.c_str()); });
  server.on_end([](const std::string& line) {
    std::printf("%s\n", line.c_str());
    std::fflush(stdout);
  });
  if (const auto failure = server.prepare()) return fail(*failure);
  server.stop_on_signals();
  for (std::size_t host = 0; host < server.hosts(); ++host) std::printf("listening %s\n", server.url(host).c_str());
  std::fflush(stdout);
  if (const auto failure = server.run()) return fail(*failure);
  return 0;
}
