// SPDX-License-Identifier: Apache-2.0
#include "control.hpp"

#include <fmt/format.h>
#include <simdjson.h>

#include <algorithm>

#include "target.hpp"

namespace sluice::sim {
namespace {

namespace dom = simdjson::dom;

std::string error_reply(int code, std::string_view message, std::string_view id) {
  if (id.empty()) return fmt::format(R"({{"error":{{"code":{},"msg":"{}"}}}})", code, message);
  return fmt::format(R"({{"error":{{"code":{},"msg":"{}"}},"id":{}}})", code, message, id);
}

std::string result_reply(std::string_view result, std::string_view id) {
  return fmt::format(R"({{"result":{},"id":{}}})", result, id);
}

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    if (c >= 0 && c < 0x20) continue;
    out += c;
  }
  return out;
}

// The id as it goes into the reply; empty when there is none or it is of no allowed form.
std::string reply_id(dom::object request) {
  dom::element id;
  if (request["id"].get(id) != simdjson::SUCCESS) return {};
  if (id.is_null()) return "null";
  std::int64_t number = 0;
  if (id.get(number) == simdjson::SUCCESS) return std::to_string(number);
  std::string_view text;
  if (id.get(text) != simdjson::SUCCESS || text.empty() || text.size() > 36) return {};
  const bool plain = std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '_';
  });
  return plain ? fmt::format("\"{}\"", text) : std::string();
}

// Where a reader would have stumbled, as well as one can say it without reading letter by letter.
std::size_t stumble_column(std::string_view request) {
  const std::size_t first = std::min(request.find_first_not_of(" \t\r\n"), request.size());
  return first == request.size() || request[first] != '{' ? first + 1 : request.size();
}

std::size_t column_behind(std::string_view request, std::string_view value) {
  const std::size_t at = request.find(fmt::format("\"{}\"", value));
  return at == std::string_view::npos ? request.size() : at + value.size() + 2;
}

std::optional<dom::array> params_of(dom::object request) {
  dom::array params;
  if (request["params"].get(params) != simdjson::SUCCESS) return std::nullopt;
  return params;
}

std::string change_subscriptions(bool add, dom::object request, std::string_view id, Subscriptions& subscriptions) {
  const std::optional<dom::array> params = params_of(request);
  if (!params) return error_reply(2, "Invalid request: missing field `params`", id);
  std::vector<std::string> names;
  for (const dom::element param : *params) {
    std::string_view name;
    if (param.get(name) != simdjson::SUCCESS || !is_stream_name(name))
      return error_reply(2, "Invalid request: invalid stream", id);
    names.emplace_back(name);
  }
  if (!add) {
    for (const std::string& name : names) subscriptions.remove(name);
    return result_reply("null", id);
  }
  Subscriptions trial = subscriptions;
  for (const std::string& name : names)
    if (!trial.add(name)) return error_reply(4, "Too many subscriptions", id);
  for (const std::string& name : names) subscriptions.add(name);
  return result_reply("null", id);
}

std::string list_subscriptions(std::string_view id, const Subscriptions& subscriptions) {
  std::string list;
  for (const std::string& name : subscriptions.names()) list += fmt::format("{}\"{}\"", list.empty() ? "" : ",", name);
  return result_reply("[" + list + "]", id);
}

std::string property(bool set, dom::object request, std::string_view id, Subscriptions& subscriptions) {
  const std::optional<dom::array> params = params_of(request);
  std::string_view name;
  if (!params || params->size() == 0 || params->at(0).get(name) != simdjson::SUCCESS)
    return error_reply(2, "Invalid request: property name must be a string", id);
  if (params->size() > (set ? 2U : 1U)) return error_reply(2, "Invalid request: too many parameters", id);
  if (name != "combined") return error_reply(0, "Unknown property", id);
  if (!set) return result_reply(subscriptions.shape.combined ? "true" : "false", id);
  bool value = false;
  if (params->size() < 2 || params->at(1).get(value) != simdjson::SUCCESS)
    return error_reply(1, "Invalid value type: expected Boolean", id);
  subscriptions.shape.combined = value;
  return result_reply("null", id);
}

}  // namespace

std::optional<std::string> answer_request(std::string_view text, Subscriptions& subscriptions) {
  if (text.size() > longest_request) return std::nullopt;
  dom::parser parser;
  dom::object request;
  if (parser.parse(text.data(), text.size()).get(request) != simdjson::SUCCESS)
    return error_reply(3, fmt::format("Invalid JSON: expected value at line 1 column {}", stumble_column(text)), {});

  const std::string id = reply_id(request);
  std::string_view method;
  if (request["method"].get(method) != simdjson::SUCCESS)
    return error_reply(2, fmt::format("Invalid request: missing field `method` at line 1 column {}", text.size()), id);
  static constexpr std::string_view known[] = {"SUBSCRIBE", "UNSUBSCRIBE", "LIST_SUBSCRIPTIONS", "SET_PROPERTY",
                                               "GET_PROPERTY"};
  if (std::find(std::begin(known), std::end(known), method) == std::end(known))
    return error_reply(2,
                       fmt::format("Invalid request: unknown variant `{}`, expected one of `SUBSCRIBE`, `UNSUBSCRIBE`, "
                                   "`LIST_SUBSCRIPTIONS`, `SET_PROPERTY`, `GET_PROPERTY` at line 1 column {}",
                                   escaped(method), column_behind(text, method)),
                       id);
  if (id.empty()) return error_reply(2, "Invalid request: request ID must be an unsigned integer", {});

  if (method == "SUBSCRIBE") return change_subscriptions(true, request, id, subscriptions);
  if (method == "UNSUBSCRIBE") return change_subscriptions(false, request, id, subscriptions);
  if (method == "SET_PROPERTY") return property(true, request, id, subscriptions);
  if (method == "GET_PROPERTY") return property(false, request, id, subscriptions);
  const std::optional<dom::array> params = params_of(request);
  if (params && params->size() > 0) return error_reply(2, "Invalid request: too many parameters", id);
  return list_subscriptions(id, subscriptions);
}

}  // namespace sluice::sim
