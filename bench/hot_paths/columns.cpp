// SPDX-License-Identifier: Apache-2.0
// From a payload to what PostgreSQL takes, with the columns of graphs/binance.yaml.
#include <cstdlib>
#include <numeric>

#include "arrays.hpp"
#include "copy_rows.hpp"
#include "hot_path.hpp"
#include "mapping_fixture.hpp"
#include "material.hpp"
#include "numeric.hpp"
#include "sluice/columns/decimal.hpp"
#include "sluice/columns/extractor.hpp"

namespace sluice::bench {
namespace {

std::vector<columns_test::Spec> trade_columns() {
  return {{"event_time", "timestamptz", {"T"}, "ms"},
          {"symbol", "text", {"s"}},
          {"event_type", "text", {"e"}},
          {"trade_id", "bigint", {"t", "a"}},
          {"price", "numeric(20,8)", {"p"}},
          {"quantity", "numeric(20,8)", {"q"}},
          {"is_buyer_maker", "boolean", {"m"}}};
}

std::vector<columns_test::Spec> quote_columns() {
  return {{"ingestion_ts", "timestamptz", {"ingestion_timestamp"}},
          {"symbol", "text", {"s"}},
          {"update_id", "bigint", {"u"}},
          {"best_bid_price", "numeric", {"b"}},
          {"best_bid_qty", "numeric", {"B"}},
          {"best_ask_price", "numeric", {"a"}},
          {"best_ask_qty", "numeric", {"A"}}};
}

struct Table {
  Table(std::vector<columns_test::Spec> specs, bool quotes) : options(std::move(specs)), payloads(quotes) {}

  void extract() {
    rows.reset(mapping.size());
    for (sluice_record& record : payloads.records()) {
      if (!extractor.extract(Record(&record), rows)) std::abort();
    }
  }

  columns_test::Options options;
  columns::Mapping mapping = *columns::Mapping::from(options.columns());
  columns::Extractor extractor{mapping};
  columns::Rows rows;
  Payloads payloads;
};

Round extracting(std::vector<columns_test::Spec> specs, bool quotes) {
  return [table = std::make_shared<Table>(std::move(specs), quotes)](Meter& meter) -> uint64_t {
    meter.start();
    table->extract();
    meter.stop();
    return table->rows.size();
  };
}

/// Rows of trades in one of the forms that the server takes.
template <typename Encoder>
Round encoding() {
  struct Encoding {
    Table table{trade_columns(), false};
    Encoder encoder{table.mapping};
    std::vector<uint32_t> which;
  };
  auto state = std::make_shared<Encoding>();
  state->table.extract();
  state->which.resize(state->table.rows.size());
  std::iota(state->which.begin(), state->which.end(), 0u);
  return [state](Meter& meter) -> uint64_t {
    meter.start();
    state->encoder.encode(state->table.rows, state->which);
    meter.stop();
    return state->which.size();
  };
}

/// Prices and quantities as the exchange writes them.
std::vector<std::string> decimals() {
  Table quotes(quote_columns(), true);
  quotes.extract();
  std::vector<std::string> texts;
  for (size_t row = 0; row < quotes.rows.size(); ++row) {
    for (const columns::Value& value : quotes.rows[row]) {
      if (value.kind == columns::ValueKind::decimal) texts.emplace_back(value.text);
    }
  }
  return texts;
}

}  // namespace

Round extract_trades() { return extracting(trade_columns(), false); }
Round extract_quotes() { return extracting(quote_columns(), true); }

Round canonical_decimal() {
  const columns::Type numeric = *columns::parse_type("numeric(20,8)");
  return [texts = decimals(), numeric, arena = std::make_shared<columns::Arena>()](Meter& meter) -> uint64_t {
    arena->reset();
    size_t bytes = 0;
    meter.start();
    for (const std::string& text : texts) bytes += columns::canonical_decimal(text, numeric, *arena).text.size();
    meter.stop();
    if (bytes == 0) std::abort();
    return texts.size();
  };
}

Round encode_numeric() {
  return [texts = decimals()](Meter& meter) -> uint64_t {
    uint8_t to[timescale::numeric_room(64)];
    size_t bytes = 0;
    meter.start();
    for (const std::string& text : texts) bytes += timescale::encode_numeric(text, to);
    meter.stop();
    if (bytes == 0) std::abort();
    return texts.size();
  };
}

Round encode_arrays() { return encoding<timescale::Arrays>(); }
Round encode_copy() { return encoding<timescale::CopyRows>(); }

}  // namespace sluice::bench
