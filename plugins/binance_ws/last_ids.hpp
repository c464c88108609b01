// SPDX-License-Identifier: Apache-2.0
// Where the last run stopped: the newest id of each stream that the stores behind the source have, learned from the
// newest records that they give. A record names its stream by its payload: field `e` or its shape, `s`, and the id `t`,
// `a` or `u`. A repair may have been stored late, so the greatest id counts, and where several stores have a stream,
// the one that is least far. Pure.
#pragma once
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "sluice/tail.hpp"
#include "stream_table.hpp"

namespace sluice::binance {

class LastIds {
 public:
  /// Those of the streams that have ids and a symbol; they must outlive it.
  explicit LastIds(const std::vector<const Stream*>& streams);

  /// What to ask for; nothing when no stream has ids.
  TailQuery query() const;
  TailWants take(const TailPart& part);

  enum class What : uint8_t {
    known,   ///< the id is that of the newest record
    never,   ///< the stores have records of other streams, and none of this one
    unknown  ///< some store could not be asked, or none has any record at all
  };
  struct Found {
    What what = What::unknown;
    int64_t id = 0;
  };
  Found find(const Stream& stream) const;

 private:
  struct Store {
    std::map<const Stream*, int64_t> ids;
    std::set<EventType> types;
    std::map<std::string, uint64_t, std::less<>> records;  ///< by partition
  };
  void note(std::string_view payload, Store& store);
  bool has_enough(const Store& store, uint64_t records) const;
  const Stream* find(EventType event, std::string_view symbol) const;

  std::map<std::string, std::vector<const Stream*>, std::less<>> streams_;  ///< by symbol
  std::map<std::string, Store, std::less<>> stores_;
  bool has_any_ = false;
  bool is_whole_ = true;  ///< every store has answered
};

}  // namespace sluice::binance
