// SPDX-License-Identifier: Apache-2.0
// What is taken for a secret, and what a line that holds one still shows.
#include "catch.hpp"
#include "graph/diagnostic_render.hpp"
#include "graph/secret_words.hpp"
#include "graph/source_mask.hpp"

using namespace sluice::engine;

namespace {

// The second line of a text, as it is shown.
std::string shown(const std::string& line, const std::string& before = "nodes:") {
  const std::string text = before + "\n" + line + "\n";
  Secrecy secrecy;
  for (const char* word : {"trades", "timescale", "table", "password", "records"}) secrecy.know(word);
  std::string out;
  const std::size_t begin = before.size() + 1;
  for (const SourceMask::Piece& piece : SourceMask(text).line(begin, begin + line.size(), secrecy)) out += piece.shown;
  return out;
}

}  // namespace

TEST_CASE("names that lead to a secret, misspelt too") {
  for (const char* name : {"password", "PASSWORD", "passwrd", "pasword", "pwd", "db_pw", "sasl.password", "ssl.key.pem",
                           "sasl.oauthbearer.config", "PGPASSWORD", "apiKey", "secret", "scret", "access-token",
                           "listenKey", "signature"}) {
    INFO(name);
    CHECK(names_secret(name));
  }
  for (const char* name : {"records", "url", "key", "keys", "table", "topic", "partitions", "session_timeout", "word",
                           "compression", "stream_type", "lossless", "retention", ""}) {
    INFO(name);
    CHECK_FALSE(names_secret(name));
  }
}

TEST_CASE("values that look like a secret") {
  for (const char* value :
       {"postgresql://me:x@db/y", "postgresql://me:S3C/R@T@db", "user:x@host", "a=b password=x", "PassWord = 'a b'",
        "postgresql://db/y?sslpassword=x", "wss://h/ws?listenKey=x&signature=y", "${DB_PASSWORD:-x}", "redis://x@db",
        "-----BEGIN PRIVATE KEY-----", "Bearer abc", "postgresql://me:S3CR"}) {
    INFO(value);
    CHECK(looks_secret(value));
  }
  for (const char* value : {"wss://stream.binance.com:9443", "btcusdt@trade", "localhost:9092,other:9093", "a -> b",
                            "postgresql://db:5432/market", "http://[::1]:8081", "wss://${HOST:-localhost}:9443/ws",
                            "numeric(20,8)", "${KAFKA_BROKERS:-localhost:9092}"}) {
    INFO(value);
    CHECK_FALSE(looks_secret(value));
  }
}

TEST_CASE("a line that holds a secret shows its keys and what is known to be harmless") {
  CHECK(shown("  out: { type: timescale, password: hunter2, table: trades, records: 500k, host: db1 }") ==
        "  out: { type: timescale, password: ***, table: trades, records: 500k, ***: *** }");
  CHECK(shown("  passwrd: \"a, b\" # or c") == "  passwrd: *** ***");
  CHECK(shown("  url: \"postgresql://me:x@db\"") == "  url: ***");
  CHECK(shown("    hunter2", "  password: |") == "    ***");
  CHECK(shown("  hunter2", "  password:") == "  ***");
  CHECK(shown("  - hunter2", "  passwords:") == "  - ***");
  CHECK(shown("  name: hunter2", "credentials:") == "  name: ***");
  CHECK(shown("password: *x", "word: &x hunter2") == "password: *x");
  CHECK(shown("other: *x", "password: &x hunter2") == "other: *x");
  CHECK(shown("  table: some.where", "  password: hunter2") == "  table: some.where");
}

TEST_CASE("the caret stays below what is wrong, whatever is masked before it") {
  const SourceText source("g.yaml", "a: { password: hunter2, records: 5x }");
  Diagnostics diagnostics;
  diagnostics.error(Code::bad_unit, {1, 34}, {}, "s");
  CHECK(render_text(diagnostics, source) ==
        "g.yaml:1:34: error[bad-unit]: s\n"
        "  1 | a: { password: ***, records: *** }\n"
        "    |                              ^\n");
}

TEST_CASE("what was hidden is masked wherever it is said, its beginning too") {
  Secrecy secrecy;
  secrecy.hide("hunter2hunter2hunter2");
  secrecy.hide("postgresql://me:S3CR/ETq@db");
  secrecy.hide("market");
  CHECK(secrecy.masked("a hunter2hunter2hunter2 b") == "a *** b");
  CHECK(secrecy.masked("a hunter2hunt... b") == "a ***... b");
  CHECK(secrecy.masked("invalid port \"S3CR\"") == "invalid port \"***\"");
  CHECK(secrecy.masked("supermarkets") == "supermarkets");
  CHECK(secrecy.masked("hunter") == "hunter");
}

TEST_CASE("a text of any shape is read in time") {
  for (const char* piece :
       {"a: ", "{", "\"", "'", "password: ", ": ", "${", "&a ", "- ", "[{,", "x=", "pw=", "@:", "|\n", "[${", "{a, "}) {
    std::string text;
    while (text.size() < 200'000) text += piece;
    const SourceMask mask(text);
    Secrecy secrecy;
    for (const std::string_view secret : mask.secrets()) secrecy.hide(secret);
    CHECK_FALSE(mask.line(0, text.size(), secrecy).empty());
  }
}
