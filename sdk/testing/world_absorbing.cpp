// SPDX-License-Identifier: Apache-2.0
// The fake host's side of absorbing: who owns which token, and how each one ends.
#include "world.hpp"

namespace sluice::testing {

bool World::disown(sluice_token* token, const char* deed) {
  const bool known = locked([&] { return tokens.erase(token) == 1; });
  if (!known && !closed) problem(std::string(deed) + " of a token that the node does not own (any more)");
  return known;
}

sluice_token* World::absorb(sluice_token* into, sluice_batch* take) {
  const HandOver hand_over(*this);
  if (description.fact(SLUICE_FACT_ABSORBS) == 0) problem("absorbs, and its description does not say so");
  if (into != nullptr && !disown(into, "absorb")) return into;
  records::Token* token = into == nullptr ? nullptr : records::host_token(into);
  if (disown(take, "absorb")) token = records::absorb_take(token, records::host_batch(take));
  if (token == nullptr) token = new records::Token;
  lock_and([&] { tokens.insert(token); });
  return token;
}

void World::bind(sluice_batch* fresh, sluice_token* take) {
  records::HostBatch& batch = *records::host_batch(fresh);
  if (!disown(take, "bind")) return;
  records::Token* token = records::host_token(take);
  if (!batch.runs.empty() || batch.count == 0 || token->records == 0) {
    problem("binds a token of " + std::to_string(token->records) + " records to a batch of " +
            std::to_string(batch.count) + (batch.runs.empty() ? "" : " that has a token"));
    return relinquish_token(token);
  }
  bonds_.bind_take(batch, token, monotonic_ns());
}

void World::relinquish(sluice_token* take) {
  if (!disown(take, "relinquish")) return;
  if (!replays) problem("relinquishes what nothing gives out again: ask may_relinquish() first");
  records::Token* token = records::host_token(take);
  lock_and([&] { relinquished += token->records; });
  relinquish_token(token);
}

void World::drop_token(sluice_token* take) {
  if (!disown(take, "token_drop")) return;
  records::Token* token = records::host_token(take);
  if (token->records != 0 && !closing) {
    problem("drops a token of " + std::to_string(token->records) + " records that is neither bound nor relinquished");
  } else {
    lock_and([&] { dropped_at_close += token->records; });
  }
  relinquish_token(token);
}

void World::relinquish_token(records::Token* token) {
  records::relinquish_take(token, monotonic_ns());
  changed();
}

}  // namespace sluice::testing
