// SPDX-License-Identifier: Apache-2.0
#include "graph/layout.hpp"

#include <cmath>
#include <random>

#include "catch.hpp"

using namespace sluice::engine;

namespace {

constexpr LayoutSizes sizes{.box_width = 100, .box_height = 50, .gap = 40, .row_gap = 20, .line_room = 10};

void check_sound(size_t boxes, const std::vector<LayoutEdge>& edges) {
  const Layout layout = lay_out(boxes, edges, sizes);
  REQUIRE(layout.boxes.size() == boxes);
  REQUIRE(layout.lines.size() == edges.size());
  REQUIRE(layout.labels.size() == edges.size());
  for (size_t a = 0; a < boxes; ++a) {
    const Point& one = layout.boxes[a];
    CHECK(one.x >= 0);
    CHECK(one.y >= -0.001);
    CHECK(one.x + sizes.box_width <= layout.width + 0.001);
    CHECK(one.y + sizes.box_height <= layout.height + 0.001);
    for (size_t b = a + 1; b < boxes; ++b) {
      const bool apart = std::abs(one.x - layout.boxes[b].x) >= sizes.box_width + sizes.gap - 0.001 ||
                         std::abs(one.y - layout.boxes[b].y) >= sizes.box_height + sizes.row_gap - 0.001;
      CHECK(apart);
    }
  }
  for (size_t e = 0; e < edges.size(); ++e) {
    if (edges[e].from == edges[e].to) continue;
    const auto& line = layout.lines[e];
    REQUIRE(line.size() >= 2);
    const double middle_of_from = layout.boxes[edges[e].from].y + sizes.box_height / 2;
    const double middle_of_to = layout.boxes[edges[e].to].y + sizes.box_height / 2;
    CHECK(line.front().y == Approx(middle_of_from));
    CHECK(line.back().y == Approx(middle_of_to));
    // No bend lies within a box.
    for (const Point& bend : line) {
      for (const Point& box : layout.boxes) {
        const bool inside = bend.x > box.x + 0.001 && bend.x < box.x + sizes.box_width - 0.001 &&
                            bend.y > box.y + 0.001 && bend.y < box.y + sizes.box_height - 0.001;
        CHECK_FALSE(inside);
      }
    }
  }
}

}  // namespace

TEST_CASE("a chain stands in one row, from left to right") {
  const Layout layout = lay_out(3, {{0, 1}, {1, 2}}, sizes);
  CHECK(layout.boxes[0].y == layout.boxes[1].y);
  CHECK(layout.boxes[1].y == layout.boxes[2].y);
  CHECK(layout.boxes[1].x == 140);
  CHECK(layout.boxes[2].x == 280);
  CHECK(layout.width == 380);
  CHECK(layout.height == 50);
}

TEST_CASE("words on a line widen the gap that they stand in, and do not cover each other") {
  const Layout layout = lay_out(4, {{0, 1, 60, 40}, {0, 2, 30, 40}, {0, 3, 30, 40}}, sizes);
  CHECK(layout.boxes[1].x == 200);
  CHECK(std::abs(layout.labels[0].y - layout.labels[1].y) >= 39.9);
  CHECK(std::abs(layout.labels[1].y - layout.labels[2].y) >= 39.9);
}

TEST_CASE("a line past a box goes around it") {
  const Layout layout = lay_out(3, {{0, 1}, {1, 2}, {0, 2}}, sizes);
  REQUIRE(layout.lines[2].size() == 4);
  CHECK(std::abs(layout.lines[2][1].y - (layout.boxes[1].y + 25)) >= 25);
}

TEST_CASE("two crossed pairs are uncrossed") {
  const Layout layout = lay_out(4, {{0, 3}, {1, 2}}, sizes);
  CHECK((layout.boxes[0].y < layout.boxes[1].y) == (layout.boxes[3].y < layout.boxes[2].y));
}

TEST_CASE("no boxes, one box, and an edge to itself") {
  CHECK(lay_out(0, {}, sizes).boxes.empty());
  check_sound(1, {});
  check_sound(1, {{0, 0}});
  check_sound(2, {{0, 1}, {1, 0}});
}

TEST_CASE("any graph is laid out without overlaps, cycles too") {
  std::mt19937 random(7);
  for (int round = 0; round < 300; ++round) {
    const size_t boxes = 1 + random() % 14;
    std::vector<LayoutEdge> edges;
    for (size_t i = random() % 20; i > 0; --i) {
      edges.push_back({random() % boxes, random() % boxes, static_cast<double>(random() % 80), 20});
    }
    check_sound(boxes, edges);
  }
}
