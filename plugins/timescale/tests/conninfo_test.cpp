// SPDX-License-Identifier: Apache-2.0
// Addresses of databases: every secret in one stays out of every sentence, and what can be read in two ways is refused
// before anything runs.
#include "conninfo.hpp"

#include "support.hpp"

using namespace timescale_test;
using sluice::timescale::Conninfo;
using sluice::timescale::without_secret;

namespace {

/// The sentence that refuses it, or "taken".
std::string verdict(const std::string& url, const std::string& password = {}) {
  const auto parsed = Conninfo::parse(url, password);
  return parsed ? "taken" : parsed.error().message;
}

}  // namespace

TEST_CASE("ordinary addresses are taken, and their place is said without the password") {
  const std::vector<std::pair<std::string, std::string>> places = {
      {"postgresql://me:geheim@db.example:5433/market?password=geheim2", "db.example:5433/market as me"},
      {"postgresql://me:g%2Fe%40h@db.example/market", "db.example/market as me"},
      {"postgresql://me:g?e:h#e%im@db.example/market", ""},
      {"postgresql://me:g?e:h#eim@db.example/market", "db.example/market as me"},
      {"postgresql://db.example/market?user=me@server&password=g@h", "db.example/market as me@server"},
      {"postgresql://me%40server:geheim@db.example:5432/market", "db.example:5432/market as me@server"},
      {"postgresql://a:1,b:2,c/market?target_session_attrs=read-write", "a,b,c:1,2,/market"},
      {"postgresql://[::1]:5432/market", "::1:5432/market"},
      {"postgresql://%2Frun%2Fpostgresql/market", "/run/postgresql/market"},
      {"postgresql:///market?host=@/abstract", "@/abstract/market"},
      {"host=127.0.0.1 port=5432 user=bob password='gehe im@/'", "127.0.0.1:5432 as bob"},
      {"postgresql://", "the local socket"},
  };
  for (const auto& [url, place] : places) {
    INFO(url);
    const auto parsed = Conninfo::parse(url);
    CHECK(parsed.ok() == !place.empty());
    if (parsed) CHECK(parsed->place() == place);
  }
}

TEST_CASE("a password that is not encoded is refused with advice, and never shown") {
  for (const std::string url : {
           "postgresql://bob:S3CR/ETq@127.0.0.1:5432/market",
           "postgresql://bob:12/S3CRET@127.0.0.1:5432/market",
           "postgresql://bob:12?S3CRET@127.0.0.1:5432/market?x",
           "postgresql://bob:S3CRET@q@r@127.0.0.1/market",
           "postgresql://bob:5432/market?user=S3CRET@127.0.0.1",
           "postgresql://bob:5432/S3CRET?x@127.0.0.1",
           "postgresql://bob@127.0.0.1:S3CRET/market",
           "postgresql://bob@127.0.0.1:5432,b:S3CRET/market",
           "postgresql://bob@127.0.0.1:70000/market?password=S3CRET",
           "postgresql://bob%3AS3CRET@127.0.0.1/market",
           "host=bob:S3CRET@127.0.0.1 dbname=market",
           "host=127.0.0.1;user=bob;password=S3CRET",
           "host=127.0.0.1 user=bob,password=S3CRET",
           "host=127.0.0.1 user=bob:S3CRET",
           "dbname=postgresql://bob:S3CRET@127.0.0.1/market",
           "dbname=bob:S3CRET@127.0.0.1/market",
           "host=127.0.0.1 port=S3CRET",
           "host=127.0.0.1 user=bob password=S3CRET bogus=1",
           "host=127.0.0.1 user=bob password=S3C RET",
           "bob:S3CRET@127.0.0.1",
           "postgresql:/bob:S3CRET@127.0.0.1/market?sslmode=require",
           "mysql://bob:S3CRET@127.0.0.1/market",
           "",
       }) {
    INFO(url);
    const std::string said = verdict(url);
    CHECK(said.find("url ") == 0);
    CHECK(said.find("%") != std::string::npos);
    CHECK(said.find("S3C") == std::string::npos);
    CHECK(said.find("RET") == std::string::npos);
    const auto described = describe(timescale_type(), trade_options(url));
    REQUIRE(described);
    REQUIRE(described->problems.size() == 1);
    CHECK(described->problems.front().find(said) != std::string::npos);
  }
  // A colon in a user's name is one when the password is elsewhere.
  CHECK(verdict("host=127.0.0.1 user=bob:x", "S3CRET") == "taken");
}

TEST_CASE("what a server or libpq says is shown without the password") {
  const auto parsed = Conninfo::parse("postgresql://bob@h/market?password=gehe%2Fim&sslpassword=key", "other");
  REQUIRE(parsed);
  CHECK(parsed->masked("no \"other\", otherwise, key, \"key\", keys") == "no \"***\", ***wise, ***, \"***\", keys");
  CHECK(without_secret("a-b", "") == "a-b");
  CHECK(without_secret("xx yxxy xx", "xx") == "*** yxxy ***");
  // It hides nothing that may not be said.
  CHECK(Conninfo::parse("postgresql://me:me@h/market")->masked("user \"me\"") == "user \"me\"");
}
