// SPDX-License-Identifier: Apache-2.0
// What a picture of a graph shows, whatever language it is then written in. A relay is one node, though it runs as two.
// Internal to graph_picture.hpp.
#pragma once
#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "graph/plan.hpp"
#include "loader/registry.hpp"

namespace sluice::engine {

struct Picture {
  struct Node {
    std::string name;
    std::string type;
    uint32_t kind = 0;           ///< SLUICE_SOURCE, ...
    std::vector<size_t> frames;  ///< processes; drawn inside of one when it is the only one
    size_t stage = 0;
  };
  struct Edge {
    std::string from;
    std::string to;
    std::string label;  ///< may be empty; lines apart by '\n'
    bool is_buffered = false;
    bool is_dead_letter = false;
  };
  std::string title;
  std::vector<std::string> frames;
  std::vector<Node> nodes;
  std::vector<Edge> edges;
};

Picture picture_of(const Plan& plan);
Picture picture_of(const GraphSpec& spec, const Registry& registry);

/// A light colour for each stage; they repeat.
constexpr std::array<std::string_view, 8> stage_colours{"#dbeafe", "#dcfce7", "#fef3c7", "#fce7f3",
                                                        "#ede9fe", "#ffedd5", "#cffafe", "#f1f5f9"};
inline std::string_view colour_of(size_t stage) { return stage_colours[stage % stage_colours.size()]; }

}  // namespace sluice::engine
