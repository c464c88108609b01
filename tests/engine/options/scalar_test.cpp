// SPDX-License-Identifier: Apache-2.0
#include "options/scalar.hpp"

#include "catch.hpp"

using namespace sluice;
using namespace sluice::engine;

namespace {
std::string code_of_reading(const sluice_option& option, std::string_view text) {
  const Parsed<Scalar> scalar = read_scalar(option, text);
  return scalar ? "ok" : std::string(word(scalar.problem().code));
}
}  // namespace

TEST_CASE("whole numbers take digits only", "[options]") {
  const sluice_option number = option::integer("n", "A number.");
  CHECK(read_scalar(number, "-42")->integer == -42);
  CHECK(read_scalar(number, "9223372036854775807")->integer == INT64_MAX);
  for (const char* text : {"", " 1", "1 ", "0x10", "1.0", "+1", "1e3", "one", "--1"}) {
    INFO(text);
    CHECK(code_of_reading(number, text) == "wrong-type");
  }
  CHECK(code_of_reading(number, "9223372036854775808") == "out-of-range");
}

TEST_CASE("numbers are finite and within their bounds", "[options]") {
  const sluice_option any = option::real("r", "A number.");
  CHECK(read_scalar(any, "0.25")->real == 0.25);
  CHECK(read_scalar(any, "-1e3")->integer == -1000);
  CHECK(read_scalar(any, "1e300")->integer == 0);
  for (const char* text : {"nan", "inf", "-inf", "1e999", "", "1,5"}) {
    INFO(text);
    CHECK(code_of_reading(any, text) == "wrong-type");
  }
}

TEST_CASE("a table in plain C that says no bounds has none", "[options]") {
  sluice_option bare{};
  bare.kind = SLUICE_COUNT;
  CHECK(read_scalar(bare, "7k")->integer == 7000);
  bare.most = 10;
  CHECK(code_of_reading(bare, "11") == "out-of-range");
}

TEST_CASE("truth values are two words", "[options]") {
  const sluice_option flag = option::boolean("b", "A flag.");
  CHECK(read_scalar(flag, "true")->integer == 1);
  CHECK(read_scalar(flag, "false")->integer == 0);
  for (const char* text : {"yes", "True", "1", ""}) CHECK(code_of_reading(flag, text) == "wrong-type");
}

TEST_CASE("long values are cut in sentences", "[options]") {
  const Parsed<Scalar> scalar = read_scalar(option::integer("n", "A number."), std::string(5000, 'x'));
  REQUIRE_FALSE(scalar);
  CHECK(scalar.problem().sentence.size() < 200);
}
