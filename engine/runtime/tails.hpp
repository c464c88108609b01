// SPDX-License-Identifier: Apache-2.0
// What was stored last, for the sources that want to know where they stopped. Between the opening of the nodes and the
// start of the sources, each durable sink or relay that such a source leads to is asked, one output of the source after
// the other: those behind one output all at once, on threads of their own. Bounded in time: what has not answered by
// then is not known, the log says so, and the run goes on. A plugin that does not return even then is waited for when
// the run ends.
#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "sluice/abi.h"

namespace sluice::engine {

class GraphRuntime;
class NodeRuntime;

class Tails {
 public:
  /// `limit_ns`: how long all of it may take.
  Tails(GraphRuntime& graph, int64_t limit_ns);
  Tails(const Tails&) = delete;
  ~Tails();

  // The thread that drives the graph.
  void begin();
  /// Asks the stores behind the next output of each source whose stores have answered so far. Whether all have, behind
  /// all outputs; before, the bell rings with each that does.
  bool go_on();
  /// Every store that was asked has answered.
  bool are_known() const;
  /// Nobody waits beyond this moment of the monotonic clock.
  int64_t until_ns() const;
  /// What is not known by now is not waited for. From here on no source learns anything.
  void end();
  /// Whether the plugin has returned from the last call for this node.
  bool has_returned(const NodeRuntime& store) const;

 private:
  struct Learner;
  struct Inquiry;
  void ask_next(Learner& learner);
  bool ask(Learner& learner, size_t output);
  bool waits_for(const Learner& learner) const;
  void run(Inquiry& inquiry);
  uint32_t take(Inquiry& inquiry, sluice_str partition, sluice_batch* take);
  bool is_wanted(Inquiry& inquiry) const;
  void tell(Inquiry& inquiry, uint32_t what);
  void say_unknown(const Inquiry& inquiry, const std::string& why);

  GraphRuntime& graph_;
  const int64_t limit_ns_;
  int64_t deadline_ns_ = 0;
  std::vector<std::unique_ptr<Learner>> learners_;
  std::vector<std::unique_ptr<Inquiry>> inquiries_;
};

}  // namespace sluice::engine
