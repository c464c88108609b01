// SPDX-License-Identifier: Apache-2.0
#include "failure.hpp"

#include <algorithm>
#include <array>

namespace sluice::timescale {
namespace {

constexpr std::string_view protocol_violation = "08P01";

bool is_state(std::string_view text) {
  return text.size() == 5 &&
         std::all_of(text.begin(), text.end(), [](char c) { return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z'); });
}

template <size_t n>
bool has_class(const std::array<std::string_view, n>& classes, std::string_view state) {
  return std::find(classes.begin(), classes.end(), state.substr(0, 2)) != classes.end();
}

std::string field(const PGresult* result, int which) {
  const char* text = PQresultErrorField(result, which);
  return text == nullptr ? std::string() : std::string(text);
}

/// One line, no ends of lines of the server's.
std::string one_line(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c != '\n') {
      out += c;
    } else if (!out.empty() && out.back() != ' ') {
      out += ' ';
    }
  }
  while (!out.empty() && out.back() == ' ') out.pop_back();
  return out;
}

std::string_view remedy(std::string_view state) {
  if (state == "28P01" || state == "28000")
    return "give the right user and password in url, or let pg_hba.conf allow it";
  if (state == "3D000") return "create the database, or name another one in url";
  if (state == "42501") return "grant the right to this user";
  if (state == undefined_table) return "create the table, or say create: true";
  if (state == "53100") return "free space on the server's disk";
  if (state == "53300") return "raise the server's max_connections, or close other connections";
  if (state == "57014") return "a statement took longer than statement_timeout, perhaps behind somebody's lock";
  if (state == "25006") return "the server is read only: a standby, or set so";
  if (state == "2200H") return "give the sequence of the column a larger type or limit";
  if (state == "53200") return "raise the server's max_locks_per_transaction or memory, or send smaller batches";
  return {};
}

/// What libpq itself finds wrong and waiting does not cure.
bool is_for_a_person(std::string_view said) {
  constexpr std::string_view words[] = {
      "no password supplied",
      "server does not support SSL",
      "certificate verify failed",
      "root certificate file",
      "could not load private key",
      "could not read certificate file",
      "authentication method",
      "does not match host name",
      // Values of parameters, which libpq looks at when it connects.
      "invalid integer value",
      "invalid port number",
      " value: \"",
      "could not parse network address",
      "definition of service",
      // A pooler's, which says almost everything by the SQLSTATE of a broken protocol.
      "unsupported startup parameter",
      "no such database",
      "no such user",
  };
  return std::any_of(std::begin(words), std::end(words),
                     [&](std::string_view each) { return said.find(each) != std::string_view::npos; });
}

}  // namespace

Blame blame_of(std::string_view state) {
  constexpr std::array<std::string_view, 6> passing = {"08", "40", "53", "57", "58", "55"};
  constexpr std::array<std::string_view, 3> record = {"22", "23", "54"};
  constexpr std::array<std::string_view, 5> person = {"28", "3D", "3F", "42", "0A"};
  if (!is_state(state)) return Blame::passing;
  // A transaction that idled or lasted too long ends the session; a sequence that is used up refuses every row.
  if (state == "25006" || state == "25P03" || state == "25P04" || state.starts_with("XX") ||
      has_class(passing, state)) {
    return Blame::passing;
  }
  if (state == "2200H") return Blame::person;
  if (state == "P0001" || has_class(record, state)) return Blame::record;
  if (has_class(person, state)) return Blame::person;
  return Blame::unknown;
}

bool needs_new_connection(const Failure& failure) {
  if (failure.ends_session || failure.state.empty() || failure.state.starts_with("XX")) return true;
  // Any other error ends its statement alone; these say that the session or the server is not what it should be.
  constexpr std::array<std::string_view, 3> broken = {"08", "25", "57"};
  return has_class(broken, failure.state) && failure.state != "57014";
}

Failure failure_of(const PGresult* result, std::string_view doing) {
  Failure failure;
  failure.state = field(result, PG_DIAG_SQLSTATE);
  failure.blame = blame_of(failure.state);
  const std::string severity = field(result, PG_DIAG_SEVERITY_NONLOCALIZED);
  failure.ends_session = severity == "FATAL" || severity == "PANIC";
  failure.schema = field(result, PG_DIAG_SCHEMA_NAME);
  failure.table = field(result, PG_DIAG_TABLE_NAME);
  failure.column = field(result, PG_DIAG_COLUMN_NAME);
  failure.constraint = field(result, PG_DIAG_CONSTRAINT_NAME);
  failure.routine = field(result, PG_DIAG_SOURCE_FUNCTION);
  std::string said = field(result, PG_DIAG_MESSAGE_PRIMARY);
  if (said.empty()) said = PQresultErrorMessage(result);
  if (said.empty()) said = "no answer";
  failure.sentence = "cannot " + std::string(doing) + ": " + one_line(said);
  std::string facts = failure.state;
  const auto add = [&](std::string_view what, int which) {
    const std::string text = field(result, which);
    if (!text.empty()) facts += (facts.empty() ? "" : ", ") + std::string(what) + text;
  };
  add("column ", PG_DIAG_COLUMN_NAME);
  add("constraint ", PG_DIAG_CONSTRAINT_NAME);
  add("", PG_DIAG_MESSAGE_DETAIL);
  if (!facts.empty()) failure.sentence += " (" + one_line(facts) + ")";
  if (const std::string_view todo = remedy(failure.state); !todo.empty()) failure.sentence += "; " + std::string(todo);
  return failure;
}

Failure connect_failure(std::string_view said, std::string_view place) {
  Failure failure;
  std::string text;
  // Verbose errors read "FATAL:  28P01: password authentication failed ...", then a line LOCATION; of several hosts
  // the last word counts.
  while (!said.empty()) {
    const size_t end = said.find('\n');
    std::string_view line = said.substr(0, end);
    said = end == std::string_view::npos ? std::string_view{} : said.substr(end + 1);
    if (line.find_first_not_of(" \t") == std::string_view::npos || line.starts_with("LOCATION:")) continue;
    std::string kept(line);
    for (size_t at = line.find(":  "); at != std::string_view::npos; at = line.find(":  ", at + 3)) {
      if (at + 9 > line.size() || !is_state(line.substr(at + 3, 5)) || line[at + 8] != ':') continue;
      failure.state = line.substr(at + 3, 5);
      kept = std::string(line.substr(0, at)) + ": " + std::string(line.substr(std::min(at + 10, line.size())));
      break;
    }
    if (!text.empty()) text += "; ";
    text += kept.substr(kept.find_first_not_of(" \t"));
  }
  // Of one host only, the sentence names it already.
  const std::string_view prefix = "connection to server ";
  const size_t behind = text.find(" failed: ");
  if (text.starts_with(prefix) && behind != std::string::npos && text.find(prefix, 1) == std::string::npos) {
    text.erase(0, behind + 9);
  }
  failure.blame = blame_of(failure.state);
  if ((failure.state.empty() || failure.state == protocol_violation) && is_for_a_person(text)) {
    failure.blame = Blame::person;
  }
  failure.sentence =
      "cannot connect to PostgreSQL at " + std::string(place) + ": " + (text.empty() ? "no answer" : text);
  if (!failure.state.empty()) failure.sentence += " (" + failure.state + ")";
  if (const std::string_view todo = remedy(failure.state); !todo.empty()) failure.sentence += "; " + std::string(todo);
  return failure;
}

Error to_error(const Failure& failure) {
  Category category = Category::transient;
  if (failure.blame == Blame::record) category = Category::permanent;
  if (failure.blame == Blame::person) category = Category::operator_needed;
  return {category, failure.sentence, failure.state};
}

}  // namespace sluice::timescale
