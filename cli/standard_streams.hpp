// SPDX-License-Identifier: Apache-2.0
// A file that is opened while stdin, stdout or stderr is closed gets the number of that stream, and then all that is
// printed. Called before anything is opened; a closed stream then stays one that cannot be written to.
#pragma once
#include <fcntl.h>
#include <unistd.h>

namespace sluice::cli {

inline void keep_closed_streams_closed() {
  for (const int stream : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (fcntl(stream, F_GETFD) >= 0) continue;
    // Gets the lowest number that is free, which is the stream's. Writing to it fails, as to a closed one.
    static_cast<void>(open("/dev/null", stream == STDIN_FILENO ? O_WRONLY : O_RDONLY));
  }
}

}  // namespace sluice::cli
