// SPDX-License-Identifier: Apache-2.0
// Faults of REST strike the request they were told to.
#include "rest_faults.hpp"

#include "client.hpp"
#include "rest_client.hpp"
#include "running.hpp"

using namespace sluice::sim;
using namespace std::chrono_literals;

namespace {

const std::string trades = "/api/v3/historicalTrades?symbol=BTCUSDT";

Options with(RestFaultKind kind, const char* text) {
  Options options;
  options.rate = 0;
  options.frames = 2'000;
  options.rest_faults.add(*parse_rest_fault(kind, "fault", text));
  return options;
}

// Some market, so that there are rows.
void let_pass(Running& sim) { REQUIRE(Client(sim.port(), nine_streams).read_texts(2'000).size() == 2'000); }

std::string first_id(const std::string& body) { return body.substr(0, body.find(',')); }

}  // namespace

TEST_CASE("REST refuses from request N on, for so long, with the status and Retry-After") {
  for (const unsigned status : {418U, 429U, 403U, 451U, 503U}) {
    INFO(status);
    Running sim(with(RestFaultKind::refuse, ("2:" + std::to_string(status) + ":100").c_str()));
    RestClient rest(sim.port());
    CHECK(rest.get("/api/v3/time").status == 200);
    for (int i = 0; i < 2; ++i) {
      const HttpReply refused = rest.get("/api/v3/time");
      CHECK(refused.status == status);
      CHECK(refused.retry_after.empty() == (status != 418 && status != 429));
      CHECK((refused.body.find(R"("code":-1003)") == std::string::npos) == refused.retry_after.empty());
    }
  }
  Running sim(with(RestFaultKind::refuse, "1:503:0"));
  RestClient rest(sim.port());
  CHECK(rest.get("/api/v3/time").status == 503);
  CHECK(rest.get("/api/v3/time").status == 200);
}

TEST_CASE("REST ends within the body") {
  Running sim(with(RestFaultKind::cut, "2:10"));
  let_pass(sim);
  RestClient rest(sim.port());
  CHECK(rest.get(trades).status == 200);
  const HttpReply cut = rest.get(trades);
  CHECK(cut.status == 0);
  CHECK(cut.body.size() == 10);
  CHECK(cut.error == "partial message");
  CHECK(RestClient(sim.port()).get(trades).status == 200);
}

TEST_CASE("REST answers late") {
  Running sim(with(RestFaultKind::delay, "1:0.3"));
  RestClient rest(sim.port());
  const auto start = std::chrono::steady_clock::now();
  CHECK(rest.get("/api/v3/time").status == 200);
  CHECK(std::chrono::steady_clock::now() - start >= 300ms);
}

TEST_CASE("REST answers with what is no answer, every second time") {
  const std::pair<const char*, std::string> starts[] = {{"text", "<html>"},
                                                        {"truncated", R"([{"id":6732650)"},
                                                        {"fields", R"([{"isBestMatch":true,)"},
                                                        {"types", R"([{"id":"one",)"},
                                                        {"junk", std::string(1 << 20, 'x')}};
  for (const auto& [kind, start] : starts) {
    INFO(kind);
    Running sim(with(RestFaultKind::garbage, (std::string("every:2:") + kind).c_str()));
    let_pass(sim);
    RestClient rest(sim.port());
    for (int i = 0; i < 2; ++i) {
      const HttpReply right = rest.get(trades), wrong = rest.get(trades);
      CHECK(right.body.find(R"([{"id":6732650)") == 0);
      CHECK(right.body.substr(right.body.size() - 2) == "}]");
      CHECK(wrong.status == 200);
      CHECK(wrong.body.substr(0, start.size()) == start);
      CHECK(wrong.body.size() != right.body.size());
    }
  }
}

TEST_CASE("REST begins with another id than it was asked for") {
  Running sim(with(RestFaultKind::shift, "2:3"));
  let_pass(sim);
  RestClient rest(sim.port());
  CHECK(first_id(rest.get(trades + "&fromId=6732650460").body) == R"([{"id":6732650460)");
  CHECK(first_id(rest.get(trades + "&fromId=6732650460").body) == R"([{"id":6732650463)");
  Running earlier(with(RestFaultKind::shift, "1:-2"));
  let_pass(earlier);
  CHECK(first_id(RestClient(earlier.port()).get(trades + "&fromId=6732650460").body) == R"([{"id":6732650458)");
}

TEST_CASE("REST never has a range of ids; the page goes on behind it") {
  Options options = with(RestFaultKind::delay, "1000:0");
  options.rest_missing.push_back(*parse_id_range("", "trade:6732650460-6732650469"));
  Running sim(options);
  let_pass(sim);
  RestClient rest(sim.port());
  CHECK(first_id(rest.get(trades + "&fromId=6732650460&limit=5").body) == R"([{"id":6732650470)");
  CHECK(first_id(rest.get(trades + "&fromId=6732650459&limit=1").body) == R"([{"id":6732650459)");
}

TEST_CASE("REST has a row only some time after it was issued") {
  Options options = with(RestFaultKind::delay, "1000:0");
  options.rest_behind = 1h;
  Running sim(options);
  let_pass(sim);
  CHECK(RestClient(sim.port()).get(trades).body == "[]");
}

TEST_CASE("What is no fault of REST is a sentence") {
  for (const char* text : {"", "0", "x", "1:", "1:200", "1:429:-1", "1:429:", "every:"}) {
    INFO(text);
    const auto parsed = parse_rest_fault(RestFaultKind::refuse, "--rest-refuse-at", text);
    REQUIRE_FALSE(parsed);
    CHECK(parsed.failure().message.find("--rest-refuse-at") == 0);
  }
  CHECK_FALSE(parse_rest_fault(RestFaultKind::garbage, "x", "1:nonsense"));
  CHECK_FALSE(parse_rest_fault(RestFaultKind::shift, "x", "1:one"));
}
