// SPDX-License-Identifier: Apache-2.0
// The way to a server whose name has several addresses: one that is well is found whatever the others do, and those
// that failed are not the first ones next time.
#include <algorithm>
#include <iterator>
#include <thread>

#include "dialer_kit.hpp"

using namespace sluice::net;
using namespace sluice::net::test;

namespace {

std::string name_url(const Server& server) { return server.url("server.test"); }

}  // namespace

TEST_CASE("however many dead addresses stand in front, the living one is found, and first the next time") {
  const int dead = GENERATE(1, 4, 12, 40);
  Server well(serve);
  std::vector<std::string> hosts;
  std::vector<std::unique_ptr<Swallower>> swallowers;
  for (int i = 0; i < dead; ++i) {
    hosts.push_back("127.0.2." + std::to_string(i + 1));
    swallowers.push_back(std::make_unique<Swallower>(hosts.back(), well.port()));
  }
  hosts.push_back("127.0.0.1");
  Route route = route_to(name_url(well), hosts);
  route.time_limit_ns = 10 * second_ns;
  AddressMemory memory;
  for (int time = 0; time < 2; ++time) {
    Dial dial(route, memory);
    REQUIRE(dial.opens());
    CHECK(dial.peer() == "127.0.0.1");
    CHECK(dial.dialer().upgrades() == 1);
  }
  const std::vector<Address> order =
      memory.order(route.look_up("", well.port()).addresses, lone_context().monotonic_ns());
  CHECK(order[0].host_text() == "127.0.0.1");
}

TEST_CASE("an address that is of no use beyond TCP gives way to the next at once, and comes last the next time") {
  struct Fault {
    std::string says;
    Server::Script script;
  };
  const std::vector<Fault> faults = {
      {"127.0.0.2: HTTP 503 Service Unavailable", refuses_with("503 Service Unavailable")},
      {"127.0.0.2: what answers at this address does not speak HTTP",
       [](int, Client& c) { c.read_request(), c.send("SSH-2.0-x\r\n"), c.wait_for_end(); }},
      {"127.0.0.2: the connection was cut off instead of an upgrade",
       [](int, Client& c) { c.read_request(), c.end(); }},
      {"127.0.0.2: the server switched to something else",
       refuses_with("101 X\r\nUpgrade: h2c\r\nConnection: Upgrade")},
  };
  const size_t which = GENERATE(0u, 1u, 2u, 3u);
  Server well(serve);
  Server bad(faults[which].script, nullptr, "127.0.0.2", well.port());
  const Route route = route_to(name_url(well), {"127.0.0.2", "127.0.0.1"});
  AddressMemory memory;
  {
    Dial first(route, memory);
    REQUIRE(first.opens());
    CHECK(first.peer() == "127.0.0.1");
    CHECK(first.dialer().upgrades() == 2);
    INFO(first.dialer().failed_before());
    CHECK(first.dialer().failed_before().find(faults[which].says) == 0);
  }
  Dial second(route, memory);
  REQUIRE(second.opens());
  CHECK(second.dialer().failed_before().empty());
  CHECK(bad.connections() == 1);
}

TEST_CASE("an address that is mute after TCP takes a part of the time only") {
  Server well(serve);
  std::atomic<bool> asked{false};
  Server mute([&](int, Client& client) { client.read_request(), asked = true, client.wait_for_end(); }, nullptr,
              "127.0.0.2", well.port());
  const Route route = route_to(name_url(well), {"127.0.0.2", "127.0.0.1"});
  AddressMemory memory;
  Dial dial(route, memory);
  REQUIRE(dial.opens([&] { return asked.load(); }, route.time_limit_ns / 3));
  CHECK(dial.peer() == "127.0.0.1");
  CHECK(contains(dial.dialer().failed_before(), "127.0.0.2: the upgrade was not answered within 1200 s"));
}

TEST_CASE("an address whose TLS fails or is mute gives way, and nothing is asked of it") {
  const Certificate certificate, other;
  const TlsContext tls = *make_tls_context(certificate.file());
  Server well(serve, &certificate);
  const bool mute = GENERATE(true, false);
  std::atomic<int> requests{0};
  Server bad(
      [&](int, Client& client) {
        if (mute) return client.wait_for_end();
        if (!client.read_request().empty()) ++requests;
      },
      mute ? nullptr : &other, "127.0.0.2", well.port());
  Route route = route_to(well.url(GENERATE("server.test", "server.test.")), {"127.0.0.2", "127.0.0.1"});
  route.tls = tls.get();
  AddressMemory memory;
  Dial dial(route, memory);
  REQUIRE(dial.opens());
  CHECK(dial.peer() == "127.0.0.1");
  CHECK(dial.dialer().upgrades() == 1);
  CHECK(requests == 0);
  const std::vector<Address> order =
      memory.order(route.look_up("", well.port()).addresses, lone_context().monotonic_ns());
  CHECK(order[0].host_text() == "127.0.0.1");
}

TEST_CASE("addresses that take TCP and are mute in TLS overlap, too") {
  const Certificate certificate;
  const TlsContext tls = *make_tls_context(certificate.file());
  Server well(serve, &certificate);
  std::vector<std::unique_ptr<Server>> mute;
  std::vector<std::string> hosts;
  for (int i = 0; i < 6; ++i) {
    hosts.push_back("127.0.4." + std::to_string(i + 1));
    mute.push_back(std::make_unique<Server>(be_mute, nullptr, hosts.back(), well.port()));
  }
  hosts.push_back("127.0.0.1");
  Route route = route_to(name_url(well), hosts);
  route.tls = tls.get();
  route.time_limit_ns = 10 * second_ns;
  AddressMemory memory;
  Dial dial(route, memory);
  REQUIRE(dial.opens());
  CHECK(dial.peer() == "127.0.0.1");
  CHECK(dial.dialer().upgrades() == 1);
}

TEST_CASE("a refusal that is about the client ends the attempt, and the next one begins elsewhere") {
  const std::string status = GENERATE("403 Forbidden", "429 Too Many Requests\r\nRetry-After: 7",
                                      "503 Service Unavailable\r\nRetry-After: 7", "302 Found\r\nLocation: /x");
  Server well(serve);
  Server bad(refuses_with(status), nullptr, "127.0.0.2", well.port());
  const Route route = route_to(name_url(well), {"127.0.0.2", "127.0.0.1"});
  AddressMemory memory;
  Dial first(route, memory);
  REQUIRE_FALSE(first.opens());
  CHECK(first.loss().cause == Cause::refused);
  CHECK(contains(first.loss().sentence, "server.test:" + std::to_string(well.port()) + " (127.0.0.2): "));
  CHECK(contains(first.loss().sentence, "HTTP " + status.substr(0, 3)));
  CHECK(first.loss().retry_after_ns == (contains(status, "Retry-After") ? 7 * second_ns : 0));
  CHECK(well.connections() == 0);
  Dial second(route, memory);
  REQUIRE(second.opens());
  CHECK(second.peer() == "127.0.0.1");
}

TEST_CASE("one attempt sends three upgrades at most, and the next one goes on behind them") {
  Server well(serve);
  std::vector<std::unique_ptr<Server>> bad;
  std::vector<std::string> hosts;
  for (int i = 0; i < 5; ++i) {
    hosts.push_back("127.0.0." + std::to_string(i + 2));
    bad.push_back(std::make_unique<Server>(refuses_with("502 Bad Gateway"), nullptr, hosts.back(), well.port()));
  }
  hosts.push_back("127.0.0.1");
  const Route route = route_to(name_url(well), hosts);
  AddressMemory memory;
  Dial first(route, memory);
  REQUIRE_FALSE(first.opens());
  CHECK(first.dialer().upgrades() == 3);
  CHECK(contains(first.loss().sentence, "(127.0.0.4): the server answered the upgrade with HTTP 502 Bad Gateway"));
  CHECK(contains(first.loss().sentence, "; other addresses: 127.0.0.2 and 127.0.0.3: HTTP 502 Bad Gateway"));
  Dial second(route, memory);
  REQUIRE(second.opens());
  CHECK(second.peer() == "127.0.0.1");
}

TEST_CASE("when no address is of use, the sentence says why of each kind, shortly") {
  Server bad(refuses_with("500 Oops"));
  const std::string port = std::to_string(bad.port());
  Route route = route_to(name_url(bad), {"127.0.3.1", "127.0.3.2", "127.0.3.3", "127.0.3.4", "127.0.0.1"});
  AddressMemory memory;
  Dial dial(route, memory);
  REQUIRE_FALSE(dial.opens());
  CHECK(dial.loss().sentence ==
        "server.test:" + port +
            " (127.0.0.1): the server answered the upgrade with HTTP 500 Oops; other addresses: "
            "127.0.3.1, 127.0.3.2 and 2 more: Connection refused");

  route.look_up = answers({"127.0.3.1"});
  Dial refused(route, memory);
  REQUIRE_FALSE(refused.opens());
  CHECK(refused.loss().sentence == "server.test:" + port + " (127.0.3.1): Connection refused");
  CHECK(refused.loss().cause == Cause::unreachable);
}

TEST_CASE("an address that is alone is tried each time") {
  Server alone([](int number, Client& client) {
    if (number < 3) return refuses_with("503 X")(number, client);
    serve(number, client);
  });
  const Route route = route_to(name_url(alone), {"127.0.0.1"});
  AddressMemory memory;
  for (int time = 0; time < 3; ++time) CHECK_FALSE(Dial(route, memory).opens());
  CHECK(Dial(route, memory).opens());
}

TEST_CASE("the time limit is over all of it, and says how far each address led") {
  Server mute(be_mute);
  Swallower dead("127.0.0.2", mute.port());
  Route route = route_to(name_url(mute), {"127.0.0.2", "127.0.0.1"});
  route.most_upgrades = 1;
  AddressMemory memory;
  Dial dial(route, memory);
  REQUIRE_FALSE(
      dial.opens([&] { return mute.connections() > 0 && dial.dialer().upgrades() > 0; }, route.time_limit_ns));
  CHECK(contains(dial.loss().sentence, "(127.0.0.1): the upgrade was not answered within 3600 s (connect_deadline)"));
  const std::vector<Address> order = memory.order(route.look_up("", mute.port()).addresses, 2 * route.time_limit_ns);
  CHECK(order.size() == 2);
}

TEST_CASE("a name that does not resolve, and one that is not answered for") {
  Route route = route_to("ws://server.test:1", {});
  AddressMemory memory;
  SECTION("an error") {
    route.look_up = [](const std::string&, uint16_t) { return Found{{}, "Name or service not known"}; };
    Dial dial(route, memory);
    REQUIRE_FALSE(dial.opens());
    CHECK(dial.loss().sentence == "the name 'server.test' did not resolve: Name or service not known");
  }
  SECTION("silence") {
    std::atomic<bool> over{false};
    route.look_up = [&](const std::string&, uint16_t) {
      while (!over) std::this_thread::yield();
      over = false;
      return Found{{}, "late"};
    };
    Dial dial(route, memory);
    REQUIRE_FALSE(dial.opens([] { return true; }, route.time_limit_ns));
    CHECK(contains(dial.loss().sentence, "the name 'server.test' was not resolved within 3600 s"));
    over = true;
    while (over) std::this_thread::yield();
  }
}

TEST_CASE("no descriptor is left behind, whether a dial opens, fails or is given up") {
  Server well(serve);
  Server bad(refuses_with("503 X"), nullptr, "127.0.0.3", well.port());
  Swallower dead("127.0.0.2", well.port());
  const std::set<std::string> before = open_descriptors();
  {
    AddressMemory memory;
    const Route good = route_to(name_url(well), {"127.0.0.2", "127.0.0.3", "127.0.0.1"});
    const Route none = route_to(name_url(well), {"127.0.0.3", "127.0.3.1"});
    for (int i = 0; i < 3; ++i) {
      REQUIRE(Dial(good, memory).opens());
      REQUIRE_FALSE(Dial(none, memory).opens());
    }
    Dial given_up(good, memory);
  }
  // The servers' ends of what was closed here close when they have seen it. What lookups of earlier cases held may have
  // gone meanwhile.
  const auto left_behind = [&] {
    std::vector<std::string> more;
    const std::set<std::string> now = open_descriptors();
    std::set_difference(now.begin(), now.end(), before.begin(), before.end(), std::back_inserter(more));
    return more;
  };
  while (!left_behind().empty()) std::this_thread::yield();
  CHECK(left_behind() == std::vector<std::string>{});
}
