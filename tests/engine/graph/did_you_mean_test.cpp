// SPDX-License-Identifier: Apache-2.0
#include "graph/did_you_mean.hpp"

#include <string>
#include <vector>

#include "catch.hpp"

using sluice::engine::did_you_mean;

TEST_CASE("a slip finds the name that was meant") {
  const std::vector<std::string> names{"from", "to", "buffer", "when_full", "commit", "dead_letter", "in_flight"};
  CHECK(did_you_mean("form", names) == "from");  // two swapped
  CHECK(did_you_mean("bufer", names) == "buffer");
  CHECK(did_you_mean("buffers", names) == "buffer");
  CHECK(did_you_mean("comit", names) == "commit");
  CHECK(did_you_mean("dead-letter", names) == "dead_letter");
  CHECK(did_you_mean("InFlight", names) == "in_flight");
  CHECK(did_you_mean("whenfull", names) == "when_full");
}

TEST_CASE("what is far from every name finds none") {
  const std::vector<std::string> names{"from", "to", "buffer"};
  CHECK(did_you_mean("retention", names).empty());
  CHECK(did_you_mean("xy", names).empty());
  CHECK(did_you_mean("", names).empty());
  CHECK(did_you_mean(std::string(1000, 'b'), names).empty());
  CHECK(did_you_mean("from", std::vector<std::string>{}).empty());
}
