// SPDX-License-Identifier: Apache-2.0
// The SDK's contract suite on the sqlite sink.
#include "sluice/testing/contract.hpp"

#include "support.hpp"

using namespace sqlite_test;

TEST_CASE("sqlite keeps the contract") {
  const Folder folder;
  ContractSetup setup;
  setup.before_each = [&] {
    for (const char* end : {"", "-wal", "-shm"}) std::filesystem::remove(folder.file() + end);
  };
  check_contract(sqlite_type(), trade_options(folder.file()), {trade(1), trade(2), trade(3)}, setup);
}
