// SPDX-License-Identifier: Apache-2.0
// The classes a plugin's author derives from. The host calls a node from one thread, its stage's, never two calls at
// once, and no call may wait for the outside: what must wait belongs to a thread or event loop of the node's own, which
// settles batches from there. An Error returned from any call stops the graph and names the node.
#pragma once
#include "sluice/context.hpp"
#include "sluice/describe.hpp"

namespace sluice {
inline namespace v1 {

struct Credit {
  uint64_t records;  ///< 0: emit nothing, keep the protocol alive
  uint64_t bytes;
};
enum class Poll { more, ended };
/// Why a node is flushed; of flushes that meet on their way, the last of this list arrives.
enum class Flush : uint32_t {
  starved = SLUICE_FLUSH_STARVED,          ///< a source before may emit nothing until something settles
  dead_letter = SLUICE_FLUSH_DEAD_LETTER,  ///< the run ends, and dead letters came behind the flush that said so
  end = SLUICE_FLUSH_END,                  ///< a source before has ended; another may go on
  revoke = SLUICE_FLUSH_REVOKE,            ///< a source before gives up partitions
  drain = SLUICE_FLUSH_DRAIN,              ///< the run was asked to end, and a source before has stopped
};

/// Every node: made by its type's `open`, destroyed when the graph has ended (the destructor ends its threads and
/// settles or drops what it still owns).
class Node {
 public:
  virtual ~Node() = default;
  /// Once, on the stage thread, before any other call; threads may start here, not in `open`.
  virtual Result<void> start() { return {}; }
  /// At the monotonic deadline that was set with Context::set_timer.
  virtual Result<void> on_timer(int64_t /*monotonic_ns*/) { return {}; }
  /// Emit, hand on or relinquish at once whatever is held back.
  virtual Result<void> flush(Flush /*why*/) { return {}; }
};

class Source : public Node {
 public:
  /// Emits what is there, up to the credit, and returns; with nothing there it waits until the deadline or wake().
  virtual Result<Poll> poll(const Credit& credit, int64_t monotonic_deadline_ns) = 0;
  /// Any thread, at any time between open and destruction: a running or the next poll returns at once.
  virtual void wake() = 0;
  /// Emit nothing from now on; poll goes on being called with credit 0 until destruction.
  virtual void stop() {}
  /// Everything before `position` has settled: store that and answer with Context::committed. Never waits.
  virtual Result<void> commit(uint32_t partition, int64_t position) {
    static_cast<void>(partition);
    static_cast<void>(position);
    return bug("a source that takes positions must override commit");
  }
  /// A revoked partition has been drained and committed as far as the deadline allowed.
  virtual void released(uint32_t /*partition*/) {}
};

/// Takes batches and emits others. Must end each record: emit it, settle it, absorb it, or hold it until
/// flush.
class Transform : public Node {
 public:
  virtual Result<void> process(uint32_t input_port, Batch batch) = 0;
};

/// Takes batches and settles them, at once or later from a thread of its own. Owns at most max_in_flight batches.
class Sink : public Node {
 public:
  virtual Result<void> write(Batch batch) = 0;
};

}  // namespace v1
}  // namespace sluice
