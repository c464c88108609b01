// SPDX-License-Identifier: Apache-2.0
#include "sluice/wake_fd.hpp"

#include <sys/resource.h>

#include <thread>

#include "catch.hpp"
#include "sluice/resource_limit.hpp"

using sluice::WakeFd;
using std::chrono::hours;
using std::chrono::nanoseconds;

TEST_CASE("a wake before the wait ends the wait, once") {
  const WakeFd wake;
  wake.wake();
  wake.wake();
  wake.wait_for(hours(1));
  CHECK_FALSE(wake.take());
  wake.wait_for(nanoseconds(-1));  // only looks
}

TEST_CASE("a wake from another thread ends a wait") {
  const WakeFd wake;
  std::thread other([&] { wake.wake(); });
  wake.wait_for(hours(1));
  other.join();
  CHECK_FALSE(wake.take());
}

TEST_CASE("a descriptor that can be read ends a wait, and no wake is made of it") {
  const WakeFd wake, other;
  other.wake();
  wake.wait_for(hours(1), other.fd());
  CHECK_FALSE(wake.take());
  CHECK(other.take());
}

TEST_CASE("that no descriptor is left is a limit that a person must raise") {
  rlimit before{};
  REQUIRE(::getrlimit(RLIMIT_NOFILE, &before) == 0);
  const rlimit none{0, before.rlim_max};
  REQUIRE(::setrlimit(RLIMIT_NOFILE, &none) == 0);
  std::optional<sluice::Error> why;
  try {
    const WakeFd wake;
  } catch (const std::exception&) {
    why = sluice::current_resource_limit();
  }
  REQUIRE(::setrlimit(RLIMIT_NOFILE, &before) == 0);
  REQUIRE(why);
  CHECK(why->category == sluice::Category::operator_needed);
  CHECK(why->code == "EMFILE");
}
