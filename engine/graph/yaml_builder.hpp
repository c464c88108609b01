// SPDX-License-Identifier: Apache-2.0
// Builds the tree of one document from the parser's events, and refuses on the way what read_yaml promises to refuse.
// Counts every node that it keeps, copies for aliases included, so that its memory is bounded.
// Internal to yaml_document.cpp.
#pragma once
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/mark.h>

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "diagnostic.hpp"
#include "source_text.hpp"
#include "yaml_document.hpp"
#include "yaml_hints.hpp"
#include "yaml_node.hpp"

namespace sluice::engine {

class YamlBuilder final : public YAML::EventHandler {
 public:
  // Thrown through the parser when reading on would be pointless or dangerous; the reason is already reported.
  struct Stop {};

  YamlBuilder(const SourceText& source, const std::vector<MaskedSpan>& masked, const YamlLimits& limits,
              Diagnostics& diagnostics)
      : source_(source), masked_(masked), limits_(limits), diagnostics_(diagnostics) {}

  std::optional<YamlNode> take() { return std::move(root_); }

  void OnDocumentStart(const YAML::Mark& mark) override;
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override;
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override;
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& text) override;
  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value style) override;
  void OnSequenceEnd() override;
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value style) override;
  void OnMapEnd() override;

 private:
  struct Key {
    std::string text;
    Place place;
    bool merge = false;
    bool usable = true;
  };
  // A map or list that is still open.
  struct Frame {
    YamlNode node;
    YAML::anchor_t anchor = 0;
    std::size_t nodes_before = 0;
    bool flow = false;
    std::optional<Key> key;          // waits for its value
    std::vector<YamlNode> to_merge;  // the values of <<
    // Where the text of each item, or of each key and value in turn, begins.
    std::vector<std::size_t> offsets;
  };
  struct Anchored {
    YamlNode node;
    std::size_t nodes = 0;
    bool open = true;
  };

  std::size_t offset(const YAML::Mark& mark) const { return source_.offset(mark.line, mark.column); }
  Place place(const YAML::Mark& mark) const { return source_.place(mark.line, mark.column); }
  void count_nodes(std::size_t nodes, Place place);
  void refuse_tag(const std::string& tag, const YAML::Mark& mark);
  void check_closing_quote(std::size_t begin);
  void open(YamlNode::Kind kind, const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
            YAML::EmitterStyle::value style);
  void close();
  void add(YamlNode node, YAML::anchor_t anchor, std::size_t nodes, std::size_t offset);
  void set_key(Frame& frame, const YamlNode& node);
  void add_value(Frame& frame, YamlNode node);

  const SourceText& source_;
  const std::vector<MaskedSpan>& masked_;
  const YamlLimits& limits_;
  Diagnostics& diagnostics_;
  std::size_t documents_ = 0;
  std::size_t nodes_ = 0;
  std::vector<Frame> open_;
  std::map<YAML::anchor_t, Anchored> anchors_;
  std::optional<YamlNode> root_;
};

}  // namespace sluice::engine
