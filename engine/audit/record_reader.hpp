// SPDX-License-Identifier: Apache-2.0
// The fields of a JSON payload that somebody named, as text. Plain payloads take one pass; any other JSON is read by a
// general parser. One thread.
#pragma once
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::engine {

class RecordReader {
 public:
  RecordReader();
  ~RecordReader();
  RecordReader(const RecordReader&) = delete;

  /// The place of the field in what `read` finds; -1 for an empty name. Before the first `read`.
  int add(const std::string& name);
  const std::vector<std::string>& names() const { return names_; }

  /// False: the payload is no JSON object.
  bool read(std::string_view payload);
  /// Of the payload that was read last; a text without its quotes, a number as it was written. Null data: it has no
  /// such field. Borrowed until the next `read`.
  std::string_view operator[](int field) const {
    return field < 0 ? std::string_view() : found_[static_cast<size_t>(field)];
  }

 private:
  struct Parser;
  bool read_any(std::string_view payload);

  std::vector<std::string> names_;
  std::vector<std::string_view> found_;
  std::unique_ptr<Parser> parser_;
};

}  // namespace sluice::engine
