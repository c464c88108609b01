// SPDX-License-Identifier: Apache-2.0
#include "repair_rows.hpp"

#include <simdjson.h>

#include <array>

#include "sluice/safe_text.hpp"

namespace sluice::binance {
namespace {

namespace json = simdjson::ondemand;

constexpr size_t longest_error_text = 300;
// Of times since 1970, in either unit: nothing of the exchange is before 2001 or after 2262.
constexpr int64_t least_time_ns = 1'000'000'000'000'000'000;
constexpr int64_t most_time_us = 9'223'372'036'854'775;
constexpr int64_t most_time_ms = 9'223'372'036'854;

// What a row has, by the place of its value in Row::values.
enum Field : size_t { id, price, quantity, time, is_maker, is_best, first_trade, last_trade, field_count };
constexpr std::array<std::string_view, field_count> trade_keys{"id",           "price",       "qty", "time",
                                                               "isBuyerMaker", "isBestMatch", "",    ""};
constexpr std::array<std::string_view, field_count> agg_trade_keys{"a", "p", "q", "T", "m", "M", "f", "l"};

constexpr bool is_text(Field field) { return field == price || field == quantity; }
constexpr bool is_flag(Field field) { return field == is_maker || field == is_best; }

/// Makes room for what the parser may read behind a text, and takes it back.
class Padded {
 public:
  explicit Padded(std::string& text) : text_(text), size_(text.size()) {
    text_.append(simdjson::SIMDJSON_PADDING, ' ');
  }
  Padded(const Padded&) = delete;
  Padded& operator=(const Padded&) = delete;
  ~Padded() { text_.resize(size_); }
  simdjson::padded_string_view view() const { return simdjson::padded_string_view(text_.data(), size_, text_.size()); }

 private:
  std::string& text_;
  size_t size_;
};

std::string_view token_of(json::value& value) {
  std::string_view token = value.raw_json_token();
  while (!token.empty() &&
         (token.back() == ' ' || token.back() == '\n' || token.back() == '\r' || token.back() == '\t'))
    token.remove_suffix(1);
  return token;
}

struct Row {
  std::array<std::string_view, field_count> values;  ///< as they were written; empty: absent
  std::array<int64_t, field_count> numbers{};
  std::string defect;  ///< what it has or lacks that no row of the exchange does
};

class PageReader {
 public:
  PageReader(const RowsAsked& asked, RestPage& page)
      : asked_(asked),
        page_(page),
        keys_(asked.event == EventType::trade ? trade_keys : agg_trade_keys),
        chain_(asked.chain) {}

  /// False: see the page's why.
  bool read(json::array rows) {
    for (auto entry : rows) {
      json::object object;
      if (std::move(entry).get_object().get(object) != simdjson::SUCCESS) return fail("a row is not a JSON object");
      Row row;
      if (!read_row(object, row)) return fail("a row is not a JSON object");
      if (!take(row)) return false;
    }
    return true;
  }

 private:
  bool fail(std::string why) {
    page_.why = "the answer cannot be used: " + std::move(why);
    return false;
  }

  std::string name_of(Field field) const { return "'" + std::string(keys_[field]) + "'"; }

  /// False: it is not JSON. Unknown keys do not matter.
  bool read_row(json::object& object, Row& row) const {
    for (auto entry : object) {
      json::field field;
      std::string_view key;
      if (std::move(entry).get(field) != simdjson::SUCCESS || field.unescaped_key().get(key) != simdjson::SUCCESS) {
        return false;
      }
      for (size_t i = 0; i < field_count; ++i) {
        if (!keys_[i].empty() && key == keys_[i]) read_value(static_cast<Field>(i), field.value(), row);
      }
    }
    return true;
  }

  void read_value(Field field, json::value& value, Row& row) const {
    const std::string_view token = token_of(value);
    std::string_view text;
    bool flag = false;
    if (!row.values[field].empty()) {
      row.defect = name_of(field) + " twice";
    } else if (is_text(field)) {
      const bool is_good = value.get_string().get(text) == simdjson::SUCCESS && token.size() > 2 && token.back() == '"';
      if (!is_good) row.defect = "a " + name_of(field) + " that is not a text";
    } else if (is_flag(field)) {
      if (value.get_bool().get(flag) != simdjson::SUCCESS) {
        row.defect = "a " + name_of(field) + " that is not true or false";
      }
    } else if (value.get_int64().get(row.numbers[field]) != simdjson::SUCCESS) {
      row.defect = "a " + name_of(field) + " that is not a 64-bit integer";
    }
    row.values[field] = token;
  }

  /// What no row of the exchange has.
  void check(Row& row) const {
    for (size_t i = 0; i < field_count && row.defect.empty(); ++i) {
      if (!keys_[i].empty() && row.values[i].empty()) row.defect = "no " + name_of(static_cast<Field>(i));
    }
    if (!row.defect.empty()) return;
    const int64_t count = row.numbers[time];
    const int64_t most = asked_.microseconds ? most_time_us : most_time_ms;
    if (count < least_time_ns / unit_ns() || count > most) {
      row.defect = "a " + name_of(time) + " that is not a time in " +
                   (asked_.microseconds ? "microseconds, which the node requested" : "milliseconds");
    }
  }

  int64_t unit_ns() const { return asked_.microseconds ? 1'000 : 1'000'000; }

  /// False: the answer is not one to the request.
  bool take(Row& row) {
    check(row);
    if (!row.defect.empty()) return fail("a row has " + row.defect);
    const int64_t number = row.numbers[id];
    if (!page_.first_id) {
      if (number < asked_.first) {
        return fail("it begins with id " + std::to_string(number) + " instead of the requested id " +
                    std::to_string(asked_.first));
      }
      page_.first_id = number;
      if (number > asked_.first) chain_.reset();
    } else if (number <= last_id_) {
      return fail("id " + std::to_string(number) + " follows " + std::to_string(last_id_));
    } else if (number != last_id_ + 1) {
      // What is missing in between is asked for again, and then known to be.
      is_full_ = true;
    }
    last_id_ = number;
    if (number > asked_.last) is_full_ = true;
    if (is_full_) return true;
    page_.defect = break_of_chain(row);
    if (page_.defect.empty()) {
      add(row);
    } else {
      is_full_ = true;
    }
    return true;
  }

  /// Of an aggTrade that does not begin where the one before it ends.
  std::string break_of_chain(const Row& row) const {
    const int64_t first = row.numbers[first_trade], last = row.numbers[last_trade];
    if (asked_.event == EventType::trade) return {};
    const std::string begin = "aggTrade " + std::to_string(row.numbers[id]) + " of the exchange combines the trades " +
                              std::to_string(first) + " to " + std::to_string(last);
    if (last < first) return begin;
    if (!chain_ || (first > *chain_ && first - 1 == *chain_)) return {};
    return begin + ", and the aggTrade before it ends with trade " + std::to_string(*chain_);
  }

  void put(std::string_view before, std::string_view value) {
    page_.text += before;
    page_.text += value;
  }

  void add(const Row& row) {
    const size_t begin = page_.text.size();
    const bool is_trade = asked_.event == EventType::trade;
    put(is_trade ? R"({"e":"trade","s":")" : R"({"e":"aggTrade","s":")", asked_.symbol);
    put(is_trade ? R"(","t":)" : R"(","a":)", row.values[id]);
    put(R"(,"p":)", row.values[price]);
    put(R"(,"q":)", row.values[quantity]);
    if (!is_trade) {
      put(R"(,"f":)", row.values[first_trade]);
      put(R"(,"l":)", row.values[last_trade]);
      chain_ = page_.chain = row.numbers[last_trade];
    }
    put(R"(,"T":)", row.values[time]);
    put(R"(,"m":)", row.values[is_maker]);
    put(R"(,"M":)", row.values[is_best]);
    page_.text += '}';
    page_.rows.push_back(
        {row.numbers[id], row.numbers[time] * unit_ns(), static_cast<uint32_t>(page_.text.size() - begin)});
  }

  const RowsAsked& asked_;
  RestPage& page_;
  const std::array<std::string_view, field_count>& keys_;
  std::optional<int64_t> chain_;
  int64_t last_id_ = 0;
  bool is_full_ = false;  ///< further rows are only looked at
};

}  // namespace

RestPage read_rows(std::string& body, const RowsAsked& asked) {
  RestPage page;
  const Padded padded(body);
  json::parser parser;
  json::document document;
  json::array rows;
  const auto not_rows = [](const std::string& why) {
    RestPage none;
    none.why = why;
    return none;
  };
  if (parser.iterate(padded.view()).get(document) != simdjson::SUCCESS ||
      document.get_array().get(rows) != simdjson::SUCCESS) {
    return not_rows("the answer is not a JSON array of rows");
  }
  if (!PageReader(asked, page).read(rows)) return not_rows(page.why);
  if (document.current_location().error() != simdjson::OUT_OF_BOUNDS) {
    return not_rows("the answer is not a JSON array of rows to its end");
  }
  return page;
}

std::optional<RestError> read_rest_error(std::string body) {
  const Padded padded(body);
  json::parser parser;
  json::document document;
  json::object object;
  RestError error;
  std::string_view text;
  if (parser.iterate(padded.view()).get(document) != simdjson::SUCCESS ||
      document.get_object().get(object) != simdjson::SUCCESS ||
      object.find_field_unordered("code").get_int64().get(error.code) != simdjson::SUCCESS ||
      object.find_field_unordered("msg").get_string().get(text) != simdjson::SUCCESS) {
    return std::nullopt;
  }
  error.text = safe_text(text, longest_error_text);
  return error;
}

bool is_server_time(std::string body) {
  const Padded padded(body);
  json::parser parser;
  json::document document;
  json::object object;
  int64_t time = 0;
  return parser.iterate(padded.view()).get(document) == simdjson::SUCCESS &&
         document.get_object().get(object) == simdjson::SUCCESS &&
         object.find_field_unordered("serverTime").get_int64().get(time) == simdjson::SUCCESS;
}

}  // namespace sluice::binance
