// SPDX-License-Identifier: Apache-2.0
#include "table_check.hpp"

#include <algorithm>

#include "sql.hpp"
#include "wire_type.hpp"

namespace sluice::timescale {
namespace {

using Where = Finding::Where;

class Check {
 public:
  Check(const Settings& settings, const ServerFacts& server, const std::optional<TableFacts>& table)
      : settings_(settings), server_(server), table_(table) {}

  std::vector<Finding> run() {
    check_server();
    if (!table_) {
      check_creation();
    } else if (check_kind()) {
      for (size_t i = 0; i < settings_.mapping.size(); ++i) check_column(i);
      check_others();
      check_rights();
      check_conflict();
      check_hypertable();
      check_meddlers();
    }
    return std::move(findings_);
  }

 private:
  std::string table_name() const { return "table " + settings_.table_name(); }
  void problem(Where where, std::string sentence, size_t column = 0) {
    findings_.push_back({where, column, false, std::move(sentence)});
  }
  void warning(Where where, std::string sentence, size_t column = 0) {
    findings_.push_back({where, column, true, std::move(sentence)});
  }

  void check_server() {
    if (server_.encoding != "UTF8") {
      problem(Where::url, "the database's encoding is " + server_.encoding +
                              ", which cannot keep every text: name a database whose encoding is UTF8");
    }
    if (!server_.fsync) warning(Where::url, "the server runs with fsync off: a loss of power may take delivered rows");
    if (settings_.hypertable && server_.extension.empty() && server_.extension_at_hand) {
      problem(Where::hypertable,
              "TimescaleDB is installed on the server, but not in this database: CREATE EXTENSION timescaledb, or take "
              "hypertable out of the graph");
    }
  }

  void check_creation() {
    const std::string schema = settings_.schema.empty() ? server_.schema : settings_.schema;
    if (!settings_.create) {
      problem(Where::table, table_name() + " does not exist: create it, or say create: true");
    } else if (server_.schema_rights.empty()) {
      problem(Where::table, schema.empty()
                                ? "no schema of the search path exists, so " + table_name() + " cannot be created"
                                : "schema " + schema + " does not exist: CREATE SCHEMA " + quoted_name(schema));
    } else if (server_.schema_rights != "create") {
      problem(Where::create, table_name() +
                                 " does not exist, and this user may not create it: GRANT CREATE ON SCHEMA " +
                                 quoted_name(schema) + ", or create the table");
    }
  }

  bool check_kind() {
    if (table_->kind != "r" && table_->kind != "p") {
      problem(Where::table, settings_.table_name() + " is not a table but a " +
                                (table_->kind == "v" || table_->kind == "m" ? "view" : "relation of another kind") +
                                ": name a table");
      return false;
    }
    if (table_->unlogged) {
      problem(Where::table, table_name() + " is UNLOGGED, so that a crash of the server empties it: ALTER TABLE " +
                                quoted_table(settings_) + " SET LOGGED");
    }
    if (table_->row_security) {
      problem(Where::table, table_name() +
                                " has row security for this user, who may not see what it stored: give the user "
                                "BYPASSRLS, or take another one");
    }
    return true;
  }

  void check_column(size_t position) {
    const columns::Column& column = settings_.column(position);
    const TableColumn* const found = table_->find(column.name);
    if (found == nullptr) {
      return problem(Where::column,
                     table_name() + " has no column " + column.name + ": add it, or take it out of columns", position);
    }
    const std::string whole = table_name() + " declares column " + column.name + " ";
    const std::string mapped = columns::type_name(column.type);
    if (found->computed) {
      problem(Where::column, table_name() + " computes its column " + column.name + " itself: take it out of columns",
              position);
    } else if (const std::string why = misfit(column.type, *found); !why.empty()) {
      problem(Where::column,
              whole + "as " + found->type + ", which " + why + "; the graph says " + mapped +
                  ", and that can be stored as " + std::string(kept_as(column.type.kind)) + ": change one of them",
              position);
    } else if (settings_.copies && !reads_wire_form(column.type.kind, found->type_id)) {
      warning(Where::column,
              whole + "as " + found->type + ", and the graph says " + mapped +
                  ": COPY converts nothing, so all goes by INSERT; let them agree, or say method: insert",
              position);
    }
    if (column.nullable && found->not_null) {
      problem(Where::column, whole + "NOT NULL, and the graph says nullable: true; drop one", position);
    }
  }

  void check_rights() {
    std::vector<size_t> may_not_insert, may_not_select;
    for (size_t i = 0; i < settings_.mapping.size(); ++i) {
      const TableColumn* const found = table_->find(settings_.column(i).name);
      if (found == nullptr) continue;
      const bool is_key =
          std::find(settings_.conflict.begin(), settings_.conflict.end(), i) != settings_.conflict.end();
      if (!found->may_insert) may_not_insert.push_back(i);
      if (is_key && !found->may_select) may_not_select.push_back(i);
    }
    if (!may_not_insert.empty()) {
      problem(Where::table, "this user may not INSERT into columns " + names(settings_, may_not_insert) + " of " +
                                table_name() + ": GRANT INSERT ON " + quoted_table(settings_));
    }
    if (!may_not_select.empty()) {
      problem(Where::table, "this user may not SELECT columns " + names(settings_, may_not_select) + " of " +
                                table_name() + ", which finding out what is there needs: GRANT SELECT ON " +
                                quoted_table(settings_));
    }
  }

  void check_others() {
    for (const TableColumn& column : table_->columns) {
      if (settings_.mapping.find(column.name) || !column.not_null || column.has_default || column.computed) continue;
      problem(Where::table, table_name() + " needs a value for column " + column.name +
                                " (NOT NULL, no default), which is not among columns: add it there");
    }
  }

  void check_conflict() {
    if (settings_.conflict.empty()) return;
    std::vector<std::string> target;
    for (const size_t column : settings_.conflict) target.push_back(settings_.column(column).name);
    std::sort(target.begin(), target.end());
    for (const size_t column : settings_.conflict) {
      const TableColumn* const found = table_->find(settings_.column(column).name);
      if (found == nullptr || !found->folds_text) continue;
      return problem(Where::conflict, table_name() + " declares column " + found->name + " as " + found->type +
                                          ", which takes different texts for equal and would lose rows: make it text, "
                                          "or take it out of conflict");
    }
    const UniqueIndex* folding = nullptr;
    for (const UniqueIndex& index : table_->unique_indexes) {
      std::vector<std::string> columns = index.columns;
      std::sort(columns.begin(), columns.end());
      if (columns != target || !index.usable) continue;
      if (index.exact_text) return;
      folding = &index;
    }
    if (folding != nullptr) {
      return problem(Where::conflict, table_name() + " has the unique index " + folding->name +
                                          ", whose collation takes different texts for equal and would lose rows: make "
                                          "its collation deterministic");
    }
    problem(Where::conflict, table_name() + " has no unique index over " + names(settings_, settings_.conflict) +
                                 ", which conflict needs: " + create_index_sql(settings_, settings_.conflict, true));
  }

  /// What stands between a row that is sent and the row that is stored.
  void check_meddlers() {
    const auto list = [](const std::vector<std::string>& all) {
      return columns::joined(all.size(), ", ", [&](size_t i) { return all[i]; });
    };
    if (!table_->row_triggers.empty()) {
      warning(Where::table, table_name() + " has the trigger " + list(table_->row_triggers) +
                                ", which may change a row before it is stored, or drop it: a row that it drops is "
                                "refused, and one whose key it changes counts as there by the changed key");
    }
    if (table_->rules.empty()) return;
    if (settings_.conflict.empty()) {
      warning(Where::table, table_name() + " has the rule " + list(table_->rules) +
                                ", which may store a row elsewhere, or not at all: such a row is refused");
    } else {
      problem(Where::table, table_name() + " has the rule " + list(table_->rules) +
                                ", and PostgreSQL takes no ON CONFLICT beside rules on INSERT or UPDATE: drop the "
                                "rule, or take conflict out of the graph");
    }
  }

  void check_hypertable() {
    if (!settings_.hypertable || server_.extension.empty()) return;
    const std::string& time = settings_.column(settings_.hypertable->time).name;
    if (table_->time_column.empty()) {
      return problem(Where::hypertable, table_name() + " is not a hypertable: SELECT create_hypertable('" +
                                            settings_.table_name() + "', '" + time +
                                            "', migrate_data => true), or take hypertable out of the graph");
    }
    if (table_->time_column != time) {
      return problem(Where::hypertable, table_name() + " is a hypertable over column " + table_->time_column +
                                            ", not " + time + ": let them agree");
    }
    if (table_->chunk_us != settings_.hypertable->chunk_ns / 1000) {
      warning(Where::hypertable, table_name() + " has chunks of " + std::to_string(table_->chunk_us / 1'000'000) +
                                     " s, and the graph says " +
                                     std::to_string(settings_.hypertable->chunk_ns / second_ns) +
                                     " s: set_chunk_time_interval changes it for new chunks");
    }
  }

  const Settings& settings_;
  const ServerFacts& server_;
  const std::optional<TableFacts>& table_;
  std::vector<Finding> findings_;
};

}  // namespace

std::vector<Finding> check(const Settings& settings, const ServerFacts& server,
                           const std::optional<TableFacts>& table) {
  return Check(settings, server, table).run();
}

std::vector<std::string> text_casts(const Settings& settings, const TableFacts& table) {
  std::vector<std::string> casts(settings.mapping.size());
  for (size_t i = 0; i < casts.size(); ++i) {
    const columns::Column& column = settings.column(i);
    const TableColumn* const found = table.find(column.name);
    if (found != nullptr && column.type.kind == columns::TypeKind::text) casts[i] = found->text_cast;
  }
  return casts;
}

std::vector<size_t> compared_columns(const Settings& settings, const std::optional<TableFacts>& table) {
  std::vector<size_t> compared;
  for (size_t i = 0; i < settings.mapping.size(); ++i) {
    if (std::find(settings.conflict.begin(), settings.conflict.end(), i) != settings.conflict.end()) continue;
    const TableColumn* const found = table ? table->find(settings.column(i).name) : nullptr;
    if (found == nullptr || found->may_select) compared.push_back(i);
  }
  return compared;
}

bool reads_copy(const Settings& settings, const TableFacts& table) {
  const std::vector<columns::Column>& all = settings.mapping.columns();
  return std::all_of(all.begin(), all.end(), [&](const columns::Column& column) {
    const TableColumn* const found = table.find(column.name);
    return found != nullptr && reads_wire_form(column.type.kind, found->type_id);
  });
}

}  // namespace sluice::timescale
