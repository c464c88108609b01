// SPDX-License-Identifier: Apache-2.0
#include "failure.hpp"

#include "support.hpp"

using namespace sluice::timescale;

TEST_CASE("every SQLSTATE has its class") {
  for (const char* state : {"08006", "40001", "40P01", "53100", "53300", "57014", "57P01", "57P03", "58030", "25006",
                            "25P03", "25P04", "55P03", "55000", "XX000", "XX001", ""}) {
    INFO(state);
    CHECK(blame_of(state) == Blame::passing);
  }
  for (const char* state : {"22001", "22003", "22021", "22P05", "23502", "23505", "23514", "54000", "P0001"}) {
    INFO(state);
    CHECK(blame_of(state) == Blame::record);
  }
  for (const char* state : {"28000", "28P01", "3D000", "3F000", "42501", "42P01", "42703", "0A000"}) {
    INFO(state);
    CHECK(blame_of(state) == Blame::person);
  }
  for (const char* state : {"26000", "25001", "P0002", "21000", "TS101", "38000"}) {
    INFO(state);
    CHECK(blame_of(state) == Blame::unknown);
  }
}

TEST_CASE("only what leaves the session whole keeps the connection") {
  for (const char* state : {"40P01", "53100", "55P03", "57014"})
    CHECK_FALSE(needs_new_connection({Blame::passing, state, {}}));
  for (const char* state : {"57P01", "25006", "08006", "XX000", ""})
    CHECK(needs_new_connection({Blame::passing, state, {}}));
  CHECK_FALSE(needs_new_connection({Blame::record, "22001", {}}));
}

TEST_CASE("a failure to connect is read from libpq's words") {
  const Failure wrong = connect_failure(
      "connection to server at \"127.0.0.1\", port 5432 failed: FATAL:  28P01: password authentication failed for user "
      "\"x\"\nLOCATION:  auth_failed, auth.c:331\n",
      "127.0.0.1/market as x");
  CHECK(wrong.state == "28P01");
  CHECK(wrong.blame == Blame::person);
  CHECK(wrong.sentence ==
        "cannot connect to PostgreSQL at 127.0.0.1/market as x: FATAL: password authentication failed for user \"x\" "
        "(28P01); give the right user and password in url, or let pg_hba.conf allow it");
  const Failure down =
      connect_failure("connection to server on socket \"/x\" failed: Connection refused\n\tIs it running?\n", "h");
  CHECK(down.blame == Blame::passing);
  CHECK(down.sentence == "cannot connect to PostgreSQL at h: Connection refused; Is it running?");
  for (const char* said :
       {"fe_sendauth: no password supplied\n", "invalid integer value \"x\" for connection option \"port\"\n",
        "invalid sslmode value: \"x\"\n", "could not parse network address \"x\": Name or service not known\n",
        "FATAL:  08P01: unsupported startup parameter: options\n", "FATAL:  08P01: no such database: x\n"}) {
    INFO(said);
    CHECK(connect_failure(said, "h").blame == Blame::person);
  }
  CHECK(connect_failure("FATAL:  08P01: server login has been failing, try again later\n", "h").blame ==
        Blame::passing);
  // German servers say it in German.
  CHECK(connect_failure("failed: FATAL:  57P03: das Datenbanksystem startet\n", "h").state == "57P03");
}
