// SPDX-License-Identifier: Apache-2.0
#include "sluice/net/addresses.hpp"

#include "catch.hpp"

using namespace sluice::net;

namespace {

std::vector<Address> addresses(const std::vector<std::string>& texts) {
  std::vector<Address> all;
  for (const std::string& text : texts) {
    const Found found = read_address(text, 80);
    REQUIRE(found.addresses.size() == 1);
    all.push_back(found.addresses[0]);
  }
  return all;
}

std::vector<std::string> texts(const std::vector<Address>& all) {
  std::vector<std::string> named;
  for (const Address& address : all) named.push_back(address.host_text());
  return named;
}

constexpr int64_t second_ns = 1'000'000'000;

}  // namespace

TEST_CASE("families take turns, and the resolver's first stays the first") {
  CHECK(texts(interleaved(addresses({"::1", "::2", "::3", "1.0.0.1", "1.0.0.2"}))) ==
        std::vector<std::string>{"::1", "1.0.0.1", "::2", "1.0.0.2", "::3"});
  CHECK(texts(interleaved(addresses({"1.0.0.1", "1.0.0.2", "::1"}))) ==
        std::vector<std::string>{"1.0.0.1", "::1", "1.0.0.2"});
  CHECK(interleaved({}).empty());
}

TEST_CASE("an address that failed comes behind those that did not, the longest ago first, and is never left out") {
  AddressMemory memory;
  const std::vector<Address> all = addresses({"1.0.0.1", "1.0.0.2", "1.0.0.3"});
  memory.failed(all[0].text(), 1 * second_ns);
  memory.failed(all[1].text(), 2 * second_ns);
  CHECK(texts(memory.order(all, 3 * second_ns)) == std::vector<std::string>{"1.0.0.3", "1.0.0.1", "1.0.0.2"});
  memory.failed(all[2].text(), 3 * second_ns);
  CHECK(texts(memory.order(all, 3 * second_ns)) == std::vector<std::string>{"1.0.0.1", "1.0.0.2", "1.0.0.3"});
  memory.failed(all[0].text(), 4 * second_ns);
  CHECK(texts(memory.order(all, 4 * second_ns)) == std::vector<std::string>{"1.0.0.2", "1.0.0.3", "1.0.0.1"});
  memory.worked(all[0].text());
  CHECK(texts(memory.order(all, 4 * second_ns))[0] == "1.0.0.1");
}

TEST_CASE("a failure is forgotten in time, and an address that is alone is always tried") {
  AddressMemory memory;
  const std::vector<Address> all = addresses({"1.0.0.1", "1.0.0.2"});
  memory.failed(all[0].text(), 0);
  CHECK(texts(memory.order(all, AddressMemory::memory_ns - 1))[0] == "1.0.0.2");
  CHECK(texts(memory.order(all, AddressMemory::memory_ns))[0] == "1.0.0.1");
  CHECK(texts(memory.order({all[0]}, 1)) == std::vector<std::string>{"1.0.0.1"});
}

TEST_CASE("an address is read once, and IPv4 in the form of IPv6 as IPv4") {
  CHECK(texts(read_address("::ffff:127.0.0.1", 80).addresses) == std::vector<std::string>{"127.0.0.1"});
  CHECK(read_address("::1", 81).addresses[0].text() == "[::1]:81");
  CHECK_FALSE(read_address("example.com", 80).error.empty());
}
