// SPDX-License-Identifier: Apache-2.0
// What the tests of the timescale sink share: real servers by TIMESCALE_URL and POSTGRES_URL, a schema that goes with
// the test, a person's own connection to look into it, the options and payloads of trades. A test whose server is not
// there is skipped, and fails where CI is set.
#pragma once
#include <libpq-fe.h>

#include <cstdlib>
#include <memory>
#include <random>
#include <stdexcept>
#include <string>
#include <vector>

#include "catch.hpp"
#include "skip.hpp"
#include "sluice/testing/harness.hpp"

namespace timescale_test {

using namespace sluice::testing;

/// The URL of a server for tests; empty where there is none; the test is then skipped.
inline std::string server(const char* variable = "TIMESCALE_URL") {
  const char* url = std::getenv(variable);
  if (url != nullptr && *url != '\0') return url;
  sluice_test::skip_without(std::string("a server (") + variable + ")");
  return {};
}

/// A person's own connection.
class Database {
 public:
  explicit Database(const std::string& url) : connection_(PQconnectdb(url.c_str()), &PQfinish) {
    if (PQstatus(connection_.get()) != CONNECTION_OK) throw std::runtime_error(PQerrorMessage(connection_.get()));
    PQsetNoticeProcessor(
        connection_.get(), [](void*, const char*) {}, nullptr);
  }
  /// All values of all rows, in order, NULL as "NULL".
  std::vector<std::string> run(const std::string& sql, const std::vector<std::string>& parameters = {}) {
    std::vector<const char*> texts;
    for (const std::string& each : parameters) texts.push_back(each.c_str());
    PGresult* const result = parameters.empty()
                                 ? PQexec(connection_.get(), sql.c_str())
                                 : PQexecParams(connection_.get(), sql.c_str(), static_cast<int>(texts.size()), nullptr,
                                                texts.data(), nullptr, nullptr, 0);
    const std::unique_ptr<PGresult, decltype(&PQclear)> owner(result, &PQclear);
    const ExecStatusType status = PQresultStatus(result);
    if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK) {
      throw std::runtime_error(sql.substr(0, 200) + ": " + PQerrorMessage(connection_.get()));
    }
    std::vector<std::string> all;
    for (int row = 0; row < PQntuples(result); ++row) {
      for (int column = 0; column < PQnfields(result); ++column) {
        all.emplace_back(PQgetisnull(result, row, column) != 0 ? "NULL" : PQgetvalue(result, row, column));
      }
    }
    return all;
  }
  std::string value(const std::string& sql) { return run(sql).at(0); }
  int64_t count(const std::string& table) { return std::stoll(value("SELECT count(*) FROM " + table)); }
  PGconn* get() const { return connection_.get(); }

 private:
  std::unique_ptr<PGconn, decltype(&PQfinish)> connection_;
};

inline std::string with_parameter(const std::string& url, const std::string& parameter) {
  return url + (url.find('?') == std::string::npos ? "?" : "&") + parameter;
}

inline std::string unique_name(const std::string& prefix) {
  static std::mt19937_64 random{std::random_device{}()};
  return prefix + std::to_string(random());
}

/// A schema of its own, alone in the search path, dropped at the end: tables of other schemas are nobody's here.
class Space {
 public:
  explicit Space(std::string url) : name_(unique_name("sluice_test_")), server_(std::move(url)), person_(server_) {
    person_.run("SET client_min_messages = error; CREATE SCHEMA " + name_ + "; SET search_path = " + name_);
  }
  Space(const Space&) = delete;
  ~Space() {
    try {
      Database(server_).run("SET client_min_messages = error; DROP SCHEMA " + name_ + " CASCADE");
    } catch (const std::exception& e) {
      UNSCOPED_INFO(e.what());
    }
  }
  const std::string& name() const { return name_; }
  /// `more`: further parameters, as "application_name=x".
  std::string url(const std::string& more = {}) const {
    const std::string with_path = with_parameter(server_, "options=-csearch_path%3D" + name_);
    return more.empty() ? with_path : with_parameter(with_path, more);
  }
  Database& person() { return person_; }

 private:
  std::string name_, server_;
  Database person_;
};

inline Value column(const char* from, const char* as, Values more = {}) {
  Values fields{{"from", from}, {"as", as}};
  fields.insert(fields.end(), more.begin(), more.end());
  return map(std::move(fields));
}
inline Value trade_columns() {
  return map({{"event_time", column("T", "timestamptz", {{"unit", "ms"}})},
              {"symbol", column("s", "text")},
              {"event_type", column("e", "text")},
              {"trade_id", map({{"from", list({"t", "a"})}, {"as", "bigint"}})},
              {"price", column("p", "numeric(20,8)")},
              {"quantity", column("q", "numeric(20,8)")},
              {"is_buyer_maker", column("m", "boolean")}});
}
inline Values replaced(Values all, Values more) {
  for (Field& field : more) {
    std::erase_if(all, [&](const Field& each) { return each.key == field.key; });
    all.push_back(std::move(field));
  }
  return all;
}
/// SLUICE_TIMESCALE_METHOD runs all of it by another method: the promises are the same.
inline std::string method() {
  const char* name = std::getenv("SLUICE_TIMESCALE_METHOD");
  return name != nullptr ? name : "insert";
}
inline Values trade_options(const std::string& url, Values more = {}) {
  return replaced({{"url", url},
                   {"method", method()},
                   {"table", "trades"},
                   {"columns", trade_columns()},
                   {"conflict", list({"symbol", "event_type", "trade_id", "event_time"})},
                   {"create", true},
                   {"hypertable", map({{"time", "event_time"}, {"chunk", "1d"}})},
                   {"indexes", list({list({"symbol", "event_time"})})}},
                  std::move(more));
}

inline std::string trade(int64_t id, const std::string& price = "61837.63000000",
                         const std::string& symbol = "BTCUSDT") {
  return R"({"e":"trade","E":1723161255343,"s":")" + symbol + R"(","t":)" + std::to_string(id) + R"(,"p":")" + price +
         R"(","q":"0.02000000","T":)" + std::to_string(1723161255342 + id) +
         R"(,"m":true,"M":true,"ingestion_timestamp":"2024-08-08T23:54:14.087896Z"})";
}
inline std::vector<Input> trades(int64_t first, int64_t end) {
  std::vector<Input> all;
  for (int64_t id = first; id < end; ++id) all.emplace_back(trade(id));
  return all;
}

inline const sluice_node_type& timescale_type() { return find_type(sluice_plugin_v1(), "timescale"); }
/// Until everything that was written has its verdict.
inline bool all_settled(const Harness& node) {
  return node.await([&] { return node.owned_batches() == 0; }, std::chrono::seconds(60));
}
/// For what changes without a call of the node into the host, such as its metrics.
template <typename Predicate>
bool eventually(const Harness& node, Predicate&& predicate) {
  for (int i = 0; i < 3000; ++i) {
    if (node.await(predicate, std::chrono::milliseconds(10))) return true;
  }
  return false;
}
inline bool says(const Harness& node, uint32_t status) {
  return node.await([&] {
    const auto statuses = node.statuses();
    return !statuses.empty() && statuses.back().status == status;
  });
}
inline void must(const sluice::Result<void>& done) {
  if (!done) throw std::runtime_error(done.error().message);
}
inline std::vector<std::string> reasons(const Harness& node) {
  std::vector<std::string> all;
  for (const Settlement& each : node.settlements()) {
    if (each.verdict == SLUICE_FAILED) all.push_back(each.code + ": " + each.reason);
  }
  return all;
}

}  // namespace timescale_test
