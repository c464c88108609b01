// SPDX-License-Identifier: Apache-2.0
// Words for errno: its name for an error's code, and name with meaning for a sentence. Thread-safe.
// Never reads errno itself.
#pragma once
#include <cstring>
#include <string>

namespace sluice::flow {

inline std::string errno_name(int number) {
  const char* name = strerrorname_np(number);
  return name == nullptr ? "errno " + std::to_string(number) : name;
}
inline std::string errno_text(int number) {
  const char* meaning = strerrordesc_np(number);
  return errno_name(number) + " (" + (meaning == nullptr ? "unknown" : meaning) + ")";
}

}  // namespace sluice::flow
