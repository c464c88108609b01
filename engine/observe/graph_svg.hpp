// SPDX-License-Identifier: Apache-2.0
// The graph as it runs, as an SVG: a box for each node with its rate, what it holds and how it is, and a line for each
// edge with what waits in it and how full it is. Boxes of one stage share a colour. Made of two samples of a run and
// nothing else: no Graphviz, no fonts, no scripts. Pure; all texts are escaped.
#pragma once
#include <string>

#include "observe/sample.hpp"

namespace sluice::engine {

std::string graph_svg(const Sample& before, const Sample& now);

}  // namespace sluice::engine
