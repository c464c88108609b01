// SPDX-License-Identifier: Apache-2.0
// The binary contract is the same in C11 and C++20. That its layout does not move is for tools/gates/abi.py to see.
#include "sluice/abi.h"

#include <array>
#include <cstddef>

#include "catch.hpp"

extern "C" const uint64_t abi_layout_in_c[];

TEST_CASE("C and C++ lay the contract out alike") {
  constexpr std::array<uint64_t, 18> in_cpp = {sizeof(sluice_str),
                                               sizeof(sluice_error),
                                               sizeof(sluice_option),
                                               sizeof(sluice_config),
                                               sizeof(sluice_value),
                                               sizeof(sluice_buffer),
                                               sizeof(sluice_record),
                                               sizeof(sluice_batch),
                                               sizeof(sluice_credit),
                                               sizeof(sluice_describe_api),
                                               sizeof(sluice_host),
                                               sizeof(sluice_node_type),
                                               sizeof(sluice_plugin),
                                               offsetof(sluice_value, kind),
                                               offsetof(sluice_record, receive_time_ns),
                                               offsetof(sluice_host, committed),
                                               offsetof(sluice_node_type, probe),
                                               offsetof(sluice_config, item_count)};
  for (size_t i = 0; i < in_cpp.size(); ++i) {
    INFO("entry " << i);
    CHECK(abi_layout_in_c[i] == in_cpp[i]);
  }
}

TEST_CASE("every struct of the contract that may grow says its size first") {
  CHECK(offsetof(sluice_error, struct_size) == 0);
  CHECK(offsetof(sluice_config, struct_size) == 0);
  CHECK(offsetof(sluice_batch, struct_size) == 0);
  CHECK(offsetof(sluice_credit, struct_size) == 0);
  CHECK(offsetof(sluice_describe_api, struct_size) == 0);
  CHECK(offsetof(sluice_host, struct_size) == 0);
  CHECK(offsetof(sluice_node_type, struct_size) == 0);
  CHECK(offsetof(sluice_plugin, struct_size) == 0);
}
