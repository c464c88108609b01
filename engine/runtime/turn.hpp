// SPDX-License-Identifier: Apache-2.0
// How a turn of a stage begins and ends. A turn is a function of the stage's state and of the moment that it is given.
// It never waits, except inside a source's poll and only if it may. Whoever runs the turns does the waiting.
#pragma once
#include <cstdint>

namespace sluice::engine {

/// Where a source waits that has nothing to do.
enum class Waiting {
  in_poll,  ///< inside its poll, which waits for what comes from outside, too
  outside   ///< its poll returns at once, and the turn says until when nothing is due
};

struct AfterTurn {
  enum class What {
    again,  ///< the next turn is due now
    wait,   ///< nothing is due before `until_ns`, unless the stage is woken
    over    ///< no turn follows
  };
  What what = What::again;
  int64_t until_ns = 0;  ///< of the monotonic clock
};

}  // namespace sluice::engine
