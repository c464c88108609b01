// SPDX-License-Identifier: Apache-2.0
#include "options/secrets.hpp"

#include "catch.hpp"
#include "sample_table.hpp"

using namespace sluice;
using namespace sluice::engine;

namespace {

/// The sentence as it shows beside these options.
std::string shown(const std::string& yaml, std::string_view sentence, std::map<std::string, std::string> files = {}) {
  const auto outcome = engine::test::read("topic: t\n" + yaml, true, {}, std::move(files));
  Secrecy secrecy;
  hide_secrets(outcome.config, secrecy);
  return secrecy.masked(sentence);
}

}  // namespace

TEST_CASE("a secret option shows nowhere, and what is none shows", "[options]") {
  CHECK(shown("password: hunter2secret\n", "cannot log in as bob with hunter2secret") ==
        "cannot log in as bob with ***");
  CHECK(shown("password: hunter2secret\n", "topic t is not there") == "topic t is not there");
}

TEST_CASE("of an address only the password is secret, as it is written and as it is decoded", "[options]") {
  const std::string url = "password: \"postgresql://postgres:S3CR%2FETq@db.example:5432/market\"\n";
  CHECK(shown(url, "password S3CR/ETq of S3CR%2FETq") == "password *** of ***");
  CHECK(shown(url, "role postgres at db.example:5432/market") == "role postgres at db.example:5432/market");
  CHECK(shown("password: postgresql://postgres@localhost:5433/market\n",
              "role \"postgres\" at localhost:5433/market") == "role \"postgres\" at localhost:5433/market");
}

TEST_CASE("an address whose password has an unescaped / or @ shows no part of it", "[options]") {
  const std::string slash = "password: \"postgresql://bob:S3CR/ETqx@127.0.0.1:5432/market\"\n";
  CHECK(shown(slash, "at bob:S3CR/ETqx@127.0.0.1: invalid integer value \"S3CR\" for port; database \"ETqx@127\"") ==
        "at bob:***@127.0.0.1: invalid integer value \"***\" for port; database \"***@127\"");
  const std::string at = "password: \"postgresql://bob:S3CRET@qqqq@rrrr@host/db\"\n";
  const std::string text = shown(at, "cannot resolve \"qqqq@rrrr@host\"");
  CHECK(text.find("qqqq") == std::string::npos);
  CHECK(text.find("rrrr") == std::string::npos);
}

TEST_CASE("passwords in a query and in key=value are secret", "[options]") {
  CHECK(shown("password: \"postgresql://db/market?user=bob&password=hunter2x\"\n", "user bob, hunter2x") ==
        "user bob, ***");
  CHECK(shown("password: \"host=db.example user=bob password='hunter 2x'\"\n", "db.example: bob, hunter 2x") ==
        "db.example: bob, ***");
}

TEST_CASE("what comes out of a file is secret in any option", "[options]") {
  const auto outcome =
      engine::test::read("topic: \"${file:/run/topic}\"\n", true, {}, {{"/run/topic", "hidden.topic"}});
  Secrecy secrecy;
  hide_secrets(outcome.config, secrecy);
  CHECK(secrecy.masked("no topic hidden.topic") == "no topic ***");
}
