// SPDX-License-Identifier: Apache-2.0
// The text of a graph file with an index of its lines, so that a problem can be shown where it is.
// Columns are in characters. The text is kept as it was read, except that a UTF-8 byte order mark is taken off and
// that a carriage return which ends a line by itself becomes a line feed.
// Reads at most one byte more than the limit: a huge file costs nothing.
#pragma once
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "parsed.hpp"
#include "place.hpp"

namespace sluice::engine {

class SourceText {
 public:
  static constexpr std::size_t max_bytes = 1024 * 1024;

  SourceText(std::string file, std::string text);

  const std::string& file() const { return file_; }
  const std::string& text() const { return text_; }
  // Without its line end; empty when there is no such line. Lines count from 1.
  std::string_view line(int number) const;
  // Where byte `byte_column` of line `line_index` stands (both from 0).
  Place place(int line_index, int byte_column) const;
  std::size_t offset(int line_index, int byte_column) const;
  Place place_of_offset(std::size_t offset) const;

 private:
  std::string file_;
  std::string text_;
  std::vector<std::size_t> line_starts_;
};

Parsed<SourceText> read_source_file(const std::string& path);

}  // namespace sluice::engine
