// SPDX-License-Identifier: Apache-2.0
// Whether a text is JSON as RFC 8259 has it, of any depth and with numbers of any size: nothing is converted, so
// nothing has a limit. Internal to the library; one thread a checker.
#pragma once
#include <string_view>
#include <vector>

namespace sluice {
inline namespace v1 {
namespace columns {

/// [-]digits[.digits][e[+-]digits], without leading zeros.
bool is_json_number(std::string_view text);

class JsonCheck {
 public:
  /// One value, perhaps with white space around it. That its bytes are UTF-8 is checked, too.
  bool is_json(std::string_view text);

 private:
  std::vector<char> open_;  ///< the lists and objects around the place; reused
};

}  // namespace columns
}  // namespace v1
}  // namespace sluice
