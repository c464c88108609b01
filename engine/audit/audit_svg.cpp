// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "audit/audit_report.hpp"
#include "audit/times.hpp"
#include "graph/utf8.hpp"
#include "graph/xml_text.hpp"
#include "sluice/safe_text.hpp"

namespace sluice::engine {
namespace {

constexpr double margin = 24;
constexpr double title_height = 64;
constexpr double label_width = 200;
constexpr size_t plot_width = 800;  // one column of pixels each
constexpr double candle_height = 90;
constexpr size_t most_candles = 160;
constexpr double row_height = 16;
constexpr double bar_height = 10;
constexpr double key_gap = 26;
constexpr size_t most_keys = 24;
constexpr size_t label_letters = 30;
constexpr std::string_view held_colour = "#16a34a";
constexpr std::string_view missing_colour = "#dc2626";
constexpr std::string_view count_colour = "#2563eb";

/// What is drawn below one another for a key.
struct Row {
  const AuditStore* store;
  const AuditSeries* series;
  const AuditKey* key;
};

class Drawing {
 public:
  explicit Drawing(const AuditReport& report) : report_(report) {
    for (const AuditStore& store : report.stores) {
      for (const AuditSeries& series : store.series) {
        for (const AuditKey& key : series.keys) add({&store, &series, &key});
      }
    }
  }

  std::string svg() {
    double height = title_height + 2 * margin;
    for (const auto& [name, rows] : keys_) height += height_of(rows);
    const double width = 2 * margin + label_width + static_cast<double>(plot_width);
    const std::string title = "What the stores of " + safe_text(report_.graph) + " hold";
    out_ = fmt::format(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {0:.0f} {1:.0f}\" width=\"{0:.0f}\" "
        "height=\"{1:.0f}\" font-family=\"Helvetica, Arial, sans-serif\">\n<title>{2}</title>\n"
        "<rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>\n"
        "<text x=\"{3}\" y=\"{4}\" font-size=\"18\" font-weight=\"bold\">{2}</text>\n",
        width, height, xml_escaped(title), margin, margin + 14);
    draw_legend(margin + 38);
    y_ = title_height + margin;
    if (keys_.empty()) text(margin, y_, 12, "#475569", "No record of a series has a time.");
    for (const auto& [name, rows] : keys_) draw_key(name, rows);
    if (to_ > from_) draw_axis();
    return out_ + "</svg>\n";
  }

 private:
  static double height_of(const std::vector<Row>& rows) {
    return key_gap + candle_height + static_cast<double>(rows.size()) * row_height + 12;
  }

  void add(Row row) {
    if (!row.key->buckets || row.key->from == 0) return;
    if (keys_.size() >= most_keys && !keys_.contains(row.key->key)) return;
    keys_[row.key->key].push_back(row);
    from_ = from_ == 0 ? row.key->from : std::min(from_, row.key->from);
    to_ = std::max(to_, row.key->to);
  }

  /// A column of pixels from 0 on.
  size_t column(int64_t time) const {
    if (to_ <= from_) return 0;
    const double share = static_cast<double>(time - from_) / static_cast<double>(to_ - from_);
    return static_cast<size_t>(std::clamp(share, 0.0, 1.0) * static_cast<double>(plot_width - 1));
  }
  static double x_of(size_t column) { return margin + label_width + static_cast<double>(column); }

  void text(double x, double y, int size, std::string_view colour, std::string_view words,
            std::string_view anchor = "start") {
    out_ += fmt::format("<text x=\"{:.1f}\" y=\"{:.1f}\" font-size=\"{}\" fill=\"{}\" text-anchor=\"{}\">{}</text>\n",
                        x, y, size, colour, anchor, xml_escaped(words));
  }
  void box(double x, double y, double width, double height, std::string_view colour, double opacity = 1) {
    out_ += fmt::format("<rect x=\"{:.1f}\" y=\"{:.1f}\" width=\"{:.1f}\" height=\"{:.1f}\" fill=\"{}\"", x, y, width,
                        height, colour);
    out_ += opacity < 1 ? fmt::format(" opacity=\"{:.2f}\"/>\n", opacity) : "/>\n";
  }

  void draw_legend(double y) {
    double x = margin;
    const auto entry = [&](std::string_view colour, std::string_view words) {
      box(x, y - 9, 10, 10, colour);
      text(x + 15, y, 11, "#475569", words);
      x += 30 + 6.0 * static_cast<double>(words.size());
    };
    entry(held_colour, "ids held");
    entry(missing_colour, "ids missing");
    entry(count_colour, "ids that only rise: the darker, the more records");
  }

  void draw_key(const std::string& name, const std::vector<Row>& rows) {
    out_ += fmt::format("<text x=\"{}\" y=\"{:.1f}\" font-size=\"14\" font-weight=\"bold\">{}</text>\n", margin,
                        y_ + 12, xml_escaped(shortened(safe_text(name))));
    const auto priced = std::find_if(rows.begin(), rows.end(), [](const Row& row) {
      return std::any_of(row.key->buckets->buckets().begin(), row.key->buckets->buckets().end(),
                         [](const TimeBuckets::Bucket& bucket) { return bucket.prices > 0; });
    });
    if (priced != rows.end()) draw_candles(*priced);
    y_ += candle_height + key_gap - 12;
    for (const Row& row : rows) {
      text(margin, y_ + 9, 11, "#475569", shortened(row.store->name + ": " + row.series->name));
      box(x_of(0), y_, static_cast<double>(plot_width), bar_height, "#f1f5f9");
      if (row.series->is_consecutive) {
        draw_ranges(*row.key);
      } else {
        draw_counts(*row.key);
      }
      y_ += row_height;
    }
    y_ += 24;
  }

  static std::string shortened(const std::string& words) {
    if (utf8_length(words) <= label_letters) return words;
    return std::string(cut_text(words, label_letters - 1)) + "\u2026";
  }

  void draw_candles(const Row& row) {
    TimeBuckets buckets = *row.key->buckets;
    while (buckets.buckets().size() > most_candles) buckets.widen_to(buckets.width() * 2);
    double low = 0, high = 0;
    for (const TimeBuckets::Bucket& bucket : buckets.buckets()) {
      if (bucket.prices == 0) continue;
      low = low == 0 ? bucket.low : std::min(low, bucket.low);
      high = std::max(high, bucket.high);
    }
    const double scale = high > low ? (candle_height - 8) / (high - low) : 0;
    const auto y = [&](double price) { return y_ + candle_height - 4 - (price - low) * scale; };
    text(x_of(0) - 8, y(high) + 8, 10, "#64748b", fmt::format("{:.8g}", high), "end");
    if (high > low) text(x_of(0) - 8, y(low), 10, "#64748b", fmt::format("{:.8g}", low), "end");
    for (size_t i = 0; i < buckets.buckets().size(); ++i) {
      const TimeBuckets::Bucket& bucket = buckets.buckets()[i];
      if (bucket.prices == 0) continue;
      const int64_t begin = buckets.begin() + static_cast<int64_t>(i) * buckets.width();
      const double left = x_of(column(std::max(begin, from_)));
      const double right = std::max(left + 2, x_of(column(begin + buckets.width())));
      const std::string_view colour = bucket.close >= bucket.open ? "#0f766e" : "#be185d";
      box((left + right) / 2 - 0.5, y(bucket.high), 1, std::max(1.0, y(bucket.low) - y(bucket.high)), colour);
      const double top = y(std::max(bucket.open, bucket.close));
      box(left + 0.5, top, std::max(1.0, right - left - 1), std::max(1.0, y(std::min(bucket.open, bucket.close)) - top),
          colour);
    }
  }

  /// By columns of pixels, so that the picture is no larger for many ranges; what is missing shows above what is held.
  void draw_ranges(const AuditKey& key) {
    enum class Is : uint8_t { nothing, held, missing };
    std::vector<Is> columns(plot_width, Is::nothing);
    const auto mark = [&](int64_t from, int64_t to, Is is) {
      if (from <= 0 || to <= 0) return;
      const size_t end = column(std::max(from, to));
      for (size_t i = column(std::min(from, to)); i <= end; ++i) columns[i] = is;
    };
    for (const AuditRange& range : key.ranges) mark(range.from, range.to, Is::held);
    for (const AuditHole& hole : key.holes) mark(hole.after, hole.before, Is::missing);
    for (size_t i = 0; i < plot_width;) {
      size_t end = i + 1;
      while (end < plot_width && columns[end] == columns[i]) ++end;
      if (columns[i] != Is::nothing) {
        box(x_of(i), y_, static_cast<double>(end - i), bar_height,
            columns[i] == Is::held ? held_colour : missing_colour);
      }
      i = end;
    }
  }

  void draw_counts(const AuditKey& key) {
    const std::vector<TimeBuckets::Bucket>& buckets = key.buckets->buckets();
    uint64_t most = 1;
    for (const TimeBuckets::Bucket& bucket : buckets) most = std::max(most, bucket.count);
    for (size_t i = 0; i < buckets.size(); ++i) {
      if (buckets[i].count == 0) continue;
      const int64_t begin = key.buckets->begin() + static_cast<int64_t>(i) * key.buckets->width();
      const double left = x_of(column(std::max(begin, from_)));
      const double right = std::max(left + 1, x_of(column(begin + key.buckets->width())));
      box(left, y_, right - left, bar_height, count_colour,
          0.15 + 0.84 * std::sqrt(static_cast<double>(buckets[i].count) / static_cast<double>(most)));
    }
  }

  void draw_axis() {
    constexpr int ticks = 4;
    for (int i = 0; i <= ticks; ++i) {
      const int64_t time = from_ + (to_ - from_) / ticks * i;
      const double x = x_of(column(time));
      box(x, y_ - 14, 1, 5, "#94a3b8");
      text(x, y_, 10, "#64748b", audit_time(time).substr(i == 0 ? 0 : 5, i == 0 ? 19 : 14),
           i == ticks ? "end" : "middle");
    }
  }

  const AuditReport& report_;
  std::map<std::string, std::vector<Row>> keys_;
  int64_t from_ = 0, to_ = 0;
  double y_ = 0;
  std::string out_;
};

}  // namespace

std::string audit_svg(const AuditReport& report) { return Drawing(report).svg(); }

}  // namespace sluice::engine
