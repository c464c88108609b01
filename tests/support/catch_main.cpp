// SPDX-License-Identifier: Apache-2.0
#include <atomic>
#include <cstdlib>
#include <iostream>

#include "skip.hpp"
#if !__has_include(<catch2/catch_all.hpp>)
#define CATCH_CONFIG_RUNNER
#include <catch2/catch.hpp>
#else
#include <catch2/catch_all.hpp>
#endif

namespace {
constexpr int exit_skipped = 77;
std::atomic<bool> has_skipped{false};
}  // namespace

namespace sluice_test {

void skip(const std::string& why) {
  std::cerr << "SKIPPED: " << why << '\n';
  has_skipped = true;
}

void skip_without(const std::string& server) {
  if (std::getenv("CI") != nullptr) FAIL("the tests need " << server);
  skip(server + " is not there");
}

}  // namespace sluice_test

int main(int argc, char* argv[]) {
  const int result = Catch::Session().run(argc, argv);
  return result == 0 && has_skipped ? exit_skipped : result;
}
