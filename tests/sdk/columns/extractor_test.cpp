// SPDX-License-Identifier: Apache-2.0
// Payloads to rows, by table: what is stored, what is refused, and what the refusal says.
#include <cmath>
#include <cstdlib>
#include <limits>
#include <random>

#include "catch.hpp"
#include "mapping_fixture.hpp"

using namespace sluice::columns;
using columns_test::Spec;
using columns_test::Table;

namespace {

Table trades() {
  return Table({{"event_time", "timestamptz", {"T"}, "ms"},
                {"symbol", "text", {"s"}},
                {"event_type", "text", {"e"}},
                {"trade_id", "bigint", {"t", "a"}},
                {"price", "numeric(20,8)", {"p"}},
                {"is_buyer_maker", "boolean", {"m"}}});
}

constexpr std::string_view trade =
    R"({"e":"trade","E":1723161255343,"s":"BTCUSDT","t":3735683259,"p":"61837.63000000","q":"0.02","T":1723161255342,"m":true,"M":true})";

}  // namespace

TEST_CASE("a trade becomes a row, in place") {
  Table table = trades();
  const auto row = *table.read(trade);
  REQUIRE(row.size() == 6);
  CHECK(row[0].kind == ValueKind::time);
  CHECK(row[0].integer == 1723161255342000);
  CHECK(row[1].text == "BTCUSDT");
  CHECK(row[2].text == "trade");
  CHECK(row[3].integer == 3735683259);
  CHECK(row[4].kind == ValueKind::decimal);
  CHECK(row[4].text == "61837.63000000");
  CHECK(row[5].kind == ValueKind::boolean);
  CHECK(row[5].integer == 1);
}

TEST_CASE("of several fields the first that is there counts, wherever it stands") {
  Table table({{"id", "bigint", {"t", "a"}}});
  CHECK((*table.read(R"({"a":2,"t":1})"))[0].integer == 1);
  CHECK((*table.read(R"({"t":1,"a":2})"))[0].integer == 1);
  CHECK((*table.read(R"({"a":"x","t":1})"))[0].integer == 1);
  CHECK((*table.read(R"({"a":2})"))[0].integer == 2);
  CHECK((*table.read(R"({"t":null,"a":2})"))[0].integer == 2);
  CHECK((*table.read(R"({"a":2,"t":null})"))[0].integer == 2);
  CHECK(table.code(R"({"a":null,"t":null})") == "column_null");
  CHECK(table.error(R"({"T":1})") == "column id: field t or a is missing from the record");
  CHECK(table.code(R"({"t":1,"t":2})") == "field_repeated");
}

TEST_CASE("keys are exact, escapes in them are undone") {
  Table table({{"a", "text", {"e"}}});
  CHECK(table.code(R"({"E":"x"})") == "column_missing");
  CHECK(table.code(R"({"ee":"x"})") == "column_missing");
  CHECK((*table.read("{\"\\u0065\":\"x\"}"))[0].text == "x");
}

TEST_CASE("paths lead into objects") {
  Table table({{"deep", "integer", {"a.b.c"}},
               {"whole", "jsonb", {"a.b"}},
               {"dotted", "text", {"x\\.y"}, "", true},
               {"list", "json", {"l"}, "", true}});
  const auto row =
      *table.read(R"({"z":{"a":{"b":{"c":8}}},"a":{"q":[1,{"c":9}],"b":{"n":{"c":1},"c":7}},"l":[1, 2],"x.y":"v"})");
  CHECK(row[0].integer == 7);
  CHECK(row[1].text == R"({"n":{"c":1},"c":7})");
  CHECK(row[2].text == "v");
  CHECK(row[3].text == "[1, 2]");
  CHECK(table.code(R"({"a":{"b":7}})") == "column_missing");
  CHECK(table.code(R"({"a":{"b":{"c":1,"x":tru}}})") == "column_type");
  CHECK(table.code(R"({"a":{"b":{"c":{}}}})") == "column_type");
}

TEST_CASE("texts are unescaped, and a NUL is refused") {
  Table table({Spec{"a", "text"}});
  CHECK((*table.read(R"({"a":"x\"y\\z\n\u00e9\ud83d\ude00"})"))[0].text == "x\"y\\z\n\xc3\xa9\xf0\x9f\x98\x80");
  CHECK((*table.read(R"({"a":""})"))[0].text.empty());
  CHECK(table.error(R"({"a":"x\u0000y"})") ==
        "column a: field a holds 'x\xEF\xBF\xBDy', which holds a NUL character, which text columns cannot keep");
  CHECK(table.code(R"({"a":"\ud800"})") == "column_type");
  CHECK(table.code(R"({"a":"\q"})") == "column_type");
  CHECK(table.code("{\"a\":\"\xff\"}") == "payload_json");
  CHECK(table.code("{\"b\":\"\xc3\x28\",\"a\":\"\"}") == "payload_json");
}

TEST_CASE("a value of another type is refused with its text") {
  Table table = trades();
  const auto with = [](std::string_view from, std::string_view to) {
    std::string text(trade);
    text.replace(text.find(from), from.size(), to);
    return text;
  };
  CHECK(table.error(with(R"("p":"61837.63000000")", R"("p":"61,8")")) ==
        "column price: field p holds '61,8', which is not a decimal number");
  CHECK(table.error(with(R"("p":"61837.63000000")", R"("p":"1.123456789")")) ==
        "column price: field p holds '1.123456789', which has more digits behind the point than numeric(20,8) keeps; "
        "nothing is rounded");
  // Only the value itself is shown, not what stands behind it.
  const std::string list = table.error(with(R"("p":"61837.63000000")", R"("p":[1,2])"));
  CHECK(list == "column price: field p holds '[1,2]', which is an array, not numeric(20,8)");
  const std::string empty = table.error(with(R"("p":"61837.63000000")", R"("p":"")"));
  CHECK(empty == "column price: field p holds '', which is not a decimal number");
  CHECK(table.code(with(R"("t":3735683259)", R"("t":9223372036854775808)")) == "column_range");
  CHECK(table.code(with(R"("t":3735683259)", R"("t":1.0)")) == "column_type");
  CHECK(table.code(with(R"("t":3735683259)", R"("t":"1e3")")) == "column_type");
  CHECK(table.code(with(R"("t":3735683259)", R"("t":01)")) == "column_type");
  CHECK(table.code(with(R"("t":3735683259)", R"("t":{"a":[1]})")) == "column_type");
  CHECK(table.code(with(R"("s":"BTCUSDT")", R"("s":12)")) == "column_type");
  CHECK(table.code(with(R"("s":"BTCUSDT")", R"("s":true)")) == "column_type");
  CHECK(table.code(with(R"("s":"BTCUSDT")", R"("s":null)")) == "column_null");
  CHECK(table.code(with(R"("m":true)", R"("m":"true")")) == "column_type");
  CHECK(table.code(with(R"("m":true)", R"("m":truex)")) == "column_type");
  CHECK(table.code(with(R"("m":true)", R"("m":1)")) == "column_type");
  CHECK(table.code(with(R"("T":1723161255342)", R"("T":99999999999999999)")) == "column_type");
  CHECK(table.code(with(R"("T":1723161255342)", R"("T":"yesterday")")) == "column_type");
  CHECK(table.error(trade) == "stored");
}

TEST_CASE("numbers may be texts, exact either way") {
  Table table({{"id", "integer"}, {"price", "numeric(20,8)"}, {"ratio", "double precision"}});
  const auto row = *table.read(R"({"id":"-2147483648","price":0.1,"ratio":"2.5e-1"})");
  CHECK(row[0].integer == -2147483648LL);
  CHECK(row[1].text == "0.10000000");
  CHECK(row[2].real == 0.25);
  CHECK(table.code(R"({"id":2147483648,"price":1,"ratio":1})") == "column_range");
  CHECK(table.code(R"({"id":1,"price":1,"ratio":1e999})") == "column_range");
  // The C++ library and JSON do not agree about what a number is; JSON counts.
  for (const char* ratio : {"\"nan\"", "\"inf\"", "\"+1\"", "\"0x10\"", "\"1_000\"", "\"5.\"", "\".5\"",
                            "\"007\"", "\" 1\"",  "\"\"",   "\"-\"",    "\"1e\"",    "NaN",    "+1",
                            "5.",      "5.e1",    ".5",     "0x10",     "1_000",     "-",      "00"}) {
    INFO(ratio);
    CHECK(table.code(R"({"id":1,"price":1,"ratio":)" + std::string(ratio) + "}") != "stored");
    CHECK(table.code(R"({"id":1,"price":1,"x":{},"ratio":)" + std::string(ratio) + "}") != "stored");
  }
}

TEST_CASE("a smallint holds its range, and names what it does not") {
  Table table({Spec{"n", "smallint"}});
  CHECK((*table.read(R"({"n":32767})"))[0].integer == 32767);
  CHECK((*table.read(R"({"n":"-32768"})"))[0].integer == -32768);
  CHECK((*table.read(R"({"n":0})"))[0].kind == ValueKind::integer);
  CHECK(table.error(R"({"n":32768})") == "column n: field n holds '32768', which does not fit smallint");
  CHECK(table.code(R"({"n":-32769})") == "column_range");
  CHECK(table.code(R"({"n":65536})") == "column_range");
  CHECK(table.code(R"({"n":4294967296})") == "column_range");
  CHECK(table.code(R"({"n":99999999999999999999})") == "column_range");
  CHECK(table.code(R"({"n":1.0})") == "column_type");
  CHECK(table.code(R"({"n":true})") == "column_type");
}

TEST_CASE("a real is the nearest to the text, rounded once, and refused beyond its range") {
  Table table({Spec{"r", "real"}});
  const auto read = [&](const std::string& text) { return (*table.read(R"({"r":)" + text + "}"))[0]; };
  CHECK(read("0.1").real == double{0.1F});
  CHECK(read("\"16777217\"").real == 16777216);
  CHECK(read("3.4028235e38").real == double{std::numeric_limits<float>::max()});
  CHECK(read("-1e-45").real == -double{std::numeric_limits<float>::denorm_min()});
  // By way of a double this would round twice, to 1.
  CHECK(read("1.00000005960464477540").real == double{std::nextafter(1.0F, 2.0F)});
  CHECK(table.error(R"({"r":3.5e38})") == "column r: field r holds '3.5e38', which does not fit real");
  CHECK(table.code(R"({"r":-1e39})") == "column_range");
  CHECK(table.code(R"({"r":1e-50})") == "column_range");
  CHECK(table.code(R"({"r":1e400})") == "column_range");
  CHECK(table.code(R"({"r":"nan"})") == "column_type");
  std::mt19937 random(20);
  for (int i = 0; i < 20'000; ++i) {
    std::string text = random() % 2 == 0 ? "-" : "";
    text += std::to_string(random() % 1'000'000) + "." + std::to_string(random()) + std::to_string(random());
    text += "e" + std::to_string(static_cast<int>(random() % 69) - 36);
    if (read(text).real != double{std::strtof(text.c_str(), nullptr)}) FAIL(text);
  }
}

TEST_CASE("a date is the day in UTC, from a date, a time or a number") {
  Table plain({Spec{"d", "date"}});
  Table table({{"d", "date", {}, "ms"}});
  const auto day = [&](const std::string& text) {
    const auto row = *table.read(R"({"d":)" + text + "}");
    CHECK(row[0].kind == ValueKind::date);
    return row[0].integer;
  };
  CHECK((*plain.read(R"({"d":"2024-08-08"})"))[0].integer == 19943);
  CHECK(day("\"2024-08-08\"") == 19943);
  CHECK(day("\"0001-01-01\"") == -719162);
  CHECK(day("\"9999-12-31\"") == 2932896);
  CHECK(day("\"2024-08-08T23:59:59.999999Z\"") == 19943);
  CHECK(day("\"2024-08-09T01:30:00+02:00\"") == 19943);
  CHECK(day("1723161255342") == 19943);
  CHECK(day("\"1723161255342\"") == 19943);
  CHECK(day("-1") == -1);
  CHECK(day("0") == 0);
  CHECK(day("-86400000") == -1);
  CHECK(table.error(R"({"d":"2024-02-30"})").find("is not a time between the years 1 and 9999") != std::string::npos);
  CHECK(
      plain.error(R"({"d":"2024-02-30"})") ==
      "column d: field d holds '2024-02-30', which is not a date between the years 1 and 9999 such as 2024-08-08, nor "
      "a time such as 2024-08-08T23:54:13.123456Z");
  CHECK(plain.error(R"({"d":19943})").find("unit: ms") != std::string::npos);
  CHECK(table.code(R"({"d":253402300800000})") == "column_type");
  CHECK(table.code(R"({"d":true})") == "column_type");
}

TEST_CASE("a timestamp is the time in UTC, as a timestamptz is") {
  Table table({{"t", "timestamp", {}, "ms"}, {"z", "timestamptz", {"t"}, "ms"}});
  for (const char* text : {"\"2024-08-08T23:54:13.123456Z\"", "\"2024-08-09T01:54:13+02:00\"", "1723161255342", "-1",
                           "\"1.5e12\"", "\"0001-01-01T00:00:00Z\"", "\"9999-12-31T23:59:59.999999Z\""}) {
    INFO(text);
    const auto row = *table.read(R"({"t":)" + std::string(text) + "}");
    CHECK(row[0].kind == ValueKind::time);
    CHECK(row[0].integer == row[1].integer);
  }
  CHECK(table.error(R"({"t":"2024-08-08T23:54:13"})") ==
        "column t: field t holds '2024-08-08T23:54:13', which is not a time between the years 1 and 9999 such as "
        "2024-08-08T23:54:13.123456Z");
  CHECK(table.code(R"({"t":253402300800000})") == "column_type");
}

TEST_CASE("json columns take every JSON value, however large or deep") {
  Table table({Spec{"j", "jsonb"}});
  const std::string deep = std::string(20'000, '[') + std::string(20'000, ']');
  const std::string objects = [] {
    std::string text = "1";
    for (int i = 0; i < 3'000; ++i) text = R"({"a":)" + text + "}";
    return text;
  }();
  for (const std::string& value :
       {std::string("99999999999999999999"), std::string("-9223372036854775809"), std::string("1e400"),
        std::string("-0.0E-00"), std::string(5'000, '9') + "." + std::string(5'000, '9'), std::string(R"("\ud800")"),
        std::string(R"("\u0000\"\\\/\b\f\n\r\t")"), std::string(R"({"":[{},[],null,true,false,-1,"x"]})"), deep,
        objects, std::string("[ 1 ,\t2\r\n]")}) {
    INFO(value.substr(0, 60));
    for (const std::string& payload : {R"({"j":)" + value + "}", R"({"x":{"y":[]}, "j" : )" + value + " }"}) {
      const auto row = table.read(payload);
      REQUIRE(row);
      CHECK((*row)[0].text == value);
    }
  }
  for (const char* value : {"01",
                            "1.",
                            ".5",
                            "+1",
                            "1e",
                            "-",
                            "NaN",
                            "tru",
                            "nul",
                            "[1,]",
                            "[,1]",
                            "[1 2]",
                            R"({"a"})",
                            R"({"a":})",
                            R"({"a":1,})",
                            R"({a:1})",
                            R"({"a":1 "b":2})",
                            R"("\x")",
                            R"("\u12g4")",
                            "\"\t\"",
                            "[",
                            "{",
                            "[}",
                            R"([1})",
                            R"({"a":1])",
                            "[1]]",
                            "'x'",
                            "[\"\xff\"]",
                            "1_0",
                            "0x1",
                            "truefalse"}) {
    INFO(value);
    CHECK(table.code(R"({"j":)" + std::string(value) + "}") != "stored");
    CHECK(table.code(R"({"x":{},"j":)" + std::string(value) + "}") != "stored");
  }
}

TEST_CASE("a payload in another encoding is told so") {
  Table table({Spec{"a", "bigint", {}, "", true}});
  CHECK(table.error("\xEF\xBB\xBF{\"a\":1}").find("byte order mark") != std::string::npos);
  CHECK(table.error(std::string("\xFF\xFE{\0}\0", 6)).find("it is UTF-16 or UTF-32, and JSON is UTF-8") !=
        std::string::npos);
  CHECK(table.error(std::string("{\0}\0", 4)).find("UTF-16") != std::string::npos);
  CHECK(table.error(std::string("\0{\0}", 4)).find("UTF-16") != std::string::npos);
}

TEST_CASE("times of every year are numbers, too, also with an exponent") {
  Table table({{"at", "timestamptz", {}, "ns"}});
  CHECK((*table.read(R"({"at":99999999999999999999})"))[0].integer == 99999999999999999);
  CHECK((*table.read(R"({"at":"1.7e18"})"))[0].integer == 1700000000000000);
  CHECK((*table.read(R"({"at":1.7E+18})"))[0].integer == 1700000000000000);
  CHECK(table.error(R"({"at":1e40})") ==
        "column at: field at holds '1e40', which is not a time between the years 1 and 9999 in the column's unit");
  CHECK(table.code(R"({"at":1.5.5})") == "column_type");
}

TEST_CASE("a number in a time column needs a unit") {
  Table table({Spec{"at", "timestamptz"}});
  CHECK((*table.read(R"({"at":"2026-11-22T10:00:00.123456Z"})"))[0].integer == 1795341600123456);
  CHECK(table.error(R"({"at":1})").find("unit: ms") != std::string::npos);
}

TEST_CASE("the receive time and attributes are columns too") {
  Table table({{"received", "timestamptz", {}, "", false, "receive_time"},
               {"symbol", "text", {}, "", true, "symbol"},
               {"at", "timestamp", {}, "", false, "receive_time"},
               {"day", "date", {}, "", false, "receive_time"}});
  const auto row = *table.read("{}", 1'723'161'253'123'456'789);
  CHECK(row[0].integer == 1723161253123456);
  CHECK(row[1].kind == ValueKind::null);
  CHECK(row[2].integer == 1723161253123456);
  CHECK(row[3].integer == 19943);
  Table other({Spec{"n", "smallint", {}, "", false, "receive_time"}});
  CHECK(other.error("{}").find("is a time; such a column is timestamptz, timestamp, date or bigint") !=
        std::string::npos);
}

TEST_CASE("what is no JSON object is refused") {
  Table table({{"a", "bigint", {}, "", true}});
  for (const char* text : {"",
                           " ",
                           "null",
                           "[]",
                           "[1]",
                           "1",
                           "\"a\"",
                           "{",
                           "{\"a\"",
                           "{\"a\":",
                           "{\"a\":1",
                           "{\"a\":1]",
                           "{\"a\":1}{\"a\":2}",
                           "{\"a\":1} x",
                           "{\"a\" 1}",
                           "{a:1}",
                           "{\"a\":1,}",
                           "{\"a\":\"x}",
                           "{\"a\":\"x\ny\"}",
                           "{,\"a\":1}",
                           "{\"a\":1 2}"}) {
    INFO(text);
    CHECK(table.code(text) != "stored");
  }
  CHECK((*table.read(" {\n\"a\" : 1 , \"b\" : [ ] } \n"))[0].integer == 1);
  CHECK(table.error("[\"") == "the payload is not a JSON object (A string is opened, but never closed.): [\"");
}

TEST_CASE("a refused record leaves no row behind") {
  Table table({Spec{"a", "bigint"}});
  table.rows().reset(1);
  columns_test::Payload good(R"({"a":1})"), bad(R"({"a":"x"})");
  CHECK(table.extractor().extract(good.record(), table.rows()));
  CHECK(!table.extractor().extract(bad.record(), table.rows()));
  CHECK(table.extractor().extract(good.record(), table.rows()));
  CHECK(table.rows().size() == 2);
}
