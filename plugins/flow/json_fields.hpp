// SPDX-License-Identifier: Apache-2.0
// Finds values in one JSON object by dotted paths, keys from the outside in: data.s. Escapes in keys count as what they
// stand for. Checks no JSON beyond what it reads, copies nothing, and allocates nothing once it has seen its longest
// object. One thread.
#pragma once
#include <simdjson.h>

#include <string>
#include <string_view>
#include <vector>

#include "sluice/config.hpp"
#include "sluice/describe.hpp"
#include "sluice/option.hpp"

namespace sluice::flow {

class JsonFields {
 public:
  using Path = std::vector<std::string>;

  /// Of an option `from`, a list of paths: reports those with an empty key.
  static void describe(Config from, Description& to);
  static std::vector<Path> paths(Config from);

  /// Begins with an object, behind which 64 bytes are readable; false: it is not an object. It must stay until the
  /// next.
  bool read(std::string_view padded);
  /// Only after a read that was true; the value is valid until the next call.
  bool find(const Path& path, simdjson::ondemand::value& out);
  /// A whole number, also as text.
  static bool to_integer(simdjson::ondemand::value value, int64_t& number);

 private:
  bool find_key(simdjson::ondemand::object& object, const std::string& key, simdjson::ondemand::value& out);

  simdjson::ondemand::parser parser_;
  simdjson::ondemand::document document_;
  bool has_escapes_ = false;
};

inline constexpr sluice_option json_path = option::text("path", "Keys from the outside in, with dots between.");

}  // namespace sluice::flow
