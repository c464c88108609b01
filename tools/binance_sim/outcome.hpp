// SPDX-License-Identifier: Apache-2.0
// A value or the sentence that says why there is none.
// Guarantees that a failure names the thing, the place and what to do; never carries both.
// Only main() prints such a sentence or turns it into an exit code.
#pragma once
#include <string>
#include <utility>
#include <variant>

namespace sluice::sim {

struct Failure {
  int exit_code = 1;
  std::string message;
};

template <typename T>
class Outcome {
 public:
  Outcome(T value) : held_(std::move(value)) {}            // NOLINT: implicit by intent
  Outcome(Failure failure) : held_(std::move(failure)) {}  // NOLINT: implicit by intent
  explicit operator bool() const { return held_.index() == 0; }
  T& operator*() { return std::get<0>(held_); }
  T* operator->() { return &std::get<0>(held_); }
  const Failure& failure() const { return std::get<1>(held_); }

 private:
  std::variant<T, Failure> held_;
};

// Exit codes of the program, also listed in --help and the README.
inline constexpr int exit_usage = 2;
inline constexpr int exit_listen = 3;
inline constexpr int exit_file = 4;

}  // namespace sluice::sim
