// SPDX-License-Identifier: Apache-2.0
// What an audit found, as text, JSON and a picture.
#include <simdjson.h>

#include "audit/auditor.hpp"
#include "catch.hpp"
#include "support.hpp"

using namespace audit_test;
using namespace sluice::engine;
using Catch::Matchers::Contains;

namespace {

AuditReport with_holes() {
  Auditor auditor(market(), {.has_picture = true});
  auditor.begin_store("log");
  for (const int64_t id : {1, 2, 3, 6, 7, 9})
    auditor.take(trade("A<B", id), id, (begin_ms + id * 1000 + 20) * 1'000'000);
  auditor.take(sum("A<B", 1, 1, 4), 10, 0);
  auditor.take(quote("A<B", 4), 11, 0);
  auditor.begin_store("table");
  for (const int64_t id : {1, 2, 3, 4}) auditor.take(trade("A<B", id), -1, 0);
  AuditReport report = auditor.report();
  report.graph = "market";
  return report;
}

}  // namespace

TEST_CASE("the text says per key what is held, then what is missing, and ends with the verdict") {
  CHECK(audit_text(with_holes()) ==
        R"(log: 8 records
  series  key      records  ids     missing  repeats   late  a minute
  quote   A<B            1  4             -        0      0         -
  trade   A<B            6  1..9          3        0      0      45.0
  sum     A<B            1  1             0        0      0         -
  sum of A<B, trade ids 1..4: 1 summed up and not held, 0 held and not summed up, 0 summed up twice
  delay of trade, event to store: p50 21 ms, p99 21 ms

table: 4 records
  series  key      records  ids     missing  repeats   late  a minute
  trade   A<B            4  1..4          0        0      -      80.0

missing
  log trade of A<B: 4..5 (2 ids), between 2023-11-14T22:13:23.000Z and 2023-11-14T22:13:26.000Z; another store holds 1 of them
  log trade of A<B: 8 (1 id), between 2023-11-14T22:13:27.000Z and 2023-11-14T22:13:29.000Z

not complete: 3 ids are missing in 2 holes
)");
}

TEST_CASE("of many holes the first are listed and the rest is counted") {
  CHECK_THAT(audit_text(with_holes(), 1), Contains("(2 ids)") && Contains("and 1 further hole (--json lists all)"));
}

TEST_CASE("the verdict says whether that is all that is known") {
  AuditReport report;
  report.stores.push_back({.name = "log"});
  CHECK_THAT(audit_text(report), Contains("not complete: no store holds a record of a series\n"));
  report.stores.front().failure = "it is away";
  CHECK_THAT(audit_text(report), Contains("not known: log could not be read to the end\n"));
  report.stores.front().series.push_back(
      {.name = "trade", .is_consecutive = true, .keys = {{.key = "A", .records = 2}}});
  CHECK_THAT(audit_text(report), Contains("\nnot known: log could not be read to the end\n"));
  report.stores.front().failure.clear();
  CHECK_THAT(audit_text(report),
             Contains("\ncomplete: no id is missing between the first and the last of each key, in 2 records\n"));
}

TEST_CASE("the JSON has every hole") {
  const std::string text = audit_json(with_holes());
  simdjson::dom::parser parser;
  const simdjson::dom::element json = parser.parse(text);
  CHECK(std::string_view(json["graph"]) == "market");
  CHECK_FALSE(bool(json["complete"]));
  CHECK(uint64_t(json["missing"]) == 3);
  const simdjson::dom::element key = json["stores"].at(0)["keys"].at(1);
  CHECK(std::string_view(key["series"]) == "trade");
  CHECK(std::string_view(key["key"]) == "A<B");
  CHECK(uint64_t(key["holes"].at(1)["first"]) == 8);
  CHECK(uint64_t(key["holes"].at(0)["elsewhere"]) == 1);
  CHECK(json["stores"].at(1)["keys"].at(0)["late"].is_null());
}

TEST_CASE("the picture draws what is held and what is missing, and quotes what it writes") {
  const std::string svg = audit_svg(with_holes());
  CHECK_THAT(svg, Contains("A&lt;B") && Contains("#dc2626") && Contains("#16a34a") && Contains("log: trade") &&
                      Contains("table: trade") && !Contains("A<B"));
  CHECK_THAT(audit_svg({}), Contains("No record of a series has a time."));
}
