// SPDX-License-Identifier: Apache-2.0
#include "diagnostic.hpp"

#include <algorithm>
#include <utility>

#include "secret_words.hpp"

namespace sluice::engine {

void Diagnostics::add(Diagnostic diagnostic) {
  const bool known = std::any_of(kept_.begin(), kept_.end(), [&](const Diagnostic& d) {
    return d.place == diagnostic.place && d.code == diagnostic.code && d.subject == diagnostic.subject &&
           d.sentence == diagnostic.sentence;
  });
  if (known) return;
  ++(diagnostic.severity == Severity::error ? errors_ : warnings_);
  if (kept_.size() == max_kept) {
    ++left_out_;
    return;
  }
  kept_.push_back(std::move(diagnostic));
}

void Diagnostics::error(Code code, Place place, std::string subject, std::string sentence, std::string did_you_mean) {
  add({code, Severity::error, place, std::move(subject), std::move(sentence), std::move(did_you_mean), std::nullopt});
}

void Diagnostics::warning(Code code, Place place, std::string subject, std::string sentence) {
  add({code, Severity::warning, place, std::move(subject), std::move(sentence), {}, std::nullopt});
}

void Diagnostics::absorb(const Diagnostics& other) {
  for (const Diagnostic& one : other.kept_) add(one);
  left_out_ += other.left_out_;
  secrecy_.absorb(other.secrecy_);
}

std::vector<Diagnostic> Diagnostics::sorted() const {
  std::vector<Diagnostic> all = kept_;
  std::stable_sort(all.begin(), all.end(), [](const Diagnostic& a, const Diagnostic& b) { return a.place < b.place; });
  return all;
}

std::string node_subject(const std::string& name) { return "node " + quoted(name); }

std::string edge_subject(const std::string& from, const std::string& to) {
  return "edge " + quoted(from + " -> " + to, 200);
}

}  // namespace sluice::engine
