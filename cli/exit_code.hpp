// SPDX-License-Identifier: Apache-2.0
// What the program's exit codes mean: the one table, shown by --help and in docs/cli.md.
#pragma once

namespace sluice::cli {

enum ExitCode : int {
  exit_ok = 0,             ///< done; of a run: every record has its verdict or will be replayed
  exit_invalid = 1,        ///< the graph, the plugin or what was asked for is not right; nothing was run
  exit_usage = 2,          ///< the command line was not understood
  exit_not_started = 3,    ///< a node could not be opened or the http address not served; nothing was run
  exit_failed = 4,         ///< a failure stopped the run; what is unsettled will be replayed
  exit_may_have_lost = 5,  ///< the run ended and records may be lost; the receipt says which
  exit_output_lost = 6     ///< all well, but the output or the receipt could not be written
};

constexpr const char* exit_code_table =
    "Exit codes:\n"
    "  0  done; of a run: every record has its verdict, or will be replayed\n"
    "  1  the graph, the plugin or what was asked for is not right; nothing was run\n"
    "  2  the command line was not understood\n"
    "  3  a node could not be opened (a server, a file, a right, a limit), http not served, or no receipt kept; "
    "nothing was run\n"
    "  4  a failure stopped the run; what is unsettled will be replayed\n"
    "  5  the run ended and records may be lost; the receipt says how many and where\n"
    "  6  all else went well, but the output or the receipt could not be written";

}  // namespace sluice::cli
