// SPDX-License-Identifier: Apache-2.0
#include "graph/layout.hpp"

#include <algorithm>
#include <functional>
#include <numeric>

namespace sluice::engine {
namespace {

constexpr int order_sweeps = 12;
constexpr int place_sweeps = 24;

/// Where things that want to stand at `wanted` stand when each keeps `distance(i)` from the one before it. Pushed down
/// from above and up from below: the middle of both keeps the distances, too, and leans to neither side.
template <typename Distance>
std::vector<double> spread(const std::vector<double>& wanted, Distance distance) {
  std::vector<double> down = wanted;
  std::vector<double> up = wanted;
  for (size_t i = 1; i < wanted.size(); ++i) down[i] = std::max(down[i], down[i - 1] + distance(i));
  for (size_t i = wanted.size(); i-- > 1;) up[i - 1] = std::min(up[i - 1], up[i] - distance(i));
  for (size_t i = 0; i < wanted.size(); ++i) down[i] = (down[i] + up[i]) / 2;
  return down;
}

/// A box, or where a line passes a layer.
struct Item {
  size_t layer = 0;
  double height = 0;
  double y = 0;  ///< of its middle
  std::vector<size_t> before{};
  std::vector<size_t> behind{};
};

class Maker {
 public:
  Maker(size_t box_count, const std::vector<LayoutEdge>& edges, const LayoutSizes& sizes)
      : box_count_(box_count), edges_(edges), sizes_(sizes), is_backwards_(edges.size(), false) {}

  Layout make() {
    turn_cycles();
    find_layers();
    add_passages();
    order();
    place();
    return measure();
  }

 private:
  size_t begin_of(size_t edge) const { return is_backwards_[edge] ? edges_[edge].to : edges_[edge].from; }
  size_t end_of(size_t edge) const { return is_backwards_[edge] ? edges_[edge].from : edges_[edge].to; }
  bool is_loop(size_t edge) const { return edges_[edge].from == edges_[edge].to; }

  void turn_cycles() {
    enum class Mark : unsigned char { unseen, open, done };
    std::vector<Mark> marks(box_count_, Mark::unseen);
    const std::function<void(size_t)> visit = [&](size_t box) {
      marks[box] = Mark::open;
      for (size_t e = 0; e < edges_.size(); ++e) {
        if (edges_[e].from != box || is_loop(e)) continue;
        if (marks[edges_[e].to] == Mark::open) is_backwards_[e] = true;
        if (marks[edges_[e].to] == Mark::unseen) visit(edges_[e].to);
      }
      marks[box] = Mark::done;
    };
    for (size_t box = 0; box < box_count_; ++box) {
      if (marks[box] == Mark::unseen) visit(box);
    }
  }

  void find_layers() {
    items_.resize(box_count_);
    for (Item& item : items_) item.height = sizes_.box_height;
    // Each round moves at least one box to its layer, or there is nothing left to move.
    for (bool moved = true; moved;) {
      moved = false;
      for (size_t e = 0; e < edges_.size(); ++e) {
        if (is_loop(e)) continue;
        const size_t wanted = items_[begin_of(e)].layer + 1;
        if (items_[end_of(e)].layer >= wanted) continue;
        items_[end_of(e)].layer = wanted;
        moved = true;
      }
    }
  }

  void add_passages() {
    passages_.resize(edges_.size());
    for (size_t e = 0; e < edges_.size(); ++e) {
      if (is_loop(e)) continue;
      size_t last = begin_of(e);
      for (size_t layer = items_[last].layer + 1; layer < items_[end_of(e)].layer; ++layer) {
        items_.push_back({layer, sizes_.line_room});
        passages_[e].push_back(items_.size() - 1);
        join(last, items_.size() - 1);
        last = items_.size() - 1;
      }
      join(last, end_of(e));
    }
    size_t layers = 0;
    for (const Item& item : items_) layers = std::max(layers, item.layer + 1);
    layers_.resize(layers);
    for (size_t i = 0; i < items_.size(); ++i) layers_[items_[i].layer].push_back(i);
  }

  void join(size_t from, size_t to) {
    items_[from].behind.push_back(to);
    items_[to].before.push_back(from);
  }

  /// The order within layers by the mean place of neighbours, back and forth; the best one seen is kept.
  void order() {
    std::vector<double> rank(items_.size());
    const auto number = [&](const std::vector<size_t>& layer) {
      for (size_t i = 0; i < layer.size(); ++i) rank[layer[i]] = static_cast<double>(i);
    };
    for (const auto& layer : layers_) number(layer);
    auto best = layers_;
    size_t fewest = crossings(rank);
    for (int sweep = 0; sweep < order_sweeps && fewest > 0; ++sweep) {
      const bool forth = sweep % 2 == 0;
      for (size_t step = 0; step < layers_.size(); ++step) {
        auto& layer = layers_[forth ? step : layers_.size() - 1 - step];
        std::vector<std::pair<double, size_t>> wanted;
        for (const size_t item : layer) {
          const auto& neighbours = forth ? items_[item].before : items_[item].behind;
          double sum = 0;
          for (const size_t one : neighbours) sum += rank[one];
          wanted.emplace_back(neighbours.empty() ? rank[item] : sum / static_cast<double>(neighbours.size()), item);
        }
        std::stable_sort(wanted.begin(), wanted.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
        for (size_t i = 0; i < layer.size(); ++i) layer[i] = wanted[i].second;
        number(layer);
      }
      const size_t now = crossings(rank);
      if (now < fewest) {
        fewest = now;
        best = layers_;
      }
    }
    layers_ = best;
  }

  size_t crossings(const std::vector<double>& rank) const {
    size_t count = 0;
    for (const auto& layer : layers_) {
      for (const size_t a : layer) {
        for (const size_t b : layer) {
          if (rank[a] >= rank[b]) continue;
          for (const size_t to_a : items_[a].behind) {
            count += static_cast<size_t>(std::count_if(items_[b].behind.begin(), items_[b].behind.end(),
                                                       [&](size_t to_b) { return rank[to_b] < rank[to_a]; }));
          }
        }
      }
    }
    return count;
  }

  double distance(size_t above, size_t below) const {
    return (items_[above].height + items_[below].height) / 2 + sizes_.row_gap;
  }

  /// Heights: everything wants to stand where its neighbours do, and keeps its distance from the next.
  void place() {
    for (const auto& layer : layers_) {
      for (size_t i = 1; i < layer.size(); ++i)
        items_[layer[i]].y = items_[layer[i - 1]].y + distance(layer[i - 1], layer[i]);
    }
    for (int sweep = 0; sweep < place_sweeps; ++sweep) {
      const bool forth = sweep % 2 == 0;
      for (size_t step = 0; step < layers_.size(); ++step) {
        settle(layers_[forth ? step : layers_.size() - 1 - step], forth);
      }
    }
  }

  void settle(const std::vector<size_t>& layer, bool forth) {
    std::vector<double> wanted;
    for (const size_t item : layer) {
      const auto& usual = forth ? items_[item].before : items_[item].behind;
      const auto& neighbours = usual.empty() ? (forth ? items_[item].behind : items_[item].before) : usual;
      double sum = 0;
      for (const size_t one : neighbours) sum += items_[one].y;
      wanted.push_back(neighbours.empty() ? items_[item].y : sum / static_cast<double>(neighbours.size()));
    }
    const std::vector<double> places = spread(wanted, [&](size_t i) { return distance(layer[i - 1], layer[i]); });
    for (size_t i = 0; i < layer.size(); ++i) items_[layer[i]].y = places[i];
  }

  Layout measure() {
    std::vector<double> gaps(layers_.size(), sizes_.gap);
    for (size_t e = 0; e < edges_.size(); ++e) {
      double& gap = gaps[items_[begin_of(e)].layer];
      gap = std::max(gap, edges_[e].label_width + sizes_.gap);
    }
    std::vector<double> x(layers_.size(), 0);
    for (size_t layer = 1; layer < layers_.size(); ++layer)
      x[layer] = x[layer - 1] + sizes_.box_width + gaps[layer - 1];
    Layout made;
    double top = items_.front().y;
    double bottom = top;
    for (const Item& item : items_) {
      top = std::min(top, item.y - item.height / 2);
      bottom = std::max(bottom, item.y + item.height / 2);
    }
    for (Item& item : items_) item.y -= top;
    for (size_t box = 0; box < box_count_; ++box) {
      made.boxes.push_back({x[items_[box].layer], items_[box].y - sizes_.box_height / 2});
    }
    for (size_t e = 0; e < edges_.size(); ++e) add_line(e, x, gaps, made);
    for (size_t layer = 0; layer < layers_.size(); ++layer) spread_labels(layer, made);
    made.width = layers_.empty() ? 0 : x.back() + sizes_.box_width;
    made.height = bottom - top;
    return made;
  }

  /// Words of one gap do not cover each other.
  void spread_labels(size_t layer, Layout& made) const {
    std::vector<size_t> these;
    for (size_t e = 0; e < edges_.size(); ++e) {
      if (items_[begin_of(e)].layer == layer && edges_[e].label_height > 0) these.push_back(e);
    }
    std::stable_sort(these.begin(), these.end(),
                     [&](size_t a, size_t b) { return made.labels[a].y < made.labels[b].y; });
    std::vector<double> wanted;
    for (const size_t e : these) wanted.push_back(made.labels[e].y);
    const std::vector<double> places = spread(
        wanted, [&](size_t i) { return (edges_[these[i - 1]].label_height + edges_[these[i]].label_height) / 2; });
    for (size_t i = 0; i < these.size(); ++i) made.labels[these[i]].y = places[i];
  }

  /// Its words stand in the gap behind its first box: there lines have not yet come together.
  void add_line(size_t e, const std::vector<double>& x, const std::vector<double>& gaps, Layout& made) const {
    const Item& from = items_[begin_of(e)];
    const Item& to = items_[end_of(e)];
    std::vector<Point> line{{x[from.layer] + sizes_.box_width, from.y}};
    for (const size_t passage : passages_[e]) {
      line.push_back({x[items_[passage].layer], items_[passage].y});
      line.push_back({x[items_[passage].layer] + sizes_.box_width, items_[passage].y});
    }
    if (!is_loop(e)) line.push_back({x[to.layer], to.y});
    const double next_y = line.size() > 1 ? line[1].y : from.y;
    made.labels.push_back({x[from.layer] + sizes_.box_width + gaps[from.layer] / 2, (from.y + next_y) / 2});
    if (is_backwards_[e]) std::reverse(line.begin(), line.end());
    made.lines.push_back(std::move(line));
  }

  const size_t box_count_;
  const std::vector<LayoutEdge>& edges_;
  const LayoutSizes& sizes_;
  std::vector<bool> is_backwards_;
  std::vector<Item> items_;
  std::vector<std::vector<size_t>> layers_;
  std::vector<std::vector<size_t>> passages_;  ///< of each edge
};

}  // namespace

Layout lay_out(size_t box_count, const std::vector<LayoutEdge>& edges, const LayoutSizes& sizes) {
  return box_count == 0 ? Layout{} : Maker(box_count, edges, sizes).make();
}

}  // namespace sluice::engine
