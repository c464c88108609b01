// SPDX-License-Identifier: Apache-2.0
// What the tests of the sqlite sink share: a folder that goes with the test, a second connection to look into the file,
// the options and payloads of trades and quotes.
#pragma once
#include <sqlite3.h>

#include <cstdlib>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <vector>

#include "catch.hpp"
#include "sluice/testing/harness.hpp"

namespace sqlite_test {

using namespace sluice::testing;

class Folder {
 public:
  Folder() {
    std::string name = (std::filesystem::temp_directory_path() / "sluice-sqlite-XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary folder");
    path_ = name;
  }
  Folder(const Folder&) = delete;
  ~Folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  std::string file(const std::string& name = "store.db") const { return (path_ / name).string(); }

 private:
  std::filesystem::path path_;
};

/// A person's own connection to the file.
class Database {
 public:
  explicit Database(const std::string& path) {
    if (sqlite3_open(path.c_str(), &handle_) != SQLITE_OK) throw std::runtime_error("cannot open " + path);
    sqlite3_busy_timeout(handle_, 10'000);
  }
  Database(const Database&) = delete;
  ~Database() { sqlite3_close_v2(handle_); }
  void run(const std::string& sql) {
    if (sqlite3_exec(handle_, sql.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK) {
      throw std::runtime_error(sql + ": " + sqlite3_errmsg(handle_));
    }
  }
  /// All values of all rows, in order, NULL as "NULL".
  std::vector<std::string> values(const std::string& sql) {
    sqlite3_stmt* statement = nullptr;
    if (sqlite3_prepare_v2(handle_, sql.c_str(), -1, &statement, nullptr) != SQLITE_OK) {
      throw std::runtime_error(sql + ": " + sqlite3_errmsg(handle_));
    }
    std::vector<std::string> all;
    while (sqlite3_step(statement) == SQLITE_ROW) {
      for (int i = 0; i < sqlite3_column_count(statement); ++i) {
        const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(statement, i));
        all.emplace_back(text == nullptr ? "NULL" : text);
      }
    }
    sqlite3_finalize(statement);
    return all;
  }
  int64_t count(const std::string& table) { return std::stoll(values("SELECT count(*) FROM \"" + table + "\"").at(0)); }

 private:
  sqlite3* handle_ = nullptr;
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
inline Values trade_options(const std::string& path, Values more = {}) {
  Values all{{"path", path},
             {"table", "trades"},
             {"columns", trade_columns()},
             {"conflict", list({"symbol", "event_type", "trade_id", "event_time"})},
             {"synchronous", "normal"}};
  for (Field& field : more) {
    std::erase_if(all, [&](const Field& each) { return each.key == field.key; });
    all.push_back(std::move(field));
  }
  return all;
}
inline Values quote_options(const std::string& path) {
  return {{"path", path},
          {"table", "book_ticker"},
          {"columns", map({{"ingestion_ts", column("ingestion_timestamp", "timestamptz")},
                           {"symbol", column("s", "text")},
                           {"update_id", column("u", "bigint")},
                           {"best_bid_price", column("b", "numeric")},
                           {"best_bid_qty", column("B", "numeric")},
                           {"best_ask_price", column("a", "numeric")},
                           {"best_ask_qty", column("A", "numeric")}})},
          {"conflict", list({"symbol", "update_id", "ingestion_ts"})},
          {"synchronous", "normal"}};
}

inline std::string trade(int64_t id, const std::string& price = "61837.63000000") {
  return R"({"e":"trade","E":1723161255343,"s":"BTCUSDT","t":)" + std::to_string(id) + R"(,"p":")" + price +
         R"(","q":"0.02000000","T":)" + std::to_string(1723161255342 + id) +
         R"(,"m":true,"M":true,"ingestion_timestamp":"2024-08-08T23:54:14.087896Z"})";
}
inline std::string quote(int64_t id) {
  return R"({"u":)" + std::to_string(id) +
         R"(,"s":"BTCUSDT","b":"61837.63000000","B":"3.78826000","a":"61837.64000000","A":"1.54698000",)"
         R"("ingestion_timestamp":"2024-08-08T23:54:14.087891Z"})";
}
inline std::vector<Input> trades(int64_t first, int64_t end) {
  std::vector<Input> all;
  for (int64_t id = first; id < end; ++id) all.emplace_back(trade(id));
  return all;
}

inline const sluice_node_type& sqlite_type() { return find_type(sluice_plugin_v1(), "sqlite"); }
/// Until everything that was written has its verdict.
inline bool all_settled(const Harness& node) {
  return node.await([&] { return node.owned_batches() == 0; });
}
/// For what changes without a call of the node into the host, such as its metrics.
template <typename Predicate>
bool eventually(const Harness& node, Predicate&& predicate) {
  for (int i = 0; i < 3000; ++i) {
    if (node.await(predicate, std::chrono::milliseconds(10))) return true;
  }
  return false;
}
inline void must(const sluice::Result<void>& done) {
  if (!done) throw std::runtime_error(done.error().message);
}

}  // namespace sqlite_test
