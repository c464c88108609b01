// SPDX-License-Identifier: Apache-2.0
// What is proved of each segment: from a source, or the output of a relay, to each sink or relay input it reaches, over
// dead letters too. Dropping and on_accept take "no loss" away, and so do a source that cannot replay and a sink that
// does not keep; only an idempotent sink takes repeats away.
#include <algorithm>

#include "validate/steps.hpp"

namespace sluice::engine {
namespace {

class Prover {
 public:
  Prover(const Draft& draft, size_t source, size_t sink)
      : draft_(draft), source_(draft.nodes[source]), sink_(draft.nodes[sink]) {
    const auto [direct, rejected] = draft.topology.between(source, sink);
    is_dead_letters_only_ = direct.empty();
    edges_ = direct;
    edges_.insert(rejected.begin(), rejected.end());
  }

  bool is_segment() const { return !edges_.empty(); }
  bool is_known() const {
    return std::all_of(edges_.begin(), edges_.end(), [&](size_t index) {
      const DraftEdge& edge = draft_.edges[index];
      return is_sound(draft_.nodes[edge.from]) && is_sound(draft_.nodes[edge.to]);
    });
  }

  /// What a node with wrong options says of itself proves nothing, and refutes nothing.
  static bool is_sound(const DraftNode& node) { return node.described && !node.has_problems; }

  PlanSegment prove() {
    look_for_loss();
    look_for_repeats();
    PlanSegment segment;
    segment.from = source_.name();
    segment.to = sink_.name();
    segment.guarantee = loss_.empty() ? (repeats_.empty() ? Guarantee::effectively_once : Guarantee::at_least_once)
                                      : (repeats_.empty() ? Guarantee::at_most_once : Guarantee::best_effort);
    if (is_dead_letters_only_) segment.reasons.push_back("only rejected records come here");
    for (const std::string& reason : loss_.empty() ? safety_ : loss_) segment.reasons.push_back(reason);
    for (const std::string& reason : repeats_.empty() ? once_ : repeats_) segment.reasons.push_back(reason);
    return segment;
  }

 private:
  static std::string because(const DraftNode& node, uint32_t fact) {
    const std::string why = node.described->reason(fact);
    return why.empty() ? "" : " (" + why + ")";
  }

  void look_for_loss() {
    const std::string source = source_.name();
    const std::string sink = sink_.name();
    const int64_t replay = source_.fact(SLUICE_FACT_REPLAY);
    if (replay == SLUICE_REPLAY_NONE) {
      loss_.push_back("may lose: " + source + " cannot replay" + because(source_, SLUICE_FACT_REPLAY) +
                      ", so records not stored when the process ends are lost");
    } else if (source_.role == SLUICE_ROLE_RELAY_OUTPUT && source_.fact(SLUICE_FACT_DURABLE) == 0) {
      loss_.push_back("may lose: " + source + " is not durable" + because(source_, SLUICE_FACT_DURABLE) +
                      ", so records not stored when the process ends are lost");
    } else {
      safety_.push_back("no loss: " + source + " replays " +
                        (replay == SLUICE_REPLAY_FROM_BEGINNING
                             ? "from its beginning"
                             : "from its committed position, which moves only past stored records") +
                        because(source_, SLUICE_FACT_REPLAY));
    }
    if (source_.fact(SLUICE_FACT_SKIPS) != 0) {
      loss_.push_back("may lose: " + source + " may skip records" + because(source_, SLUICE_FACT_SKIPS));
    }
    for (const size_t index : edges_) {
      const DraftEdge& edge = draft_.edges[index];
      if (edge.is_buffered && edge.when_full != WhenFull::block) {
        const std::string policy =
            edge.when_full == WhenFull::conflate
                ? std::string("keeps only the newest of each ") + edge.spec->when_full->conflate_key
            : edge.when_full == WhenFull::drop_newest ? "drops the newest"
                                                      : "drops the oldest";
        loss_.push_back("may lose: " + edge.name + " " + policy + " when it is full");
      }
      if (edge.commit == Commit::on_accept) {
        loss_.push_back("may lose: " + edge.name +
                        " has on_accept, so records that wait behind it when the process ends are lost");
      }
      if (edge.dead_letter_to == none) continue;
      const DraftNode& rejects = draft_.nodes[edge.dead_letter_to];
      if (&rejects == &sink_ || !rejects.described || rejects.fact(SLUICE_FACT_DURABLE) != 0) continue;
      loss_.push_back("may lose: rejected records go to " + rejects.name() + ", which does not keep them" +
                      because(rejects, SLUICE_FACT_DURABLE));
    }
    if (sink_.fact(SLUICE_FACT_DURABLE) == 0) {
      loss_.push_back("may lose: " + sink + " does not keep what it takes" + because(sink_, SLUICE_FACT_DURABLE));
    } else {
      safety_.push_back("kept: " + sink + " is durable" + because(sink_, SLUICE_FACT_DURABLE));
    }
  }

  void look_for_repeats() {
    // A source says so only where it may hand out what was taken back, which no sink can know for a repeat.
    if (!source_.described->reason(SLUICE_FACT_IDEMPOTENT).empty()) {
      repeats_.push_back("may repeat: " + source_.name() + " may hand out records that were taken back" +
                         because(source_, SLUICE_FACT_IDEMPOTENT));
    }
    if (sink_.fact(SLUICE_FACT_IDEMPOTENT) == 0) {
      repeats_.push_back("may repeat: " + sink_.name() + " stores a record again when it is sent again" +
                         because(sink_, SLUICE_FACT_IDEMPOTENT));
    } else {
      once_.push_back("no repeats: " + sink_.name() + " stores a record once" + because(sink_, SLUICE_FACT_IDEMPOTENT));
    }
  }

  const Draft& draft_;
  const DraftNode& source_;
  const DraftNode& sink_;
  std::set<size_t> edges_;
  bool is_dead_letters_only_ = false;
  std::vector<std::string> loss_;
  std::vector<std::string> safety_;
  std::vector<std::string> repeats_;
  std::vector<std::string> once_;
};

struct Proof {
  size_t sink;
  bool is_known;
  PlanSegment segment;
};

void check_requirement(const Draft& draft, const RequireSpec& require, const std::vector<Proof>& proofs,
                       Diagnostics& diagnostics) {
  const size_t sink = draft.taking(require.sink.value);
  if (sink == none && draft.spec->find_node(require.sink.value) == nullptr) return;
  if (sink == none || !draft.nodes[sink].is_sink()) {
    const bool is_guess = sink != none && draft.nodes[sink].type == nullptr;
    if (is_guess || !draft.edges_are_whole) return;
    diagnostics.error(Code::require_not_sink, require.sink.place, "require",
                      "a guarantee belongs to a sink or to the input of a relay, and \"" + require.sink.value +
                          "\" is neither here; name the node where records end");
    return;
  }
  const Proof* weakest = nullptr;
  for (const Proof& proof : proofs) {
    if (proof.sink != sink) continue;
    if (!proof.is_known) return;
    if (weakest == nullptr || proof.segment.guarantee < weakest->segment.guarantee) weakest = &proof;
  }
  const Guarantee wanted = require.guarantee.value;
  if (weakest == nullptr) return;
  const Guarantee proved = weakest->segment.guarantee;
  // Losing nothing and repeating nothing are two different things: at_least_once is no at_most_once.
  const bool is_enough = proved == wanted || proved == Guarantee::effectively_once || wanted == Guarantee::best_effort;
  if (is_enough) return;
  std::string why;
  for (const std::string& reason : weakest->segment.reasons) {
    if (reason.starts_with("may ")) why += "; " + reason;
  }
  diagnostics.error(Code::require_not_proved, require.guarantee.place, "require",
                    weakest->segment.from + " -> " + weakest->segment.to + " is " + std::string(word(proved)) +
                        ", not " + std::string(word(wanted)) + why);
}

}  // namespace

std::vector<PlanSegment> prove_segments(const Draft& draft, Diagnostics& diagnostics) {
  std::vector<Proof> proofs;
  std::vector<PlanSegment> running;
  for (size_t from = 0; from < draft.nodes.size(); ++from) {
    const DraftNode& source = draft.nodes[from];
    if (!source.is_source()) continue;
    std::vector<size_t> ends = draft.topology.behind({from}, Topology::Over::dead_letters).nodes;
    std::sort(ends.begin(), ends.end());
    for (const size_t to : ends) {
      if (to == from || !draft.nodes[to].is_sink()) continue;
      Prover prover(draft, from, to);
      if (!prover.is_segment()) continue;
      const bool is_known = prover.is_known() && Prover::is_sound(draft.nodes[to]);
      Proof proof{to, is_known, is_known ? prover.prove() : PlanSegment{}};
      if (is_known && source.runs) running.push_back(proof.segment);
      proofs.push_back(std::move(proof));
    }
  }
  for (const RequireSpec& require : draft.spec->require) check_requirement(draft, require, proofs, diagnostics);
  return running;
}

}  // namespace sluice::engine
