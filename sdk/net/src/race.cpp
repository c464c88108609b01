// SPDX-License-Identifier: Apache-2.0
#include "sluice/net/race.hpp"

#include <algorithm>
#include <limits>

namespace sluice::net {
namespace {

// RFC 8305, 5: a quarter of a second from one attempt to the next, and never less than a hundredth. All addresses of a
// long list are begun within two seconds.
constexpr int64_t usual_delay_ns = 250'000'000;
constexpr int64_t least_delay_ns = 10'000'000;
constexpr int64_t all_begun_ns = 2'000'000'000;
// One that has answered by TCP gets more time for its handshakes, as it is most likely well.
constexpr int64_t usual_secure_delay_ns = 750'000'000;
constexpr int64_t all_secured_ns = 3'000'000'000;
constexpr size_t most_running = 64;

constexpr size_t most_named_of_a_kind = 2;
constexpr size_t most_kinds = 4;

}  // namespace

void Race::start(const std::vector<Address>& addresses, int64_t now_ns) {
  const std::vector<Address> ordered = memory_.order(addresses, now_ns);
  waiting_.assign(ordered.begin(), ordered.end());
  const auto count = static_cast<int64_t>(std::max<size_t>(ordered.size(), 1));
  delay_ns_ = std::clamp(all_begun_ns / count, least_delay_ns, usual_delay_ns);
  secure_delay_ns_ = std::clamp(all_secured_ns / count, delay_ns_, usual_secure_delay_ns);
  next_start_ns_ = now_ns;
}

std::unique_ptr<Attempt> Race::step(int64_t now_ns, int64_t wall_now_ns) {
  for (const auto& attempt : running_) step_attempt(*attempt, now_ns, wall_now_ns);
  for (;;) {
    if (auto winner = take_winner(now_ns)) return winner;
    const size_t before = waiting_.size();
    begin_due(now_ns, wall_now_ns);
    if (waiting_.size() == before) return nullptr;
  }
}

void Race::step_attempt(Attempt& attempt, int64_t now_ns, int64_t wall_now_ns) {
  const Attempt::State before = attempt.state();
  const Attempt::State after = attempt.step(wall_now_ns);
  if (after == Attempt::State::failed) {
    note(attempt.address(), {{}, attempt.loss(), {}}, now_ns);
  } else if (after != Attempt::State::ready) {
    wait_set_.watch(attempt.fd(), attempt.events());
    if (before == Attempt::State::connecting && after != before) {
      next_start_ns_ = std::max(next_start_ns_, now_ns + secure_delay_ns_);
    }
  }
}

/// Drops what has failed; the first that is ready ends the race.
std::unique_ptr<Attempt> Race::take_winner(int64_t now_ns) {
  std::erase_if(running_, [](const auto& attempt) { return attempt->state() == Attempt::State::failed; });
  const auto winner = std::find_if(running_.begin(), running_.end(),
                                   [](const auto& attempt) { return attempt->state() == Attempt::State::ready; });
  if (winner == running_.end()) return nullptr;
  std::unique_ptr<Attempt> won = std::move(*winner);
  running_.erase(winner);
  for (const auto& attempt : running_) {
    // Who was overtaken by one that began so much later is passed over next time.
    if (won->started_ns() - attempt->started_ns() >= delay_ns_ && attempt->state() != Attempt::State::ready) {
      memory_.failed(attempt->address().text(), now_ns);
    }
    waiting_.push_back(attempt->address());
  }
  running_.clear();
  return won;
}

void Race::begin_due(int64_t now_ns, int64_t wall_now_ns) {
  if (waiting_.empty() || running_.size() >= most_running || now_ns < next_start_ns_) return;
  running_.push_back(std::make_unique<Attempt>(route_, waiting_.front(), now_ns));
  waiting_.pop_front();
  next_start_ns_ = now_ns + delay_ns_;
  step_attempt(*running_.back(), now_ns, wall_now_ns);
}

void Race::give_up(int64_t now_ns, const std::string& within) {
  for (const auto& attempt : running_) {
    Loss loss = attempt->unanswered();
    loss.sentence += within;
    note(attempt->address(), {{}, std::move(loss), {}}, now_ns);
  }
  running_.clear();
}

void Race::note(const Address& address, Failure failure, int64_t now_ns) {
  memory_.failed(address.text(), now_ns);
  failure.address = address.host_text();
  if (failure.brief.empty()) failure.brief = failure.loss.sentence;
  failures_.push_back(std::move(failure));
  next_start_ns_ = now_ns;
}

int64_t Race::next_start_ns() const {
  return waiting_.empty() || running_.size() >= most_running ? std::numeric_limits<int64_t>::max() : next_start_ns_;
}

std::string listed(const std::vector<Failure>& failures) {
  std::vector<std::pair<std::string, std::vector<std::string>>> kinds;
  for (const Failure& failure : failures) {
    const auto kind =
        std::find_if(kinds.begin(), kinds.end(), [&](const auto& each) { return each.first == failure.brief; });
    if (kind == kinds.end()) {
      kinds.push_back({failure.brief, {failure.address}});
    } else {
      kind->second.push_back(failure.address);
    }
  }
  std::string text;
  for (size_t i = 0; i < kinds.size() && i < most_kinds; ++i) {
    const std::vector<std::string>& addresses = kinds[i].second;
    if (i > 0) text += "; ";
    text += addresses[0];
    if (addresses.size() == most_named_of_a_kind) text += " and " + addresses[1];
    if (addresses.size() > most_named_of_a_kind) {
      text += ", " + addresses[1] + " and " + std::to_string(addresses.size() - most_named_of_a_kind) + " more";
    }
    text += ": " + kinds[i].first;
  }
  if (kinds.size() > most_kinds)
    text += "; and others for " + std::to_string(kinds.size() - most_kinds) + " more reasons";
  return text;
}

}  // namespace sluice::net
