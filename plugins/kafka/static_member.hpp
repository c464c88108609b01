// SPDX-License-Identifier: Apache-2.0
// Decides whether the name of a static member (`member`) is still this process's when the group has put it out. A
// broker that dies can do that to a member that is alone, and so can a second process with the same name: only who is
// registered under the name tells the two apart. Asks through the lookup; stage thread only, never waits.
#pragma once
#include <cstdint>
#include <set>
#include <string>

#include "settings.hpp"
#include "start_lookup.hpp"

namespace sluice::kafka {

class StaticMember {
 public:
  enum class Verdict { waits, ours, another };

  StaticMember(const Settings& settings, StartLookup& lookup) : settings_(settings), lookup_(lookup) {}

  /// The session ended, and this process has not joined again: whoever holds the name now is another. `known`: all ids
  /// that this process was known by.
  void lost(std::string instance, std::set<std::string> known, int64_t now_ns);
  /// The cluster refuses this process's id, and the process has gone silent: an id of its own that it never heard of
  /// ends with its session, another process's stays.
  void fenced(std::string instance, std::set<std::string> known, int64_t now_ns);
  bool is_asking() const { return is_asking_; }
  Verdict look(int64_t now_ns);
  /// The operator's: another process has the name.
  Error error() const;

 private:
  void ask(std::string instance, std::set<std::string> known, int64_t now_ns);

  const Settings& settings_;
  StartLookup& lookup_;
  std::string instance_;
  std::set<std::string> known_;
  bool is_asking_ = false;
  int64_t patience_until_ns_ = 0;
  int64_t ask_again_ns_ = 0;  ///< 0: the question is on its way
  int64_t give_up_ns_ = 0;    ///< without an answer by then the name counts as this process's
};

}  // namespace sluice::kafka
