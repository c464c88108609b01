// SPDX-License-Identifier: Apache-2.0
// The account of what the exchange issued and sent: exact ids and sums per stream, and one entry per connection.
// An event counts as sent once, when all bytes of its frame were taken by the kernel for at least one connection;
// whether the client read them is not known here. The format of the file is described in README.md.
// Never slows the flow for rows that nobody asked for.
#pragma once
#include <array>
#include <cstdint>
#include <cstdio>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "decimal.hpp"
#include "event.hpp"
#include "id_log.hpp"
#include "outcome.hpp"

namespace sluice::sim {

struct Span {
  std::int64_t first = 0, last = 0;
  std::uint64_t count = 0;
  void add(std::int64_t id) {
    if (count++ == 0) first = id;
    last = id;
  }
};

struct ConnectionTruth {
  std::uint64_t number = 0;
  std::int64_t opened_ms = 0, closed_ms = -1;  // since the start
  unsigned host = 1;
  std::string target, closed_by;
  std::uint64_t frames = 0, silenced = 0, malformed = 0, bytes = 0, pings = 0, pongs = 0, requests = 0;
  std::size_t unacknowledged_bytes = 0;
  std::vector<Span> streams;
  Span& stream(std::size_t index) {
    if (streams.size() <= index) streams.resize(index + 1);
    return streams[index];
  }
};

// What REST answered, of all connections.
struct RestTruth {
  std::uint64_t rows = 0;
  std::map<unsigned, std::uint64_t> statuses;
};

class Truth {
 public:
  Truth(const StreamTable& streams, std::uint64_t seed, bool keep_ids);
  Truth(const Truth&) = delete;
  Truth& operator=(const Truth&) = delete;
  ~Truth();

  std::optional<Failure> open_rows(const std::string& path);

  void issued(const Event& event) { stream_of(event).issued.add(event.id); }
  void sent(const Event& event);
  // A fault took it out of the live stream.
  void dropped(const Event& event) { log_of(stream_of(event).dropped).add(event.id); }
  // A fault sent this id, which the market never issued.
  void wild(const Event& event) { log_of(stream_of(event).wild).add(event.id); }
  // Stays valid for as long as the truth.
  ConnectionTruth& new_connection();
  void rest_answered(unsigned status, std::size_t rows) {
    ++rest_.statuses[status];
    rest_.rows += rows;
  }
  std::uint64_t sent_events() const { return sent_events_; }

  // Replaces the file as a whole. `reason` says why the account ends here.
  std::optional<Failure> write(const std::string& path, const std::string& reason);

 private:
  struct StreamTruth {
    Span issued, sent;
    std::unique_ptr<IdLog> dropped, wild;  // as ranges; none while nothing is
    std::unique_ptr<IdLog> ids;
    std::array<Int128, 4> sums{};
  };
  static IdLog& log_of(std::unique_ptr<IdLog>& ids) {
    if (!ids) ids = std::make_unique<IdLog>(true);
    return *ids;
  }
  StreamTruth& stream_of(const Event& event) {
    if (streams_.size() <= event.stream) grow();
    return streams_[event.stream];
  }
  void grow();  // to the streams that the table has by now
  void add_row(const Event& event);
  std::optional<Failure> flush_rows();

  const StreamTable& table_;
  std::uint64_t seed_;
  bool keep_ids_;
  std::vector<StreamTruth> streams_;
  std::deque<ConnectionTruth> connections_;
  RestTruth rest_;
  std::uint64_t sent_events_ = 0;
  std::FILE* rows_ = nullptr;
  std::string rows_path_, row_buffer_;
  bool rows_failed_ = false;
};

}  // namespace sluice::sim
