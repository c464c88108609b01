// SPDX-License-Identifier: Apache-2.0
// How a turn of a stage ends. A turn is a function of the stage's state and of the moment that it is given. It never
// waits, except inside a source's poll. Whoever runs the turns does the waiting: the stage's thread, or a test that
// runs many stages in one thread.
#pragma once
#include <cstdint>

namespace sluice::engine {

struct AfterTurn {
  enum class What {
    again,   ///< the next turn is due now
    wait,    ///< nothing is due before `until_ns`, unless the stage is woken
    polled,  ///< as wait, but the source's poll has done the waiting
    over     ///< no turn follows
  };
  What what = What::again;
  int64_t until_ns = 0;  ///< of the monotonic clock
};

}  // namespace sluice::engine
