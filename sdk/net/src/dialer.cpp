// SPDX-License-Identifier: Apache-2.0
#include "sluice/net/dialer.hpp"

#include <algorithm>

namespace sluice::net {
namespace {

/// How far an address led: what failed farthest on says most.
int rank(Cause cause) { return cause == Cause::refused ? 2 : cause == Cause::unreachable ? 0 : 1; }

}  // namespace

void Dialer::start(int64_t now_ns) {
  end_ns_ = now_ns + route_.time_limit_ns;
  resolver_.start(route_.first_stop().host, route_.first_stop().port, waker_, route_.look_up);
}

int64_t Dialer::deadline_ns() const { return is_resolving_ ? end_ns_ : std::min(end_ns_, race_.next_start_ns()); }

Dialer::Progress Dialer::lose(Loss loss) {
  loss_ = std::move(loss);
  resolver_.forget();
  return Progress::lost;
}

std::string Dialer::place_of(const std::string& address) const {
  return route_.first_stop().host_is_address ? route_.name() : route_.name() + " (" + address + ")";
}

Dialer::Progress Dialer::lose_all() {
  const std::vector<Failure>& failures = race_.failures();
  size_t main = 0;
  int64_t retry_after_ns = 0;
  for (size_t i = 0; i < failures.size(); ++i) {
    if (rank(failures[i].loss.cause) >= rank(failures[main].loss.cause)) main = i;
    retry_after_ns = std::max(retry_after_ns, failures[i].loss.retry_after_ns);
  }
  Loss loss{failures[main].loss.cause, place_of(failures[main].address) + ": " + failures[main].loss.sentence,
            retry_after_ns};
  std::vector<Failure> others = failures;
  others.erase(others.begin() + static_cast<std::ptrdiff_t>(main));
  if (!others.empty()) loss.sentence += "; other addresses: " + listed(others);
  return lose(std::move(loss));
}

Dialer::Progress Dialer::out_of_time(int64_t now_ns) {
  const std::string within = " within " + route_.time_limit_text();
  if (is_resolving_) {
    return lose({route_.proxy ? Cause::proxy : Cause::unreachable,
                 route_.name() + ": the name '" + route_.first_stop().host + "' was not resolved" + within, 0});
  }
  race_.give_up(now_ns, within);
  return lose_all();
}

Dialer::Progress Dialer::step(int64_t now_ns) {
  if (now_ns >= end_ns_) return out_of_time(now_ns);
  if (is_resolving_ && resolver_.done()) {
    if (const Progress progress = resolve(now_ns); progress == Progress::lost) return progress;
  }
  if (is_resolving_) return Progress::working;
  winner_ = race_.step(now_ns, context_.now_ns());
  if (winner_) return Progress::connected;
  return race_.all_failed() ? lose_all() : Progress::working;
}

Dialer::Progress Dialer::resolve(int64_t now_ns) {
  const Found& found = resolver_.found();
  if (!found.error.empty()) {
    return lose({route_.proxy ? Cause::proxy : Cause::unreachable,
                 "the name '" + route_.first_stop().host + "' " + (route_.proxy ? "of the proxy " : "") +
                     "did not resolve: " + found.error,
                 0});
  }
  if (race_.wait_set().fd() < 0) {
    return lose({Cause::unreachable, "no file descriptor is left to connect; raise the limit of open files", 0});
  }
  race_.start(found.addresses, now_ns);
  is_resolving_ = false;
  return Progress::working;
}

Dialer::Progress Dialer::turn_down(Failure failure, bool try_others, int64_t now_ns) {
  race_.note(winner_->address(), std::move(failure), now_ns);
  winner_.reset();
  return try_others && !race_.all_failed() ? Progress::working : lose_all();
}

}  // namespace sluice::net
