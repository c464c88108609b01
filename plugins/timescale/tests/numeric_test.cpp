// SPDX-License-Identifier: Apache-2.0
// The encoder of binary numerics against the server's own reading of the same text.
#include "numeric.hpp"

#include "support.hpp"

using namespace timescale_test;
using sluice::timescale::encode_numeric;
using sluice::timescale::numeric_room;

namespace {

std::vector<uint8_t> encoded(const std::string& text) {
  std::vector<uint8_t> bytes(numeric_room(text.size()));
  bytes.resize(encode_numeric(text, bytes.data()));
  return bytes;
}

std::string hex(const std::vector<uint8_t>& bytes) {
  std::string text;
  for (const uint8_t byte : bytes) {
    constexpr char digits[] = "0123456789abcdef";
    text += digits[byte >> 4];
    text += digits[byte & 15];
  }
  return text;
}

std::string digits(std::mt19937& random, size_t count) {
  std::string text;
  for (size_t i = 0; i < count; ++i) {
    // Runs of zeros are where groups vanish.
    text += random() % 3 == 0 ? '0' : static_cast<char>('0' + random() % 10);
  }
  return text;
}

}  // namespace

TEST_CASE("texts that are no plain decimal are refused") {
  for (const char* text :
       {"", "-", ".", "1.", ".5", "NaN", "Infinity", "1e5", "+1", "1 ", " 1", "--1", "1.2.3", "0x1", "1,0", "12a4"}) {
    INFO(text);
    CHECK(encoded(text).empty());
  }
}

TEST_CASE("numerics are refused beyond what the server holds, and not before") {
  CHECK(encoded(std::string(131'072, '9')).size() == 8 + 2 * 32'768);
  CHECK(encoded(std::string(131'073, '9')).empty());
  CHECK(encoded("0" + std::string(131'072, '9')).size() == 8 + 2 * 32'768);
  CHECK_FALSE(encoded("0." + std::string(16'383, '1')).empty());
  CHECK(encoded("0." + std::string(16'384, '1')).empty());
}

TEST_CASE("a price is what PostgreSQL's protocol says") {
  CHECK(hex(encoded("61837.63000000")) ==
        "000300010000000800060"
        "72d"
        "189c");
  CHECK(hex(encoded("0.00000000")) == "0000000000000008");
  CHECK(hex(encoded("-0")) == "0000000000000000");
}

TEST_CASE("a decimal of the usual form is encoded as any other is") {
  std::mt19937 random(7);
  for (int i = 0; i < 20'000; ++i) {
    std::string text = digits(random, 1 + random() % 9) + "." + digits(random, 7 + random() % 3);
    if (random() % 8 == 0) text[random() % text.size()] = static_cast<char>(random() % 256);
    INFO(text);
    // The sign keeps it from the short way.
    std::vector<uint8_t> other = encoded("-" + text);
    if (!other.empty()) other[4] = 0;
    if (text.front() == '-') other.clear();
    const std::vector<uint8_t> bytes = encoded(text);
    if (text.front() == '-' ? bytes.empty() != encoded(text.substr(1)).empty() : bytes != other) FAIL();
  }
}

TEST_CASE("the server reads the bytes as it reads the text") {
  const std::string url = server();
  if (url.empty()) return;
  Database person(url);
  std::mt19937 random(4);
  std::vector<std::string> texts{"0",
                                 "-0",
                                 "0.0",
                                 "1",
                                 "-1",
                                 "9999",
                                 "10000",
                                 "0.0001",
                                 "0.00001",
                                 "-10000.0001",
                                 "100000000",
                                 "0001.10",
                                 std::string(131'072, '9'),
                                 "0." + std::string(16'382, '0') + "1"};
  for (int i = 0; i < 2000; ++i) {
    const size_t most = i % 50 == 0 ? 2000 : 24;
    std::string text = (random() % 3 == 0 ? "-" : "") + digits(random, 1 + random() % most);
    if (random() % 3 != 0) text += "." + digits(random, 1 + random() % most);
    texts.push_back(std::move(text));
  }
  for (const std::string& text : texts) {
    const std::vector<uint8_t> bytes = encoded(text);
    const char* const values[] = {reinterpret_cast<const char*>(bytes.data()), text.c_str()};
    const int lengths[] = {static_cast<int>(bytes.size()), 0};
    const int formats[] = {1, 0};
    const std::unique_ptr<PGresult, decltype(&PQclear)> result(
        PQexecParams(person.get(), "SELECT $1::numeric::text = $2::numeric::text", 2, nullptr, values, lengths, formats,
                     0),
        &PQclear);
    INFO(text.substr(0, 100) << " " << hex(bytes).substr(0, 100) << " " << PQerrorMessage(person.get()));
    REQUIRE(PQresultStatus(result.get()) == PGRES_TUPLES_OK);
    REQUIRE(PQgetvalue(result.get(), 0, 0) == std::string("t"));
  }
}
