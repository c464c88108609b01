// SPDX-License-Identifier: Apache-2.0
#include "source_text.hpp"

#include <algorithm>
#include <utility>

#include "secret_words.hpp"
#include "sluice/small_file.hpp"
#include "utf8.hpp"

namespace sluice::engine {
namespace {

// Counting characters from the start of a line for each event would be quadratic in a file of one huge line.
constexpr std::size_t max_counted_columns = 4096;

}  // namespace

SourceText::SourceText(std::string file, std::string text) : file_(std::move(file)), text_(std::move(text)) {
  if (text_.starts_with("\xEF\xBB\xBF")) text_.erase(0, 3);
  for (std::size_t i = 0; i < text_.size(); ++i) {
    if (text_[i] == '\r' && (i + 1 == text_.size() || text_[i + 1] != '\n')) text_[i] = '\n';
  }
  line_starts_.push_back(0);
  for (std::size_t i = 0; i < text_.size(); ++i) {
    if (text_[i] == '\n') line_starts_.push_back(i + 1);
  }
}

std::string_view SourceText::line(int number) const {
  if (number < 1 || static_cast<std::size_t>(number) > line_starts_.size()) return {};
  const auto index = static_cast<std::size_t>(number) - 1;
  const std::size_t begin = line_starts_[index];
  const std::size_t end = index + 1 < line_starts_.size() ? line_starts_[index + 1] : text_.size();
  std::string_view found = std::string_view(text_).substr(begin, end - begin);
  while (!found.empty() && (found.back() == '\n' || found.back() == '\r')) found.remove_suffix(1);
  return found;
}

std::size_t SourceText::offset(int line_index, int byte_column) const {
  if (line_index < 0 || static_cast<std::size_t>(line_index) >= line_starts_.size()) return text_.size();
  return std::min(
      line_starts_[static_cast<std::size_t>(line_index)] + static_cast<std::size_t>(std::max(byte_column, 0)),
      text_.size());
}

Place SourceText::place(int line_index, int byte_column) const {
  const std::size_t at = offset(line_index, byte_column);
  const std::size_t begin = offset(line_index, 0);
  const std::size_t bytes = at - begin;
  const std::size_t characters =
      bytes > max_counted_columns ? bytes : utf8_length(std::string_view(text_).substr(begin, bytes));
  return {line_index + 1, static_cast<int>(characters) + 1};
}

Place SourceText::place_of_offset(std::size_t offset) const {
  const auto next = std::upper_bound(line_starts_.begin(), line_starts_.end(), std::min(offset, text_.size()));
  const auto index = next - line_starts_.begin() - 1;
  return place(static_cast<int>(index), static_cast<int>(offset - line_starts_[static_cast<std::size_t>(index)]));
}

Parsed<SourceText> read_source_file(const std::string& path) {
  // One byte past the limit (and a byte order mark) is enough to see that it is too large.
  Result<std::string> text = read_small_file(path, SourceText::max_bytes + 4);
  if (!text) {
    const bool is_other = text.error().message.starts_with("it is ");
    return ParseProblem{Code::file_unreadable, "cannot read " + quoted(path, 200) + ": " + text.error().message +
                                                   (is_other ? "; name a graph file" : "")};
  }
  return SourceText(path, *std::move(text));
}

}  // namespace sluice::engine
