// SPDX-License-Identifier: Apache-2.0
#include "loader/graph_schema.hpp"

#include "graph/json_writer.hpp"
#include "options/option_schema.hpp"

namespace sluice::engine {
namespace {

constexpr std::string_view name_pattern = "^[a-z][a-z0-9_]*$";
constexpr std::string_view port_pattern = "^[a-z][a-z0-9_]*(\\.[a-z][a-z0-9_]*)?$";
constexpr std::string_view chain_pattern =
    "^\\s*[a-z][a-z0-9_]*(\\.[a-z][a-z0-9_]*)?(\\s*->\\s*[a-z][a-z0-9_]*(\\.[a-z][a-z0-9_]*)?)+\\s*$";

std::string key(std::string_view name, std::string_view description, std::string schema) {
  const std::string comma = schema == "{}" ? "" : ",";
  schema.insert(schema.size() - 1, comma + "\"description\":" + json_quoted(description));
  return json_quoted(name) + ":" + schema;
}

std::string object(const std::string& properties, std::string_view required = {}) {
  return R"json({"type":"object","additionalProperties":false,"properties":{)json" + properties + "},\"required\":[" +
         std::string(required) + "]}";
}

std::string matching(std::string_view pattern) {
  return R"json({"type":"string","pattern":)json" + json_quoted(pattern) + "}";
}

std::string bounds(std::string_view required) {
  return object(key("records", "At most so many records, such as 500k.", count_schema()) + "," +
                    key("bytes", "At most so many bytes, such as 256MiB.", size_schema()),
                required);
}

std::string either(const std::string& one, const std::string& other) {
  return R"json({"anyOf":[)json" + one + "," + other + "]}";
}

std::string edge_map() {
  const std::string conflate = object(
      key("conflate", "Keep only the newest waiting record of each value of this attribute.", matching(name_pattern)),
      "\"conflate\"");
  const std::string stop_after = object(key("rejects", "So many rejects stop the graph,", count_schema()) + "," +
                                            key("of", "among so many verdicts in a row.", count_schema()),
                                        R"json("rejects","of")json");
  const std::string dead_letter =
      object(key("to", "The node that stores what cannot be delivered.", matching(name_pattern)) + "," +
                 key("buffer", "The bound of the edge to it; 1k and 16MiB by default.", bounds({})) + "," +
                 key("stop_after",
                     "So many rejects of so many verdicts stop the graph; N means N of 2N. 100 of 200 by default.",
                     either(count_schema(), stop_after)),
             "\"to\"");
  return object(key("from", "A node, or node.port.", matching(port_pattern)) + "," +
                    key("to", "A node, or node.port.", matching(port_pattern)) + "," +
                    key("buffer", "A bounded hand-over to another thread; without it the edge is a direct call.",
                        bounds(R"json("records","bytes")json")) +
                    "," +
                    key("when_full", "What gives way when the buffer is full; block by default.",
                        either(words_schema({"block", "drop_newest", "drop_oldest"}), conflate)) +
                    "," +
                    key("commit", "When the position upstream may move; on_delivery by default.",
                        words_schema({"on_delivery", "on_accept"})) +
                    "," +
                    key("dead_letter", "Where records go that can never be delivered.",
                        either(matching(name_pattern), dead_letter)),
                R"json("from","to")json");
}

std::string joined_json(const std::vector<std::string>& words) {
  std::string list;
  for (const std::string& word : words) list += (list.empty() ? "" : ",") + json_quoted(word);
  return list;
}

/// If the type is this one, then these options and no others.
std::string case_of(const NodeType& type) {
  std::string properties = "\"type\":{},\"in_flight\":{}";
  if (!type.options.empty()) properties += "," + properties_schema(type.options);
  return R"json({"if":{"properties":{"type":{"const":)json" + json_quoted(type.name) +
         R"json(}},"required":["type"]},"then":{"description":)json" + json_quoted(type.summary) +
         R"json(,"additionalProperties":false,"properties":{)json" + properties +
         "},\"required\":" + required_names(type.options, "type") + "}}";
}

std::string node_schema(const Registry& registry) {
  std::string cases;
  for (const NodeType* type : registry.types()) cases += (cases.empty() ? "" : ",") + case_of(*type);
  const std::string type = registry.types().empty() ? R"json({"type":"string"})json"
                                                    : "{\"enum\":[" + joined_json(registry.type_names()) + "]}";
  // An empty allOf is no valid schema.
  return R"json({"type":"object","required":["type"],"properties":{)json" +
         key("type", "The node type; `sluice plugins list` names all.", type) + "," +
         key("in_flight", "Of a source: how much may be unsettled at once.", bounds({})) + "}" +
         (cases.empty() ? "" : ",\"allOf\":[" + cases + "]") + "}";
}

std::string process_schema() {
  return object(key("from", "The node, or nodes, that this process begins with.",
                    either(matching(name_pattern),
                           R"json({"type":"array","minItems":1,"items":)json" + matching(name_pattern) + "}")) +
                    "," + key("http", "The address that this process serves metrics and readiness on.", text_schema()),
                "\"from\"");
}

std::string map_of(const std::string& schema) {
  return R"json({"type":"object","propertyNames":)json" + matching(name_pattern) +
         ",\"additionalProperties\":" + schema + "}";
}

}  // namespace

std::string graph_schema(const Registry& registry) {
  const std::string edges = R"json({"type":"array","items":)json" + either(matching(chain_pattern), edge_map()) + "}";
  const std::string properties =
      key("graph", "The graph's name.", matching(name_pattern)) + "," +
      key("processes", "The parts that can run as processes of their own, cut at relays.", map_of(process_schema())) +
      "," + key("nodes", "Each node by its name.", map_of(node_schema(registry))) + "," +
      key("edges", "From one output port to one input port each; a chain a -> b -> c makes two.", edges) + "," +
      key("require", "Guarantees that must be provable, by the sink that ends a segment.",
          map_of(words_schema({"best_effort", "at_most_once", "at_least_once", "effectively_once"}))) +
      "," +
      key("latency", "How long a record may take from its emission to its last verdict, such as 3s.", text_schema());
  std::string schema = object(properties, R"json("graph","nodes","edges")json");
  schema.insert(1, R"json("$schema":"http://json-schema.org/draft-07/schema#","title":"A Sluice graph",)json");
  return schema + "\n";
}

}  // namespace sluice::engine
