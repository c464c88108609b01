// SPDX-License-Identifier: Apache-2.0
// What `validate --connect` says of the REST interface that repairs.
#include "probe_kit.hpp"
#include "repair_kit.hpp"

using namespace sluice::binance::test;

namespace {

/// Of an exchange whose stream is heard.
std::string probe_with(const std::string& rest) {
  Exchange exchange([](int, Client& client) {
    client.upgrade(trade(1));
    client.wait_for_end();
  });
  return probe({{"url", exchange.url()},
                {"symbols", "BTCUSDT"},
                {"streams", "trade"},
                {"malformed", "discard"},
                {"proxy", "none"},
                {"repair", "{ rest: " + rest + " }"}},
               3600 * second_ns);
}

std::string probe_of(const std::string& answer) {
  RestServer server([&](int, const Asked&) { return answer; });
  return probe_with(server.url());
}

}  // namespace

TEST_CASE("a REST interface that says its time is asked once, and nothing is said") {
  RestServer server([](int, const Asked& asked) {
    return asked.path == "/mirror/api/v3/time" ? ok(R"({"serverTime":1499827319559})") : http("404 Not Found", "");
  });
  CHECK(probe_with(server.url() + "/mirror").empty());
  CHECK(server.asked().size() == 1);
}

TEST_CASE("a REST interface that cannot be used is a problem at repair.rest") {
  CHECK(contains(probe_of(http("404 Not Found", "")), "does repair.rest lead to the exchange's REST interface?"));
  CHECK(contains(probe_of(ok("<html>hello</html>")), "the answer to /api/v3/time is not the exchange's time"));
  CHECK(contains(probe_of(ok("{}")), "is not the exchange's time"));
  for (const std::string& answer : {http("403 Forbidden", ""), ok("[]")}) {
    CHECK(probe_of(answer).find("problem rest: 127.0.0.1:") == 0);
  }
}

TEST_CASE("a REST interface that does not serve this place, or is away, is a warning, as the graph runs without it") {
  const std::string refused = probe_of(http("451 Unavailable For Legal Reasons", ""));
  CHECK(refused.find("warning rest: ") == 0);
  CHECK(contains(refused,
                 "the server answered with HTTP 451 Unavailable For Legal Reasons; the exchange does not serve this "
                 "place; the graph runs, and what it misses stays missing until the REST interface answers\n"));
  CHECK(probe_of(std::string()).find("warning rest: 127.0.0.1:") == 0);
  uint16_t port = 0;
  {
    const Server gone([](int, Client&) {});
    port = gone.port();
  }
  CHECK(probe_with("http://127.0.0.1:" + std::to_string(port)).find("warning rest: ") == 0);
}

TEST_CASE("what passes by itself is a warning") {
  CHECK(probe_of(http("429 Too Many Requests", "")).find("warning rest: ") == 0);
  CHECK(probe_of(http("418 Teapot", "")).find("warning rest: ") == 0);
  CHECK(probe_of(http("503 Service Unavailable", "")).find("warning rest: ") == 0);
}

TEST_CASE("a certificate that is not trusted is a problem") {
  const Certificate certificate;
  RestServer server([](int, const Asked&) { return ok(R"({"serverTime":1})"); }, &certificate);
  const std::string refused = probe_with(server.url(true));
  CHECK(refused.find("problem rest: ") == 0);
  CHECK(contains(refused, "certificate"));
}
