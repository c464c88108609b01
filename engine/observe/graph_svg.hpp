// SPDX-License-Identifier: Apache-2.0
// The graph as it runs, as an SVG: a box for each node with its rate, what it holds and how it is, and a line for each
// edge with what waits in it and how full it is. Boxes of one stage share a colour. Made of two samples of a run and
// nothing else: no Graphviz, no fonts, no scripts. Pure; all texts are escaped.
#pragma once
#include <string>
#include <vector>

#include "observe/readiness.hpp"
#include "observe/sample.hpp"

namespace sluice::engine {

/// What else is to be seen at a node: that it is slow, or paused.
struct Mark {
  std::string node;
  std::string sentence;
};

std::string graph_svg(const Sample& before, const Sample& now, const std::vector<Mark>& marks = {});

/// A mark for each reason that is a node's and that its status does not show, and for each bottleneck.
std::vector<Mark> marks_of(const Report& report, const std::vector<Reason>& reasons,
                           const std::vector<Bottleneck>& slow);

}  // namespace sluice::engine
