// SPDX-License-Identifier: Apache-2.0
// Where the boxes and lines of a small directed graph go: in layers from left to right, boxes of one size, with few
// crossings, and long lines led around the boxes between. Edges that close a cycle are drawn backwards and do not
// count. Deterministic and pure; made for tens of nodes, not for thousands.
#pragma once
#include <cstddef>
#include <vector>

namespace sluice::engine {

struct LayoutEdge {
  size_t from = 0;
  size_t to = 0;
  double label_width = 0;  ///< room for words on the line; 0 with none
  double label_height = 0;
};

struct LayoutSizes {
  double box_width = 0;
  double box_height = 0;
  double gap = 0;        ///< between layers, at least
  double row_gap = 0;    ///< between boxes of a layer
  double line_room = 0;  ///< height that a line passing a layer takes
};

struct Point {
  double x = 0;
  double y = 0;
};

struct Layout {
  std::vector<Point> boxes;               ///< the upper left corners
  std::vector<std::vector<Point>> lines;  ///< of each edge: its ends, and the bends between
  std::vector<Point> labels;              ///< of each edge: the middle of its words
  double width = 0;
  double height = 0;
};

Layout lay_out(size_t box_count, const std::vector<LayoutEdge>& edges, const LayoutSizes& sizes);

}  // namespace sluice::engine
