// SPDX-License-Identifier: Apache-2.0
// The options that every sink with columns has, as fragments for its option table, so that one way of writing a mapping
// holds for all stores:
//
//   columns:
//     event_time: { from: T, as: timestamptz, unit: ms }
//     trade_id:   { from: [t, a], as: bigint }
//     price:      { from: p, as: "numeric(20,8)" }
//   conflict: [trade_id, event_time]
#pragma once
#include "sluice/option.hpp"

namespace sluice {
inline namespace v1 {
namespace columns {

inline constexpr sluice_str units[] = {to_str("s"), to_str("ms"), to_str("us"), to_str("ns")};
inline constexpr sluice_option from_element =
    option::text("field", "A field of the payload. Dots separate nested objects; \\. is a literal dot.");
inline constexpr sluice_option column_fields[] = {
    option::list("from", "The field to read. In a list, the first one present is used. Default: the column name.",
                 from_element)
        .one_or_list()
        .between(1, 16)
        .such_as("[t, a]"),
    option::text("attribute", "Read this attribute of the record instead of a field. receive_time is always present.")
        .such_as("symbol"),
    option::text("as",
                 "Type: text, bigint, integer, smallint, boolean, numeric, numeric(p,s), timestamptz, timestamp, date, "
                 "double precision, real, json or jsonb.")
        .required()
        .such_as("\"numeric(20,8)\""),
    option::choice(
        "unit",
        "The unit of a number as timestamptz, timestamp or date, counted from 1970. Default: only RFC 3339 text.",
        units)
        .such_as("ms"),
    option::boolean("nullable", "Store a missing or null field as NULL instead of rejecting the record.")
        .or_else("false"),
};
inline constexpr sluice_option column_element = option::object("column", "One column of the table.", column_fields);
inline constexpr sluice_option conflict_element = option::text("column", "A column of the mapping.");

inline constexpr sluice_option columns_option =
    option::map("columns", "The columns to write, and the source of each.", column_element)
        .required()
        .between(1, 256)
        .such_as("{ price: { from: p, as: \"numeric(20,8)\" } }");
inline constexpr sluice_option conflict_option =
    option::list("conflict", "The columns of a unique index. A row whose key exists already is not changed.",
                 conflict_element)
        .between(1, 32)
        .such_as("[symbol, trade_id]");

}  // namespace columns
}  // namespace v1
}  // namespace sluice
