// SPDX-License-Identifier: Apache-2.0
// The answer of a function that turns text into a value: the value, or a code and a sentence that says what is
// accepted. It knows no place in a file and reports to nobody: the caller adds where the text stood.
// Never throws, never prints.
#pragma once
#include <string>
#include <utility>
#include <variant>

#include "diagnostic_code.hpp"

namespace sluice::engine {

struct ParseProblem {
  Code code{};
  std::string sentence;
};

template <typename T>
class Parsed {
 public:
  Parsed(T value) : state_(std::in_place_index<0>, std::move(value)) {}                 // NOLINT: implicit by intent
  Parsed(ParseProblem problem) : state_(std::in_place_index<1>, std::move(problem)) {}  // NOLINT: implicit by intent

  explicit operator bool() const { return state_.index() == 0; }
  const T& operator*() const { return *std::get_if<0>(&state_); }
  T& operator*() { return *std::get_if<0>(&state_); }
  const T* operator->() const { return std::get_if<0>(&state_); }
  const ParseProblem& problem() const { return *std::get_if<1>(&state_); }

 private:
  std::variant<T, ParseProblem> state_;
};

}  // namespace sluice::engine
