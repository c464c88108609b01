// SPDX-License-Identifier: Apache-2.0
// Where and as whom to connect: libpq's parameters, from a URL or a key=value text, and the ones this plugin adds where
// the user said nothing (keepalives, so that a server that vanished is noticed). Pure; never prints the password.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sluice::timescale {

class Conninfo {
 public:
  /// Nothing when the text is none; why is not said, as libpq's words would show parts of it.
  static std::optional<Conninfo> parse(std::string_view text);
  void set_password(std::string_view password) { set("password", password); }
  void add_default(std::string_view key, std::string_view value);
  const std::vector<std::pair<std::string, std::string>>& parameters() const { return parameters_; }
  /// "127.0.0.1:5433/market as postgres", as far as the text says it.
  std::string place() const;

 private:
  const std::string* find(std::string_view key) const;
  void set(std::string_view key, std::string_view value);
  std::vector<std::pair<std::string, std::string>> parameters_;
};

}  // namespace sluice::timescale
