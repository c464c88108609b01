// SPDX-License-Identifier: Apache-2.0
// The binary contract is the same in C11 and C++20, and its layout does not move: a plugin built last year must find
// every field where it was. A struct may only grow at its end, and then this table grows with it.
#include "sluice/abi.h"

#include <array>
#include <cstddef>
#include <type_traits>

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

TEST_CASE("what the first minor version laid out stays") {
  CHECK(sizeof(sluice_str) == 16);
  CHECK(sizeof(sluice_error) == 1000);
  CHECK(sizeof(sluice_value) == 16);
  CHECK(offsetof(sluice_value, size) == 8);
  CHECK(offsetof(sluice_value, kind) == 12);
  CHECK(sizeof(sluice_record) == 24);
  CHECK(offsetof(sluice_record, size) == 8);
  CHECK(offsetof(sluice_record, buffer) == 12);
  CHECK(offsetof(sluice_record, receive_time_ns) == 16);
  CHECK(offsetof(sluice_batch, records) == 8);
  CHECK(offsetof(sluice_batch, count) == 16);
  CHECK(offsetof(sluice_batch, buffers) == 24);
  CHECK(offsetof(sluice_host, log) == 16);
  CHECK(offsetof(sluice_host, batch_new) == 152);
  CHECK(offsetof(sluice_host, settle) == 208);
  CHECK(offsetof(sluice_host, committed) == 280);
  CHECK(offsetof(sluice_node_type, describe) == 64);
  CHECK(offsetof(sluice_node_type, probe) == 160);
  CHECK(std::is_trivially_copyable_v<sluice_host>);
}
