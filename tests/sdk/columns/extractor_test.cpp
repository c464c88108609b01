// SPDX-License-Identifier: Apache-2.0
// Payloads to rows, by table: what is stored, what is refused, and what the refusal says.
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
  Table table({{"received", "timestamptz", {}, "", false, "receive_time"}, {"symbol", "text", {}, "", true, "symbol"}});
  const auto row = *table.read("{}", 1'723'161'253'123'456'789);
  CHECK(row[0].integer == 1723161253123456);
  CHECK(row[1].kind == ValueKind::null);
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
