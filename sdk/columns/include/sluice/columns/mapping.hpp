// SPDX-License-Identifier: Apache-2.0
// What a graph's `columns:` says, checked: names, types and sources of a table's columns. Pure and immutable once it is
// bound; shared by the threads that read it. It never looks at data: extractor.hpp does.
#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sluice/columns/type.hpp"
#include "sluice/config.hpp"
#include "sluice/context.hpp"
#include "sluice/describe.hpp"

namespace sluice {
inline namespace v1 {
namespace columns {

struct Column {
  std::string name;
  Type type;
  TimeUnit unit = TimeUnit::none;
  bool nullable = false;
  bool receive_time = false;
  std::vector<std::vector<std::string>> paths;  ///< candidates in order of preference, each a path of keys
  std::string attribute;                        ///< instead of paths
  int32_t slot = -1;                            ///< of the attribute, once bound
  std::string source;                           ///< for messages: `field p`, `field t or a`, `attribute symbol`
};

class Mapping {
 public:
  struct Problem {
    Config where;
    std::string sentence;
  };
  /// All of it, or an error with the first problem. A description gets every problem at its place, and the attributes
  /// that are needed.
  static Result<Mapping> from(Config columns, Description* description = nullptr);
  /// Tells a description, if there is one, every problem. An error is the first problem.
  static Result<void> report(const std::vector<Problem>& problems, Description* description);
  /// Resolves attributes; in a node's open, before any extractor is made of it.
  void bind(const Context& context);

  const std::vector<Column>& columns() const { return columns_; }
  size_t size() const { return columns_.size(); }
  std::optional<size_t> find(std::string_view name) const;
  /// The positions of the columns that `conflict` names, in its order; reports those that no conflict target can have.
  std::vector<size_t> conflict_target(Config conflict, std::vector<Problem>& problems) const;

 private:
  static Mapping read(Config columns, std::vector<Problem>& problems);
  std::vector<Column> columns_;
};

}  // namespace columns
}  // namespace v1
}  // namespace sluice
