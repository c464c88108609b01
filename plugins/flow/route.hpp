// SPDX-License-Identifier: Apache-2.0
// `route`: sends each record out of the port that lists its attribute's value. Order is kept within a port; a batch
// that goes one way passes whole, without a copy. What no port takes goes where `otherwise` says: a port, discarded
// with the reason no_route, or failed permanently with its value named. A record without the attribute counts so too.
#pragma once
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "route_table.hpp"
#include "sluice/node.hpp"
#include "sluice/option.hpp"

namespace sluice::flow {

class Route : public Transform {
 public:
  static void describe(Config options, Description& to);
  static Result<std::unique_ptr<Route>> open(Context context, Config options);
  Route(Context context, Config options);
  Result<void> process(uint32_t port, Batch batch) override;

 private:
  uint8_t lane_of(const Record& record);
  void part(Batch batch);
  void send(uint8_t lane, Batch batch);
  void fail(Batch batch);
  std::optional<std::string> value_text(const Record& record) const;  ///< nothing: it lacks the attribute

  Context context_;
  std::string by_;
  int32_t slot_;
  uint8_t ports_;      ///< lanes 0 to ports_ - 1 are ports
  uint8_t otherwise_;  ///< a port, or one of the two lanes behind them
  RouteTable table_;
  std::vector<uint8_t> lanes_;
  std::vector<sluice_batch*> parts_;
};

inline constexpr sluice_option route_value = option::text("value", "A value of the attribute.");
inline constexpr sluice_option route_values =
    option::list("values", "The values that leave through this port.", route_value).one_or_list();
inline constexpr sluice_option route_options[] = {
    option::attribute("by", "The attribute that decides.").required().such_as("stream_type"),
    option::map("ports", "The output ports, each with the values that leave through it.", route_values)
        .required()
        .between(1, 250)
        .such_as("{ trades: [trade, aggTrade], quotes: [bookTicker] }"),
    option::text("otherwise", "What to do with other records: the name of a port, discard, or fail.").or_else("fail"),
};

}  // namespace sluice::flow
