// SPDX-License-Identifier: Apache-2.0
#include "conninfo.hpp"

#include <libpq-fe.h>

#include <memory>

namespace sluice::timescale {

std::optional<Conninfo> Conninfo::parse(std::string_view text) {
  if (text.empty() || text.find('\0') != std::string_view::npos) return std::nullopt;
  char* complaint = nullptr;
  const std::unique_ptr<PQconninfoOption, decltype(&PQconninfoFree)> parsed(
      PQconninfoParse(std::string(text).c_str(), &complaint), &PQconninfoFree);
  PQfreemem(complaint);
  if (parsed == nullptr) return std::nullopt;
  Conninfo made;
  for (const PQconninfoOption* each = parsed.get(); each->keyword != nullptr; ++each) {
    if (each->val != nullptr) made.set(each->keyword, each->val);
  }
  return made;
}

const std::string* Conninfo::find(std::string_view key) const {
  for (const auto& [name, value] : parameters_) {
    if (name == key) return &value;
  }
  return nullptr;
}

void Conninfo::set(std::string_view key, std::string_view value) {
  for (auto& [name, old] : parameters_) {
    if (name == key) {
      old = value;
      return;
    }
  }
  parameters_.emplace_back(key, value);
}

void Conninfo::add_default(std::string_view key, std::string_view value) {
  if (find(key) == nullptr) parameters_.emplace_back(key, value);
}

std::string Conninfo::place() const {
  const std::string* host = find("host");
  if (host == nullptr) host = find("hostaddr");
  std::string text = host == nullptr || host->empty() ? "the local socket" : *host;
  if (const std::string* port = find("port")) text += ":" + *port;
  if (const std::string* database = find("dbname")) text += "/" + *database;
  if (const std::string* user = find("user")) text += " as " + *user;
  return text;
}

}  // namespace sluice::timescale
