// SPDX-License-Identifier: Apache-2.0
// What the program's exit codes mean: the one table, shown by --help and in docs/cli.md.
#pragma once

namespace sluice::cli {

enum ExitCode : int {
  exit_ok = 0,             ///< success; for a run: every record has its verdict or will be replayed
  exit_invalid = 1,        ///< the graph, a plugin or an argument is wrong; nothing was run
  exit_usage = 2,          ///< the command line is wrong
  exit_not_started = 3,    ///< a node could not open or http is not served; for audit: a store could not be read
  exit_failed = 4,         ///< a failure stopped the run; unsettled records will be replayed
  exit_may_have_lost = 5,  ///< the run ended and records may be lost, as the receipt says; for audit: ids are missing
  exit_output_lost = 6     ///< all else succeeded, but the output or receipt is lost
};

constexpr const char* exit_code_table =
    "Exit codes:\n"
    "  0  success; for a run: every record has its verdict or will be replayed\n"
    "  1  the graph, a plugin or an argument is wrong; nothing was run\n"
    "  2  the command line is wrong\n"
    "  3  a node could not open (a server, a file, a permission, a limit), the http address is not usable, or the "
    "receipt "
    "file cannot be written; nothing was run; for audit: a store could not be read\n"
    "  4  a failure stopped the run; unsettled records will be replayed\n"
    "  5  the run ended and records may be lost; the receipt says how many and where; for audit: ids are "
    "missing\n"
    "  6  everything else succeeded, but the output or the receipt could not be written";

}  // namespace sluice::cli
