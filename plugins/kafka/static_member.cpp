// SPDX-License-Identifier: Apache-2.0
#include "static_member.hpp"

namespace sluice::kafka {
namespace {

constexpr int64_t ask_every_ns = 500'000'000;
constexpr int64_t beyond_session_ns = 2'000'000'000;
/// All brokers are asked, and one that is away for long may keep the others' answer back.
constexpr int64_t answer_within_ns = 15'000'000'000;

}  // namespace

void StaticMember::ask(std::string instance, std::set<std::string> known, int64_t now_ns) {
  give_up_ns_ = now_ns + answer_within_ns;
  instance_ = std::move(instance);
  known_ = std::move(known);
  is_asking_ = true;
  ask_again_ns_ = 0;
  lookup_.ask_holder(instance_);
}

void StaticMember::lost(std::string instance, std::set<std::string> known, int64_t now_ns) {
  patience_until_ns_ = 0;
  ask(std::move(instance), std::move(known), now_ns);
}

void StaticMember::fenced(std::string instance, std::set<std::string> known, int64_t now_ns) {
  patience_until_ns_ = now_ns + settings_.session_timeout_ms * 1'000'000 + beyond_session_ns;
  ask(std::move(instance), std::move(known), now_ns);
}

StaticMember::Verdict StaticMember::look(int64_t now_ns) {
  if (ask_again_ns_ != 0) {
    if (now_ns < ask_again_ns_) return Verdict::waits;
    ask_again_ns_ = 0;
    lookup_.ask_holder(instance_);
    return Verdict::waits;
  }
  const std::optional<StartLookup::Holder> holder = lookup_.take_holder();
  if (!holder) {
    if (now_ns < give_up_ns_) return Verdict::waits;
    is_asking_ = false;
    return Verdict::ours;
  }
  give_up_ns_ = now_ns + answer_within_ns;
  if (holder->member_id.empty() || known_.contains(holder->member_id)) {
    is_asking_ = false;
    return Verdict::ours;
  }
  if (now_ns >= patience_until_ns_) return Verdict::another;
  ask_again_ns_ = now_ns + ask_every_ns;
  return Verdict::waits;
}

Error StaticMember::error() const {
  return operator_needed("another process reads as member \"" + settings_.member + "\" of group \"" + settings_.group +
                             "\" now, so this one ends: give each process a `member` of its own",
                         "FENCED_INSTANCE_ID");
}

}  // namespace sluice::kafka
