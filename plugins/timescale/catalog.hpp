// SPDX-License-Identifier: Apache-2.0
// What the server and one of its tables are, as its catalogs say: read only, a few short statements. Judging it is
// table_check's business.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "connection.hpp"

namespace sluice::timescale {

struct ServerFacts {
  std::string version;             ///< "17.6 (Debian 17.6-1)"
  std::string encoding;            ///< "UTF8"
  bool read_only = false;          ///< a standby, or set so
  bool fsync = true;               ///< false: a power cut may damage the database
  bool extension_at_hand = false;  ///< TimescaleDB could be created in this database
  std::string extension;           ///< TimescaleDB's version in this database; empty: none
  std::string extension_schema;    ///< where its functions are
  std::string license;             ///< "apache", "timescale"
  std::string schema;              ///< where a table without a schema is made; empty: nowhere
  std::string schema_rights;       ///< of the table's schema: "create", "use", "none", or empty where it is missing

  /// "PostgreSQL 17.6 with TimescaleDB 2.19.3 (Apache-2 edition)".
  std::string words() const;
};

struct TableColumn {
  std::string name;
  std::string type;  ///< as SQL writes it: "numeric(20,8)"
  uint32_t type_id = 0;
  int32_t modifier = -1;
  uint32_t base_id = 0;     ///< the type itself, or what a domain is made of
  std::string text_cast;    ///< where text must be cast to the base type: its name; no length limit is in it
  bool folds_text = false;  ///< different texts are equal in it
  bool not_null = false;
  bool has_default = false;
  bool computed = false;  ///< GENERATED ALWAYS, also as identity
  bool may_insert = false;
  bool may_select = false;
};

/// What the server calls the table in its errors.
struct TableName {
  std::string schema, name;
  std::string chunk_schema;  ///< of a hypertable; empty: it is none
  std::string chunk_prefix;  ///< with which the names of its chunks begin
};

struct UniqueIndex {
  std::string name;
  std::vector<std::string> columns;
  bool usable = false;     ///< valid, not deferrable, whole columns, all rows
  bool exact_text = true;  ///< no collation that takes different texts for equal
};

struct TableFacts {
  TableName called;
  std::string kind;  ///< pg_class.relkind: "r", "p", "v", ...
  bool unlogged = false;
  bool row_security = false;  ///< that holds for this user
  std::vector<TableColumn> columns;
  std::vector<UniqueIndex> unique_indexes;
  std::vector<std::string> row_triggers;  ///< that fire before a row is inserted, and may change or drop it
  std::vector<std::string> rules;         ///< on INSERT and UPDATE
  std::string time_column;                ///< of a hypertable; empty: none
  int64_t chunk_us = 0;

  const TableColumn* find(std::string_view name) const;
};

std::optional<Failure> read_server(Connection& connection, const Settings& settings, ServerFacts& facts);
/// Leaves `facts` empty where there is no such table.
std::optional<Failure> read_table(Connection& connection, const Settings& settings, const ServerFacts& server,
                                  std::optional<TableFacts>& facts);
/// Whether the table that an error names is the sink's, or a partition, child or chunk of it.
std::optional<Failure> look_for_table(Connection& connection, const Settings& settings, const TableName& own,
                                      const Failure& named, bool& is_own);

}  // namespace sluice::timescale
