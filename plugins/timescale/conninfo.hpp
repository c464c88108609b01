// SPDX-License-Identifier: Apache-2.0
// Where and as whom to connect: libpq's parameters, from a URL or a key=value text, and the ones this plugin adds where
// the user said nothing (keepalives, so that a server that vanished is noticed). A text that can be read in two ways,
// one of which would show a part of the password as a host, a port or a database, is refused. Pure; no sentence of it
// quotes the text.
#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sluice/result.hpp"

namespace sluice::timescale {

class Conninfo {
 public:
  /// `password`, where it is not empty, counts instead of the text's own.
  static Result<Conninfo> parse(std::string_view text, std::string_view password = {});
  void add_default(std::string_view key, std::string_view value);
  const std::vector<std::pair<std::string, std::string>>& parameters() const { return parameters_; }
  const std::string* find(std::string_view key) const;
  /// "127.0.0.1:5433/market as postgres", as far as the text says it.
  std::string place() const;
  /// What somebody else said, without the passwords in it.
  std::string masked(std::string sentence) const;

 private:
  std::string fault() const;
  void set(std::string_view key, std::string_view value);
  std::vector<std::pair<std::string, std::string>> parameters_;
};

/// `text` with three stars for every occurrence of the secret; a short secret counts only as a whole word.
std::string without_secret(std::string text, std::string_view secret);

}  // namespace sluice::timescale
