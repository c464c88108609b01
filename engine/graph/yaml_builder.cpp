// SPDX-License-Identifier: Apache-2.0
#include "yaml_builder.hpp"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "secret_words.hpp"
#include "yaml_repair.hpp"

namespace sluice::engine {
namespace {

constexpr auto boolean_words = std::to_array<std::string_view>({"on", "off", "yes", "no", "true", "false"});

bool reads_as_boolean(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return std::find(boolean_words.begin(), boolean_words.end(), lower) != boolean_words.end();
}

bool null_written_at(std::string_view text, std::size_t at) {
  const std::string_view rest = text.substr(std::min(at, text.size()));
  if (rest.starts_with('~') || rest.starts_with('&')) return true;
  const bool word = rest.starts_with("null") || rest.starts_with("Null") || rest.starts_with("NULL");
  return word && (rest.size() == 4 || std::string_view(" \t\r\n,]}").find(rest[4]) != std::string_view::npos);
}

}  // namespace

void YamlBuilder::OnDocumentStart(const YAML::Mark& mark) {
  if (++documents_ == 1) return;
  diagnostics_.error(Code::yaml_second_document, place(mark), {},
                     "a second YAML document begins here; a graph file holds one, so put this into a file of its own");
  throw Stop{};
}

void YamlBuilder::count_nodes(std::size_t nodes, Place at) {
  nodes_ += nodes;
  if (nodes_ <= limits_.nodes) return;
  diagnostics_.error(Code::yaml_too_large, at, {},
                     "the file, with its aliases expanded, holds more than " + std::to_string(limits_.nodes) +
                         " values, which no graph needs");
  throw Stop{};
}

void YamlBuilder::refuse_tag(const std::string& tag, const YAML::Mark& mark) {
  const std::size_t at = offset(mark);
  const bool written = at < source_.text().size() && source_.text()[at] == '!';
  // yaml-cpp gives plain values the tag "?" and quoted ones "!".
  if (tag.empty() || tag == "?" || (tag == "!" && !written)) return;
  diagnostics_.error(Code::yaml_tag, place(mark), {},
                     "YAML tags such as " + quoted(tag) +
                         " have no meaning in a graph; remove it, or quote a value that begins with '!'");
}

// yaml-cpp takes a quote that is never closed as one that ends with the file.
void YamlBuilder::check_closing_quote(std::size_t begin) {
  const std::string& text = source_.text();
  if (begin < text.size() && text[begin] == '&') {
    begin = text.find_first_not_of(" \t\n", text.find_first_of(" \t\n", begin));
  }
  if (begin >= text.size()) return;
  const char quote = text[begin];
  if (quote != '"' && quote != '\'') return;
  for (std::size_t i = begin + 1; i < text.size(); ++i) {
    if (text[i] == '\\' && quote == '"') {
      ++i;
    } else if (text[i] == quote) {
      if (quote == '"' || i + 1 >= text.size() || text[i + 1] != quote) return;
      ++i;
    }
  }
  diagnostics_.error(Code::yaml_syntax, source_.place_of_offset(begin), {}, "the quote that begins here is not closed");
  throw Stop{};
}

void YamlBuilder::OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) {
  YamlNode node;
  node.place = place(mark);
  const std::size_t at = offset(mark);
  if (!null_written_at(source_.text(), at) && !open_.empty()) {
    // A value that is not there is marked where the next thing stands; its key or its dash is the better place.
    const std::size_t before = at == 0 ? 0 : source_.text().find_last_not_of(" \t\r\n", at - 1);
    const bool dash = before != std::string::npos && source_.text()[before] == '-';
    if (open_.back().node.is_map() && open_.back().key) {
      node.place = open_.back().key->place;
    } else if (open_.back().node.is_list() && dash) {
      node.place = source_.place_of_offset(before);
    }
  }
  count_nodes(1, node.place);
  add(std::move(node), anchor, 1, at);
}

void YamlBuilder::OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) {
  const Place at = place(mark);
  const auto found = anchors_.find(anchor);
  if (found == anchors_.end() || found->second.open) {
    diagnostics_.error(Code::yaml_alias_cycle, at, {},
                       "this alias stands inside of what it refers to, so it would never end; write the value out");
    throw Stop{};
  }
  count_nodes(found->second.nodes, at);
  YamlNode node = found->second.node;
  node.place = at;
  add(std::move(node), 0, found->second.nodes, offset(mark));
}

void YamlBuilder::OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                           const std::string& text) {
  YamlNode node;
  node.kind = YamlNode::Kind::scalar;
  node.place = place(mark);
  node.quoted = tag == "!";
  node.text = text;
  const std::size_t at = offset(mark);
  count_nodes(1, node.place);
  refuse_tag(tag, mark);
  if (node.quoted) check_closing_quote(at);
  const bool hides = std::any_of(masked_.begin(), masked_.end(), [&](const MaskedSpan& span) {
    return span.offset >= at && span.offset + span.length <= at + text.size();
  });
  if (hides && !node.quoted) node.text = source_.text().substr(at, text.size());
  add(std::move(node), anchor, 1, at);
}

void YamlBuilder::open(YamlNode::Kind kind, const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value style) {
  refuse_tag(tag, mark);
  if (open_.size() >= limits_.depth) {
    diagnostics_.error(Code::yaml_too_deep, place(mark), {},
                       "maps and lists are nested deeper than " + std::to_string(limits_.depth) + " levels");
    throw Stop{};
  }
  Frame frame;
  frame.node.kind = kind;
  frame.node.place = place(mark);
  frame.anchor = anchor;
  frame.nodes_before = nodes_;
  frame.flow = style == YAML::EmitterStyle::Flow;
  count_nodes(1, frame.node.place);
  // Its own offset is known to the parent only now.
  if (!open_.empty()) open_.back().offsets.push_back(offset(mark));
  if (anchor != 0) anchors_[anchor] = Anchored{};
  open_.push_back(std::move(frame));
}

void YamlBuilder::OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                                  YAML::EmitterStyle::value style) {
  open(YamlNode::Kind::list, mark, tag, anchor, style);
}

void YamlBuilder::OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                             YAML::EmitterStyle::value style) {
  open(YamlNode::Kind::map, mark, tag, anchor, style);
}

void YamlBuilder::OnSequenceEnd() {
  Frame& frame = open_.back();
  if (frame.flow) rejoin_commas_in_list(frame.node, frame.offsets, source_, diagnostics_);
  close();
}

void YamlBuilder::OnMapEnd() {
  Frame& frame = open_.back();
  const bool all_usable = frame.offsets.size() == 2 * frame.node.entries.size();
  if (frame.flow && all_usable) rejoin_commas_in_map(frame.node, frame.offsets, source_, diagnostics_);
  drop_repeated_keys(frame.node, diagnostics_);
  merge_entries(frame.node, frame.to_merge, diagnostics_);
  close();
}

void YamlBuilder::close() {
  Frame frame = std::move(open_.back());
  open_.pop_back();
  constexpr std::size_t already_known = static_cast<std::size_t>(-1);
  add(std::move(frame.node), frame.anchor, nodes_ - frame.nodes_before, already_known);
}

void YamlBuilder::add(YamlNode node, YAML::anchor_t anchor, std::size_t nodes, std::size_t offset) {
  if (anchor != 0) {
    count_nodes(nodes, node.place);
    anchors_[anchor] = Anchored{node, nodes, false};
  }
  if (open_.empty()) {
    root_ = std::move(node);
    return;
  }
  Frame& frame = open_.back();
  if (offset != static_cast<std::size_t>(-1)) frame.offsets.push_back(offset);
  if (frame.node.is_list()) {
    frame.node.items.push_back(std::move(node));
  } else if (!frame.key) {
    set_key(frame, node);
  } else {
    add_value(frame, std::move(node));
  }
}

void YamlBuilder::set_key(Frame& frame, const YamlNode& node) {
  Key key{node.text, node.place, !node.quoted && node.text == "<<", true};
  if (!node.is_scalar()) {
    const std::string what = node.is_null() ? "nothing (null)" : std::string(kind_text(node.kind));
    diagnostics_.error(Code::yaml_key, node.place, {}, what + " cannot be a key; keys are plain words");
    key.usable = false;
  } else if (!node.quoted && reads_as_boolean(node.text)) {
    diagnostics_.error(Code::yaml_key, node.place, {},
                       "YAML 1.1 reads the key " + node.text + " as a boolean; write \"" + node.text +
                           "\" in quotes, or take another word");
  }
  frame.key = std::move(key);
}

void YamlBuilder::add_value(Frame& frame, YamlNode node) {
  const Key key = *std::exchange(frame.key, std::nullopt);
  if (!key.usable) return;
  if (key.merge) {
    frame.to_merge.push_back(std::move(node));
  } else {
    frame.node.entries.push_back({key.text, key.place, std::move(node)});
  }
}

}  // namespace sluice::engine
