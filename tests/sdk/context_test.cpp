// SPDX-License-Identifier: Apache-2.0
// What the C++ classes do with a host that is older than they are.
#include "sluice/context.hpp"

#include <cstddef>
#include <string>

#include "catch.hpp"

using namespace sluice;

TEST_CASE("a host that cannot begin a source's batch is not asked to, and the graph stops") {
  static std::string why;
  static int begun;
  sluice_host host{};
  host.stop = [](sluice_context*, const sluice_error* error) { why = error->message; };
  host.begin_source = [](sluice_context*, sluice_batch*, uint32_t, int64_t, int64_t) { ++begun; };
  const Context context(&host, nullptr);
  Batch batch;
  host.struct_size = offsetof(sluice_host, begin_source);
  context.begin(batch, 0, 0, 1);
  CHECK(begun == 0);
  CHECK(why.find("update sluice") != std::string::npos);
  why.clear();
  host.struct_size = sizeof host;
  context.begin(batch, 0, 0, 1);
  CHECK(begun == 1);
  CHECK(why.empty());
}
