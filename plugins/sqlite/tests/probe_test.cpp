// SPDX-License-Identifier: Apache-2.0
// What `validate --connect` says of a store, and that the store and its folder are afterwards what they were.
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <fstream>
#include <iterator>
#include <map>
#include <sstream>

#include "support.hpp"

using namespace sqlite_test;

namespace {

/// Every file of the folder with its contents and the time it was written.
std::map<std::string, std::string> contents_of(const Folder& folder) {
  std::map<std::string, std::string> all;
  for (const auto& entry : std::filesystem::directory_iterator(std::filesystem::path(folder.file()).parent_path())) {
    if (!entry.is_regular_file()) continue;
    std::ifstream file(entry.path(), std::ios::binary);
    all[entry.path().filename()] = std::string(std::istreambuf_iterator<char>(file), {}) + "@" +
                                   std::to_string(entry.last_write_time().time_since_epoch().count());
  }
  return all;
}

/// The findings, one a line: "problem price: ...". The folder must be left as it was, to the byte.
std::string probe(const Folder& folder, Values more = {}) {
  const auto tree = build_options(sqlite_type(), trade_options(folder.file(), std::move(more)));
  REQUIRE(tree->problems.empty());
  std::ostringstream findings;
  sluice_describe_api api{};
  api.struct_size = sizeof api;
  api.problem = [](void* to, const sluice_config* where, uint32_t is_warning, sluice_str sentence) {
    *static_cast<std::ostringstream*>(to) << (is_warning != 0 ? "warning " : "problem ") << sluice::to_view(where->key)
                                          << ": " << sluice::to_view(sentence) << '\n';
  };
  sluice_error error = sluice::empty_error();
  const auto before = contents_of(folder);
  REQUIRE(sqlite_type().probe != nullptr);
  REQUIRE(sqlite_type().probe(&tree->root, &api, &findings, &error) == SLUICE_OK);
  CHECK(contents_of(folder) == before);
  return findings.str();
}

/// A child that does something to the store and then waits to be killed.
class OtherProcess {
 public:
  template <typename Do>
  explicit OtherProcess(Do&& something) {
    int ends[2];
    if (pipe(ends) != 0) throw std::runtime_error("no pipe");
    pid_ = fork();
    if (pid_ == 0) {
      try {
        something([&] {
          if (::write(ends[1], "x", 1) == 1) pause();
        });
      } catch (...) {
      }
      _exit(1);
    }
    close(ends[1]);
    char ready = 0;
    const bool is_ready = ::read(ends[0], &ready, 1) == 1;
    close(ends[0]);
    if (!is_ready) throw std::runtime_error("the other process failed");
  }
  OtherProcess(const OtherProcess&) = delete;
  ~OtherProcess() { end(); }
  void end() {
    if (pid_ <= 0) return;
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
    pid_ = 0;
  }
  std::string name() const { return "process " + std::to_string(pid_); }

 private:
  pid_t pid_ = 0;
};

constexpr const char* fitting =
    "CREATE TABLE trades (event_time TEXT, symbol TEXT, event_type TEXT, trade_id INTEGER, price TEXT, quantity TEXT, "
    "is_buyer_maker INTEGER); CREATE UNIQUE INDEX u ON trades (symbol, event_type, trade_id, event_time);";
constexpr const char* with_log = "PRAGMA journal_mode = WAL;";

}  // namespace

TEST_CASE("what is missing and will be made is not a finding, and is not made") {
  const Folder folder;
  CHECK(probe(folder).empty());
  CHECK(probe(folder, {{"create", false}}) ==
        "problem path: the database " + folder.file() + " does not exist: make it, or say create: true\n");
  Database(folder.file()).run("CREATE TABLE other (a)");
  CHECK(probe(folder).empty());
  CHECK(probe(folder, {{"create", false}}) ==
        "problem table: table trades in " + folder.file() + " does not exist: create it, or say create: true\n");
}

TEST_CASE("a fitting table is not a finding, whatever the journal mode, and what a run made fits") {
  const Folder folder;
  SECTION("rollback journal") { Database(folder.file()).run(fitting); }
  SECTION("write-ahead log") { Database(folder.file()).run(std::string(with_log) + fitting); }
  SECTION("made by the sink") {
    Harness node(sqlite_type(), trade_options(folder.file()));
    CHECK(node.open());
    node.close();
  }
  CHECK(probe(folder).empty());
  CHECK(probe(folder, {{"create", false}}).empty());
}

TEST_CASE("all that differs is named at once, each at the option that asked") {
  const Folder folder;
  Database(folder.file())
      .run(std::string(GENERATE(std::string(), std::string(with_log))) +
           "CREATE TABLE trades (event_time TEXT, symbol TEXT, event_type TEXT, trade_id TEXT, price REAL, "
           "is_buyer_maker INTEGER, venue TEXT NOT NULL); CREATE UNIQUE INDEX u ON trades (symbol, trade_id)");
  const std::string table = "table trades in " + folder.file();
  CHECK(
      probe(folder) ==
      "problem trade_id: " + table +
          " declares column trade_id as TEXT, which would change a bigint: it must be INTEGER\n"
          "problem price: " +
          table +
          " declares column price as REAL, which would change a numeric(20,8): it must be TEXT\n"
          "problem quantity: " +
          table +
          " has no column quantity: add it, or take it out of columns\n"
          "problem columns: " +
          table +
          " needs a value for column venue (NOT NULL, no default), which is not among columns: "
          "add it there\n"
          "problem conflict: " +
          table +
          " has no unique index over (symbol, event_type, trade_id, event_time), which conflict "
          "needs: CREATE UNIQUE INDEX \"trades_symbol_event_type_trade_id_event_time_key\" ON \"trades\" (\"symbol\", "
          "\"event_type\", \"trade_id\", \"event_time\")\n");
}

TEST_CASE("the sink says the first of them, and how many more there are") {
  const Folder folder;
  Database(folder.file()).run("CREATE TABLE trades (event_time TEXT, symbol TEXT, event_type TEXT, trade_id INTEGER)");
  Harness node(sqlite_type(), trade_options(folder.file()));
  const auto opened = node.open();
  REQUIRE_FALSE(opened.ok());
  CHECK(opened.error().message.find("has no column price") != std::string::npos);
  CHECK(opened.error().message.find("(and 3 more; sluice validate --connect names them all)") != std::string::npos);
}

TEST_CASE("the path and what lies there") {
  const Folder folder;
  CHECK(probe(folder, {{"path", "/nowhere/at/all.db"}}) ==
        "problem path: the folder /nowhere/at, which shall hold the database, does not exist: create it\n");
  std::filesystem::create_directory(folder.file("sub"));
  CHECK(probe(folder, {{"path", folder.file("sub")}}) ==
        "problem path: " + folder.file("sub") + " is not a file: name a file\n");
  std::ofstream(folder.file()) << std::string(4096, 'x');
  CHECK(probe(folder).find("this file is not a SQLite database: name another file\n") != std::string::npos);
  const std::string odd = folder.file("a%41?b#c d.db");
  Database(odd).run("CREATE VIEW trades AS SELECT 1 AS price");
  CHECK(probe(folder, {{"path", odd}}) == "problem table: table trades in " + odd + " is a view: name a table\n");
}

TEST_CASE("rights that are missing are named") {
  const Folder folder;
  const std::string home = std::filesystem::path(folder.file()).parent_path();
  Database(folder.file()).run(fitting);
  std::filesystem::permissions(folder.file(), std::filesystem::perms::owner_read);
  // Root may write everywhere, so a root asks as somebody else.
  const bool is_root = geteuid() == 0;
  constexpr uid_t nobody = 65534;
  if (is_root) {
    REQUIRE(chown(home.c_str(), nobody, static_cast<gid_t>(-1)) == 0);
    REQUIRE(chown(folder.file().c_str(), nobody, static_cast<gid_t>(-1)) == 0);
    REQUIRE(seteuid(nobody) == 0);
  }
  const std::string file = probe(folder);
  std::filesystem::permissions(home, std::filesystem::perms::owner_read | std::filesystem::perms::owner_exec);
  const std::string both = probe(folder);
  std::filesystem::permissions(home, std::filesystem::perms::owner_all);
  if (is_root) REQUIRE(seteuid(0) == 0);
  const std::string may_not = "problem path: this user may not ";
  CHECK(file == may_not + "read and write " + folder.file() + ": give the right to\n");
  CHECK(both ==
        may_not + "write in the folder " + home + ", which the database and its log need: give the right to\n" + file);
}

TEST_CASE("a store in use is looked into, and one that is held for writing is named with its holder") {
  const Folder folder;
  const bool logged = GENERATE(true, false);
  const std::string statement = GENERATE("BEGIN IMMEDIATE", "BEGIN EXCLUSIVE");
  Database(folder.file()).run((logged ? with_log : "") + std::string(fitting));
  const Values short_wait{{"busy_timeout", "60ms"}};
  OtherProcess reader([&](auto&& ready) {
    Database database(folder.file());
    database.values("SELECT * FROM trades");
    ready();
  });
  CHECK(probe(folder).empty());
  OtherProcess writer([&](auto&& ready) {
    Database database(folder.file());
    database.run(statement);
    ready();
  });
  CHECK(probe(folder, short_wait) == "problem path: " + writer.name() + " holds " + folder.file() +
                                         " for writing, and did not release it within 60 ms: end its transaction\n");
  writer.end();
  CHECK(probe(folder).empty());
}

TEST_CASE("who lets go in time is waited for") {
  const Folder folder;
  Database(folder.file()).run(std::string(with_log) + fitting);
  OtherProcess writer([&](auto&& ready) {
    Database database(folder.file());
    database.run("BEGIN IMMEDIATE");
    std::signal(SIGALRM, [](int) { _exit(0); });
    ualarm(100'000, 0);
    ready();
  });
  CHECK(probe(folder, {{"busy_timeout", "60s"}}).empty());
}

TEST_CASE("what a killed program left behind is neither repaired nor cleared away") {
  const Folder folder;
  SECTION("a write-ahead log that holds the table") {
    OtherProcess writer([&](auto&& ready) {
      Database database(folder.file());
      database.run(std::string(with_log) + fitting);
      ready();
    });
    writer.end();
    REQUIRE(std::filesystem::exists(folder.file("store.db-wal")));
    CHECK(probe(folder).empty());
    std::filesystem::remove(folder.file("store.db-shm"));
    CHECK(probe(folder).find("warning path: a program that ended in the middle left ") == 0);
  }
  SECTION("a hot journal") {
    Database(folder.file()).run(fitting);
    OtherProcess writer([&](auto&& ready) {
      Database database(folder.file());
      database.run(
          "PRAGMA cache_size = 1; BEGIN; CREATE TABLE large (a); WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL "
          "SELECT i + 1 FROM n WHERE i < 2000) INSERT INTO large SELECT randomblob(1000) FROM n");
      ready();
    });
    writer.end();
    REQUIRE(std::filesystem::exists(folder.file("store.db-journal")));
    CHECK(probe(folder).find("warning path: a program that ended in the middle left ") == 0);
  }
}
