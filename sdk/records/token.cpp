// SPDX-License-Identifier: Apache-2.0
#include "records/token.hpp"

#include <algorithm>
#include <memory>
#include <utility>

namespace sluice::records {
namespace {

void append(Token& token, const Run& run) {
  token.records += run.records;
  if (!token.runs.empty()) {
    Run& last = token.runs.back();
    if (last.source == run.source && last.path == run.path && last.is_dead == run.is_dead) {
      last.records += run.records;
      last.parts += run.parts;
      return;
    }
  }
  token.runs.push_back(run);
}

bool give_again(const Runs& runs) {
  return std::all_of(runs.begin(), runs.end(),
                     [](const Run& run) { return run.source->account().gives_again(*run.source); });
}

/// What became of a batch, in a word: the worst that became of any part of it.
Verdict worst_of(const Totals& totals) {
  for (const Verdict verdict : {Verdict::failed, Verdict::discarded, Verdict::dead_lettered, Verdict::accepted}) {
    if (totals.count(verdict) != 0) return verdict;
  }
  return Verdict::delivered;
}

}  // namespace

Token* absorb_take(Token* into, HostBatch* take) {
  if (into == nullptr) into = new Token;
  if (into->runs.empty()) {
    into->since_ns = take->since_ns;
    into->came_by = take->came_by;
  }
  for (const Run& run : take->runs) append(*into, run);
  free_take(take);
  return into;
}

bool gives_again(const Token& token) { return give_again(token.runs); }

void relinquish_take(Token* token, int64_t at_ns) {
  const std::unique_ptr<Token> owned(token);
  relinquish_runs(owned->runs, at_ns);
}

/// The account of one fresh batch, which answers to the accounts of the absorbed records.
class Bonds::Bond final : public Account {
 public:
  Bond(Bonds& owner, Runs runs) : owner_(owner), runs_(std::move(runs)) {
    const std::lock_guard lock(owner_.mutex_);
    next_ = owner_.first_;
    if (next_ != nullptr) next_->previous_ = this;
    owner_.first_ = this;
  }
  ~Bond() override { delete batch_; }

  SourceBatch* begin(uint32_t records, int64_t now_ns) { return batch_ = new SourceBatch(*this, records, 0, now_ns); }

  void on_settled(SourceBatch*, int64_t at_ns) override {
    const bool is_relinquished = batch_->has_relinquished();
    const Verdict verdict = worst_of(totals);
    const Runs runs = std::move(runs_);
    leave();
    delete this;
    if (is_relinquished) {
      relinquish_runs(runs, at_ns);
    } else {
      settle_runs(runs, verdict, at_ns);
    }
  }
  bool gives_again(const SourceBatch&) override { return give_again(runs_); }

  Bond* next() const { return next_; }

 private:
  void leave() {
    const std::lock_guard lock(owner_.mutex_);
    (previous_ == nullptr ? owner_.first_ : previous_->next_) = next_;
    if (next_ != nullptr) next_->previous_ = previous_;
  }
  Bonds& owner_;
  Runs runs_;
  SourceBatch* batch_ = nullptr;
  Bond* next_ = nullptr;
  Bond* previous_ = nullptr;
};

Bonds::~Bonds() {
  while (first_ != nullptr) delete std::exchange(first_, first_->next());
}

void Bonds::bind_take(HostBatch& fresh, Token* token, int64_t now_ns) {
  const std::unique_ptr<Token> owned(token);
  const Run first = owned->runs.front();
  auto* bond = new Bond(*this, std::move(owned->runs));
  begin_token(fresh, bond->begin(fresh.count, now_ns), first.path);
  fresh.runs.front().is_dead = first.is_dead;
  fresh.since_ns = owned->since_ns;
  fresh.came_by = owned->came_by;
}

}  // namespace sluice::records
