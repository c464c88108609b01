// SPDX-License-Identifier: Apache-2.0
// Takes the payload and the attributes of a record out of a JSON frame, by keys and dotted paths. Escapes in keys and
// texts count as what they stand for; texts without them are views into the frame, and nothing is serialised again. An
// attribute that is not there stays absent; a frame without the payload is refused with a reason. It does not check
// JSON beyond what it reads.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "json_fields.hpp"
#include "sluice/context.hpp"

namespace sluice::flow {

class Extractor {
 public:
  Extractor(Context context, Config options);
  static void describe(Config options, Description& to);

  /// Reads a frame, behind which 64 bytes are readable. Says why it is none to make a record of; empty: it is one.
  std::string_view read(std::string_view frame);
  /// Fills in payload and attributes of the frame read last; it lies in the buffer that `batch` pinned as `index`.
  void fill(Record& record, uint32_t index, Batch& batch);

 private:
  struct Rule {
    int32_t slot;
    uint32_t kind;
    int64_t unit_ns;
    std::string after;
    std::vector<JsonFields::Path> from;
  };
  bool set(const Rule& rule, simdjson::ondemand::value value, Record& record, Batch& batch);
  bool set_text(const Rule& rule, simdjson::ondemand::value value, Record& record, Batch& batch);

  Context context_;
  JsonFields::Path payload_path_;  ///< one key; empty: the whole frame
  std::vector<Rule> rules_;
  JsonFields fields_;
  std::string_view payload_;
};

inline constexpr sluice_str extract_kinds[] = {to_str("text"), to_str("integer"), to_str("time")};
inline constexpr sluice_str extract_units[] = {to_str("ns"), to_str("us"), to_str("ms"), to_str("s")};
inline constexpr sluice_option extract_fields[] = {
    option::list("from", "The place of the value in the frame. In a list, the first one present is used.", json_path)
        .required()
        .one_or_list()
        .between(1, 16)
        .such_as("data.s"),
    option::choice("as", "The kind of the attribute.", extract_kinds).or_else("text"),
    option::choice("unit", "Unit of a time.", extract_units).or_else("ms"),
    option::text("after", "Use only the text after the first occurrence of this mark.").such_as("'@'"),
};
inline constexpr sluice_option extract_attribute = option::object("attribute", "One attribute.", extract_fields);

}  // namespace sluice::flow
