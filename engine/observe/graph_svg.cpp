// SPDX-License-Identifier: Apache-2.0
#include "observe/graph_svg.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "graph/layout.hpp"
#include "graph/utf8.hpp"
#include "graph/xml_text.hpp"
#include "observe/numbers.hpp"
#include "sluice/safe_text.hpp"

namespace sluice::engine {
namespace {

using records::Verdict;

constexpr double margin = 24;
constexpr double title_height = 44;
constexpr LayoutSizes least_sizes{.box_width = 190, .box_height = 52, .gap = 56, .row_gap = 30, .line_room = 44};
constexpr double box_row = 15;
constexpr double label_row = 14;
constexpr double letter_width = 6.0;  // of the small words, on the average
constexpr std::string_view stage_colours[] = {"#eff6ff", "#f0fdf4", "#fefce8", "#fdf2f8",
                                              "#f5f3ff", "#fff7ed", "#ecfeff", "#f8fafc"};
constexpr std::string_view good = "#16a34a";
constexpr std::string_view waiting_colour = "#d97706";
constexpr std::string_view dark_amber = "#b45309";
constexpr std::string_view bad = "#dc2626";
constexpr size_t row_letters = 30;
constexpr size_t trouble_letters = 29;
constexpr size_t trouble_rows = 6;

std::string cut_to(const std::string& text, size_t letters) {
  if (utf8_length(text) <= letters) return text;
  return std::string(cut_text(text, letters - 1)) + "\u2026";
}

/// In rows of so many letters, broken between words where that is possible; what is left of too many is cut off.
std::vector<std::string> rows_of(std::string_view text, size_t letters, size_t most) {
  std::vector<std::string> rows;
  while (!text.empty()) {
    if (rows.size() + 1 == most || utf8_length(text) <= letters) {
      rows.push_back(cut_to(std::string(text), letters));
      break;
    }
    size_t end = cut_text(text, letters).size();
    if (const size_t blank = text.rfind(' ', end); blank != std::string_view::npos && blank > end / 2) end = blank;
    rows.emplace_back(text.substr(0, end));
    text.remove_prefix(end);
    while (text.starts_with(' ')) text.remove_prefix(1);
  }
  return rows;
}

std::string rate_text(double rate) { return grouped(static_cast<uint64_t>(rate + 0.5)) + "/s"; }

uint64_t count_of(const NodeReport& node, Verdict verdict) { return node.settled[static_cast<size_t>(verdict)]; }
uint64_t stored(const NodeReport& node) {
  return count_of(node, Verdict::delivered) + count_of(node, Verdict::accepted);
}

std::string_view colour_of(uint32_t status) {
  return status == SLUICE_STATUS_READY ? good : status == SLUICE_STATUS_CONNECTING ? waiting_colour : bad;
}

/// A node as it is drawn; the two halves of a relay are one.
struct Box {
  std::string name;
  std::string type;
  size_t stage = 0;
  bool is_source = false;
  bool is_sink = false;
  uint32_t status = SLUICE_STATUS_READY;
  std::string status_sentence{};
  struct Row {
    std::string words;
    std::string_view colour = "#0f172a";
  };
  std::vector<Row> rows{};
  uint64_t rejects = 0;
  std::string mark{};  ///< that it is slow or paused

  bool is_well() const { return status == SLUICE_STATUS_READY && mark.empty(); }
  const std::string& trouble() const { return status == SLUICE_STATUS_READY ? mark : status_sentence; }
  /// Also of a node that is ready.
  const std::string& remark() const { return is_well() ? status_sentence : trouble(); }
  std::string_view colour() const {
    return status != SLUICE_STATUS_READY ? colour_of(status) : mark.empty() ? good : waiting_colour;
  }
};

struct Line {
  LayoutEdge ends;
  std::string port;
  std::string waits;  ///< empty of direct calls
  double full = 0;    ///< 0..1
  std::string loss;
  bool is_buffered = false;
  bool is_dead_letter = false;
};

class Drawing {
 public:
  Drawing(const Sample& before, const Sample& now, const std::vector<Mark>& marks) : before_(before), now_(now) {
    for (size_t i = 0; i < now.report.nodes.size(); ++i) add_node(i);
    for (size_t i = 0; i < now.report.edges.size(); ++i) add_edge(i);
    for (const Mark& mark : marks) {
      if (const auto known = box_of_.find(mark.node); known != box_of_.end()) {
        std::string& text = boxes_[known->second].mark;
        text += (text.empty() ? "" : "; ") + mark.sentence;
      }
    }
    size_t most_rows = 1;
    for (Box& box : boxes_) {
      if (box.rejects > 0) box.rows.push_back({grouped(box.rejects) + " rejected", bad});
      for (std::string& row : rows_of(box.trouble(), trouble_letters, trouble_rows)) {
        box.rows.push_back({std::move(row), box.is_well()                       ? good
                                            : box.status == SLUICE_STATUS_READY ? dark_amber
                                                                                : box.colour()});
      }
      most_rows = std::max(most_rows, box.rows.size());
    }
    sizes_.box_height += box_row * static_cast<double>(most_rows);
  }

  std::string svg() {
    std::vector<LayoutEdge> edges;
    for (const Line& line : lines_) edges.push_back(line.ends);
    layout_ = lay_out(boxes_.size(), edges, sizes_);
    const Report& report = now_.report;
    const std::string title = report.graph + (report.process.empty() ? "" : ", process " + report.process);
    const double width = std::max(layout_.width + 2 * margin, 320.0);
    const double height = layout_.height + 2 * margin + title_height;
    out_ = fmt::format(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {0:.0f} {1:.0f}\" width=\"{0:.0f}\" "
        "height=\"{1:.0f}\" "
        "font-family=\"Helvetica, Arial, sans-serif\">\n<title>{2}</title>\n"
        "<defs><marker id=\"tip\" viewBox=\"0 0 8 8\" refX=\"7\" refY=\"4\" markerWidth=\"7\" markerHeight=\"7\" "
        "orient=\"auto\"><path d=\"M0 0 8 4 0 8z\" fill=\"#64748b\"/></marker></defs>\n"
        "<rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>\n",
        width, height, xml_escaped(title));
    text(margin, margin + 16, 18, "#0f172a", "start", title, true);
    for (size_t i = 0; i < lines_.size(); ++i) draw_line(i);
    for (size_t i = 0; i < lines_.size(); ++i) draw_words(i);
    for (size_t i = 0; i < boxes_.size(); ++i) draw_box(i);
    return out_ + "</svg>\n";
  }

 private:
  const NodeReport& earlier(size_t node) const {
    return (node < before_.report.nodes.size() ? before_ : now_).report.nodes[node];
  }
  double rate(uint64_t count_before, uint64_t count_now) const {
    return rate_between(before_, now_, count_before, count_now);
  }

  /// Whether its other half is here, too.
  bool is_relay(const NodeReport& node) const {
    return std::any_of(now_.report.nodes.begin(), now_.report.nodes.end(),
                       [&](const NodeReport& other) { return &other != &node && other.name == node.name; });
  }

  void add_node(size_t index) {
    const NodeReport& node = now_.report.nodes[index];
    const NodeReport& was = earlier(index);
    const auto [known, is_new] = box_of_.emplace(node.name, boxes_.size());
    if (is_new) boxes_.push_back({.name = node.name, .type = node.type, .stage = node.stage});
    Box& box = boxes_[known->second];
    box.is_source = box.is_source || node.is_source;
    box.is_sink = box.is_sink || node.is_sink;
    box.rejects += count_of(node, Verdict::dead_lettered);
    if (node.status > box.status || (node.status == box.status && box.status_sentence.empty())) {
      box.status = node.status;
      box.status_sentence = node.status_sentence;
    }
    if (node.is_source) {
      const uint64_t unsettled = node.account.unsettled;
      box.rows.push_back({(is_relay(node) ? "read " : "") + rate_text(rate(was.in, node.in)) +
                          (unsettled == 0 ? "" : ", " + grouped(unsettled) + " unsettled")});
      if (const uint64_t lag = lag_of(node); lag > 0) box.rows.push_back({grouped(lag) + " wait at the server"});
    } else if (node.is_sink) {
      box.rows.push_back({grouped(stored(node)) + " (+" + rate_text(rate(stored(was), stored(node))) + ")"});
    } else {
      box.rows.push_back({rate_text(rate(was.in, node.in)) + (node.held == 0 ? "" : ", holds " + grouped(node.held))});
    }
  }

  void add_edge(size_t index) {
    const EdgeReport& edge = now_.report.edges[index];
    const auto from = box_of_.find(edge.from);
    const auto to = box_of_.find(edge.to);
    if (from == box_of_.end() || to == box_of_.end()) return;
    Line line;
    line.ends = {from->second, to->second};
    line.is_buffered = edge.is_buffered;
    line.is_dead_letter = edge.is_dead_letter;
    const std::string begin = edge.from + ".";
    if (edge.name.starts_with(begin)) line.port = edge.name.substr(begin.size(), edge.name.find(' ') - begin.size());
    if (edge.is_dead_letter) line.port = "rejects";
    if (edge.is_buffered) {
      const uint64_t waiting = edge.waiting + edge.parked;
      if (!edge.is_dead_letter || waiting > 0) {
        line.waits = grouped(waiting) + " of " + grouped(edge.bound_records);
      }
      if (edge.bound_records > 0)
        line.full = static_cast<double>(edge.waiting) / static_cast<double>(edge.bound_records);
      if (edge.bound_bytes > 0) {
        line.full =
            std::max(line.full, static_cast<double>(edge.waiting_bytes) / static_cast<double>(edge.bound_bytes));
      }
      line.full = std::min(edge.parked > 0 ? 1.0 : line.full, 1.0);
    }
    if (edge.discarded > 0) line.loss = grouped(edge.discarded) + " dropped";
    const size_t letters = std::max({line.port.size(), line.waits.size(), line.loss.size()});
    line.ends.label_width = static_cast<double>(letters) * letter_width;
    const int rows = (line.port.empty() ? 0 : 1) + (line.waits.empty() ? 0 : 2) + (line.loss.empty() ? 0 : 1);
    line.ends.label_height = rows * label_row;
    lines_.push_back(std::move(line));
  }

  void text(double x, double y, int size, std::string_view colour, std::string_view anchor, const std::string& words,
            bool is_bold = false) {
    out_ += fmt::format("<text x=\"{:.1f}\" y=\"{:.1f}\" font-size=\"{}\" fill=\"{}\" text-anchor=\"{}\"{}>{}</text>\n",
                        x, y, size, colour, anchor, is_bold ? " font-weight=\"bold\"" : "", xml_escaped(words));
  }
  /// On a line, which ends around them.
  void words(double x, double y, int size, std::string_view colour, const std::string& what) {
    out_ += fmt::format(
        "<text x=\"{:.1f}\" y=\"{:.1f}\" font-size=\"{}\" fill=\"{}\" text-anchor=\"middle\" "
        "stroke=\"#ffffff\" stroke-width=\"4\" stroke-linejoin=\"round\" paint-order=\"stroke\">{}</text>\n",
        x, y, size, colour, xml_escaped(what));
  }
  static double left(double x) { return margin + x; }
  static double down(double y) { return margin + title_height + y; }

  void draw_line(size_t index) {
    const Line& line = lines_[index];
    const std::vector<Point>& points = layout_.lines[index];
    if (points.size() < 2) return;
    std::string path = fmt::format("M{:.1f} {:.1f}", left(points[0].x), down(points[0].y));
    for (size_t i = 1; i < points.size(); ++i) {
      const double middle = (left(points[i - 1].x) + left(points[i].x)) / 2;
      path += fmt::format("C{0:.1f} {1:.1f} {0:.1f} {2:.1f} {3:.1f} {2:.1f}", middle, down(points[i - 1].y),
                          down(points[i].y), left(points[i].x));
    }
    const std::string_view colour = line.is_dead_letter ? "#f87171" : line.full >= 0.9 ? bad : "#64748b";
    const std::string_view dashes = line.is_dead_letter ? " stroke-dasharray=\"2 4\""
                                    : line.is_buffered  ? " stroke-dasharray=\"7 4\""
                                                        : "";
    out_ +=
        fmt::format("<path d=\"{}\" fill=\"none\" stroke=\"{}\" stroke-width=\"1.6\"{} marker-end=\"url(#tip)\"/>\n",
                    path, colour, dashes);
  }

  void draw_words(size_t index) {
    const Line& line = lines_[index];
    const double x = left(layout_.labels[index].x);
    double y = down(layout_.labels[index].y) - line.ends.label_height / 2 + 10;
    if (!line.port.empty()) {
      words(x, y, 11, line.is_dead_letter ? "#b91c1c" : "#475569", line.port);
      y += label_row;
    }
    if (!line.waits.empty()) {
      const double width = std::max(line.ends.label_width, 60.0);
      const std::string_view colour = line.full >= 0.9 ? bad : line.full >= 0.5 ? waiting_colour : good;
      words(x, y, 10, "#334155", line.waits);
      out_ += fmt::format("<rect x=\"{:.1f}\" y=\"{:.1f}\" width=\"{:.1f}\" height=\"4\" rx=\"2\" fill=\"#e2e8f0\"/>\n",
                          x - width / 2, y + 5, width);
      if (line.full > 0) {
        out_ += fmt::format("<rect x=\"{:.1f}\" y=\"{:.1f}\" width=\"{:.1f}\" height=\"4\" rx=\"2\" fill=\"{}\"/>\n",
                            x - width / 2, y + 5, std::max(width * line.full, 2.0), colour);
      }
      y += 2 * label_row;
    }
    if (!line.loss.empty()) words(x, y, 10, bad, line.loss);
  }

  void draw_box(size_t index) {
    const Box& box = boxes_[index];
    const double x = left(layout_.boxes[index].x);
    const double y = down(layout_.boxes[index].y);
    const bool is_well = box.is_well();
    const std::string_view status = box.colour();
    const bool is_relay = box.is_source && box.is_sink;
    // Ends of the graph are round, as are relays, where it may be cut.
    const double radius = box.is_source || box.is_sink ? 16 : 5;
    out_ += fmt::format("<g><title>{}</title>\n", xml_escaped(box.name + " (" + box.type + ")" +
                                                              (box.remark().empty() ? "" : ": " + box.remark())));
    out_ += fmt::format(
        "<rect x=\"{:.1f}\" y=\"{:.1f}\" width=\"{:.0f}\" height=\"{:.0f}\" rx=\"{:.0f}\" fill=\"{}\" stroke=\"{}\" "
        "stroke-width=\"{}\"/>\n",
        x, y, sizes_.box_width, sizes_.box_height, radius,
        is_relay ? "#ffffff" : stage_colours[box.stage % std::size(stage_colours)], is_well ? "#94a3b8" : status,
        is_well ? "1.2" : "2.4");
    out_ += fmt::format("<circle cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"5\" fill=\"{}\"/>\n", x + 16, y + 18, status);
    text(x + 28, y + 22, 14, "#0f172a", "start", cut_to(box.name, 19), true);
    text(x + 28, y + 37, 11, "#64748b", "start", cut_to(box.type, 26));
    double row_y = y + 55;
    for (const Box::Row& row : box.rows) {
      text(x + 14, row_y, 11, row.colour, "start", cut_to(row.words, row_letters));
      row_y += box_row;
    }
    out_ += "</g>\n";
  }

  const Sample& before_;
  const Sample& now_;
  LayoutSizes sizes_ = least_sizes;
  std::map<std::string, size_t> box_of_;
  std::vector<Box> boxes_;
  std::vector<Line> lines_;
  Layout layout_;
  std::string out_;
};

}  // namespace

std::string graph_svg(const Sample& before, const Sample& now, const std::vector<Mark>& marks) {
  return Drawing(before, now, marks).svg();
}

std::vector<Mark> marks_of(const Report& report, const std::vector<Reason>& reasons,
                           const std::vector<Bottleneck>& slow) {
  std::vector<Mark> marks;
  for (const Bottleneck& one : slow) marks.push_back({report.nodes[one.node].name, one.sentence});
  for (const Reason& reason : reasons) {
    if (reason.node.empty() || reason.code == "not_connected" || reason.code == "blocked") continue;
    // What is slow has a mark of its own.
    marks.push_back(
        {reason.node, reason.code + ": " + reason.sentence.substr(0, reason.sentence.find("; what is slow"))});
  }
  return marks;
}

}  // namespace sluice::engine
