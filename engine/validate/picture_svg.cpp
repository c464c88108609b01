// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "graph/layout.hpp"
#include "graph/utf8.hpp"
#include "graph/xml_text.hpp"
#include "validate/graph_picture.hpp"
#include "validate/picture.hpp"

namespace sluice::engine {
namespace {

constexpr double margin = 24;
constexpr double title_height = 40;
constexpr double least_box_width = 120;
constexpr double letter_width = 8.2;  // of names, on the average
constexpr double small_letter_width = 6.0;
constexpr double label_row = 13;
constexpr double label_gap = 10;  // between the words of two lines
constexpr LayoutSizes sizes_without_texts{
    .box_width = least_box_width, .box_height = 48, .gap = 56, .row_gap = 28, .line_room = 40};

std::vector<std::string> rows_of(const std::string& label) {
  std::vector<std::string> rows;
  if (label.empty()) return rows;
  size_t from = 0;
  for (size_t at = label.find('\n'); at != std::string::npos; at = label.find('\n', from)) {
    rows.push_back(label.substr(from, at - from));
    from = at + 1;
  }
  rows.push_back(label.substr(from));
  return rows;
}

class Drawing {
 public:
  explicit Drawing(const Picture& picture) : picture_(picture) {
    for (const Picture::Node& node : picture.nodes) {
      box_of_.emplace(node.name, box_of_.size());
      const double letters = std::max(static_cast<double>(utf8_length(node.name)) * letter_width,
                                      static_cast<double>(utf8_length(under_name(node))) * small_letter_width);
      sizes_.box_width = std::max(sizes_.box_width, letters + 28);
    }
    for (const Picture::Edge& edge : picture.edges) {
      const auto from = box_of_.find(edge.from);
      const auto to = box_of_.find(edge.to);
      if (from == box_of_.end() || to == box_of_.end()) continue;
      const std::vector<std::string> rows = rows_of(edge.label);
      LayoutEdge ends{from->second, to->second, 0, 0};
      if (!rows.empty()) ends.label_height = static_cast<double>(rows.size()) * label_row + label_gap;
      for (const std::string& row : rows) {
        ends.label_width = std::max(ends.label_width, static_cast<double>(utf8_length(row)) * small_letter_width);
      }
      edges_.push_back(&edge);
      ends_.push_back(ends);
    }
    layout_ = lay_out(picture.nodes.size(), ends_, sizes_);
  }

  std::string svg() {
    const double title_width = static_cast<double>(utf8_length(picture_.title)) * 10;
    const double width = std::max(layout_.width, title_width) + 2 * margin;
    const double height = layout_.height + 2 * margin + title_height;
    out_ = fmt::format(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {0:.0f} {1:.0f}\" width=\"{0:.0f}\" "
        "height=\"{1:.0f}\" font-family=\"Helvetica, Arial, sans-serif\">\n<title>{2}</title>\n"
        "<defs><marker id=\"tip\" viewBox=\"0 0 8 8\" refX=\"7\" refY=\"4\" markerWidth=\"7\" markerHeight=\"7\" "
        "orient=\"auto\"><path d=\"M0 0 8 4 0 8z\" fill=\"#64748b\"/></marker></defs>\n"
        "<rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>\n"
        "<text x=\"{3}\" y=\"{4}\" font-size=\"18\" font-weight=\"bold\">{2}</text>\n"
        "<g transform=\"translate({3} {5})\">\n",
        width, height, xml_escaped(picture_.title), margin, margin + 14, margin + title_height);
    for (size_t i = 0; i < edges_.size(); ++i) draw_line(i);
    for (size_t i = 0; i < edges_.size(); ++i) draw_label(i);
    for (size_t i = 0; i < picture_.nodes.size(); ++i) draw_box(i);
    return out_ + "</g>\n</svg>\n";
  }

 private:
  /// The type, and in a file of several processes those that run the node.
  std::string under_name(const Picture::Node& node) const {
    std::string text = node.type;
    for (const size_t frame : node.frames) {
      text += (frame == node.frames.front() ? " \u00b7 " : ", ") + picture_.frames[frame];
    }
    return text;
  }

  void draw_line(size_t index) {
    const std::vector<Point>& points = layout_.lines[index];
    if (points.size() < 2) return;
    std::string path = fmt::format("M{:.1f} {:.1f}", points[0].x, points[0].y);
    for (size_t i = 1; i < points.size(); ++i) {
      const double middle = (points[i - 1].x + points[i].x) / 2;
      path += fmt::format("C{0:.1f} {1:.1f} {0:.1f} {2:.1f} {3:.1f} {2:.1f}", middle, points[i - 1].y, points[i].y,
                          points[i].x);
    }
    const Picture::Edge& edge = *edges_[index];
    out_ +=
        fmt::format("<path d=\"{}\" fill=\"none\" stroke=\"{}\" stroke-width=\"1.5\"{} marker-end=\"url(#tip)\"/>\n",
                    path, edge.is_dead_letter ? "#f87171" : "#64748b",
                    edge.is_dead_letter ? " stroke-dasharray=\"2 4\""
                    : edge.is_buffered  ? " stroke-dasharray=\"7 4\""
                                        : "");
  }

  void draw_label(size_t index) {
    double y = layout_.labels[index].y - (ends_[index].label_height - label_gap) / 2 + 10;
    for (const std::string& row : rows_of(edges_[index]->label)) {
      out_ += fmt::format(
          "<text x=\"{:.1f}\" y=\"{:.1f}\" font-size=\"10\" fill=\"{}\" text-anchor=\"middle\" stroke=\"#ffffff\" "
          "stroke-width=\"4\" stroke-linejoin=\"round\" paint-order=\"stroke\">{}</text>\n",
          layout_.labels[index].x, y, edges_[index]->is_dead_letter ? "#b91c1c" : "#334155", xml_escaped(row));
      y += label_row;
    }
  }

  void draw_box(size_t index) {
    const Picture::Node& node = picture_.nodes[index];
    const Point& at = layout_.boxes[index];
    const double middle = at.x + sizes_.box_width / 2;
    // Ends of the graph are round, as are relays, where it may be cut.
    out_ += fmt::format(
        "<rect x=\"{:.1f}\" y=\"{:.1f}\" width=\"{:.0f}\" height=\"{:.0f}\" rx=\"{}\" fill=\"{}\" "
        "stroke=\"#94a3b8\"/>\n"
        "<text x=\"{:.1f}\" y=\"{:.1f}\" font-size=\"14\" font-weight=\"bold\" text-anchor=\"middle\">{}</text>\n"
        "<text x=\"{:.1f}\" y=\"{:.1f}\" font-size=\"11\" fill=\"#475569\" text-anchor=\"middle\">{}</text>\n",
        at.x, at.y, sizes_.box_width, sizes_.box_height, node.kind == SLUICE_TRANSFORM ? 4 : 16,
        node.kind == SLUICE_RELAY ? "#ffffff" : colour_of(node.stage), middle, at.y + 21, xml_escaped(node.name),
        middle, at.y + 37, xml_escaped(under_name(node)));
  }

  const Picture& picture_;
  std::map<std::string, size_t> box_of_;
  std::vector<const Picture::Edge*> edges_;
  std::vector<LayoutEdge> ends_;
  LayoutSizes sizes_ = sizes_without_texts;
  Layout layout_;
  std::string out_;
};

}  // namespace

std::string svg_text(const Plan& plan) {
  const Picture picture = picture_of(plan);
  return Drawing(picture).svg();
}
std::string svg_text(const GraphSpec& spec, const Registry& registry) {
  const Picture picture = picture_of(spec, registry);
  return Drawing(picture).svg();
}

}  // namespace sluice::engine
