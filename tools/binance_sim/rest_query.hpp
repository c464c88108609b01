// SPDX-License-Identifier: Apache-2.0
// The parameters of a REST request, read one by one by the endpoint that knows them.
// Guarantees the exchange's error codes for what is missing, empty, malformed, too large, double or unknown; the first
// error stays, and what is read after it has its default.
// Never decides what a value means.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::sim {

struct RestError {
  int code = 0;
  std::string message;
};

class RestQuery {
 public:
  explicit RestQuery(std::string_view query);

  std::optional<std::string> text(std::string_view name);
  std::optional<std::int64_t> number(std::string_view name);
  // As it must be written, upper case; empty after an error.
  std::string mandatory_symbol();
  // Call after the last read: a parameter that nobody read is an error.
  void end();

  void fail(int code, std::string message);
  const std::optional<RestError>& error() const { return error_; }

 private:
  struct Parameter {
    std::string name, value;
    bool read = false;
  };
  void add(std::string_view pair);
  std::vector<Parameter> parameters_;
  std::optional<RestError> error_;
};

// What the exchange takes for a symbol; lower case is not.
bool is_symbol(std::string_view text);
inline constexpr std::string_view legal_symbol = "^[\\\\w\\\\-._&&[^a-z]]{1,50}$";  // as it stands in JSON

}  // namespace sluice::sim
