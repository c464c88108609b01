// SPDX-License-Identifier: Apache-2.0
#include "truth.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <iterator>

namespace sluice::sim {
namespace {

constexpr std::size_t flush_at_bytes = 1 << 20;

std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    if (c >= 0 && c < 0x20) {
      out += fmt::format("\\u{:04x}", static_cast<int>(c));
    } else {
      out += c;
    }
  }
  return out + '"';
}

std::string span_json(const Span& span) {
  if (span.count == 0) return R"({"count":0,"first":null,"last":null})";
  return fmt::format(R"({{"count":{},"first":{},"last":{}}})", span.count, span.first, span.last);
}

std::string connection_json(const ConnectionTruth& connection, const StreamTable& table) {
  std::string streams;
  for (std::size_t i = 0; i < connection.streams.size(); ++i)
    if (connection.streams[i].count > 0)
      streams +=
          fmt::format("{}{}:{}", streams.empty() ? "" : ",", quoted(table[i].name), span_json(connection.streams[i]));
  return fmt::format(
      R"({{"connection":{},"host":{},"target":{},"opened_ms":{},"closed_ms":{},"closed_by":{},"frames":{},"silenced":{},"malformed":{},)"
      R"("bytes":{},"unacknowledged_bytes":{},"pings":{},"pongs":{},"requests":{},"streams":{{{}}}}})",
      connection.number, connection.host, quoted(connection.target), connection.opened_ms,
      connection.closed_ms < 0 ? "null" : std::to_string(connection.closed_ms),
      connection.closed_ms < 0 ? "null" : quoted(connection.closed_by), connection.frames, connection.silenced,
      connection.malformed, connection.bytes, connection.unacknowledged_bytes, connection.pings, connection.pongs,
      connection.requests, streams);
}

std::string rest_json(const RestTruth& rest) {
  std::string statuses;
  for (const auto& [status, count] : rest.statuses)
    statuses += fmt::format(R"({}"{}":{})", statuses.empty() ? "" : ",", status, count);
  return fmt::format(R"({{"rows":{},"answers":{{{}}}}})", rest.rows, statuses);
}

// A file that is written in pieces and takes its name when it is whole.
class WholeFile {
 public:
  explicit WholeFile(const std::string& path)
      : path_(path), part_(path + ".part"), file_(std::fopen(part_.c_str(), "wb")), good_(file_ != nullptr) {}
  WholeFile(const WholeFile&) = delete;
  WholeFile& operator=(const WholeFile&) = delete;
  ~WholeFile() {
    if (file_ != nullptr) std::fclose(file_);
  }
  template <typename... Args>
  void put(fmt::format_string<Args...> format, Args&&... args) {
    fmt::format_to(std::back_inserter(buffer_), format, std::forward<Args>(args)...);
    if (buffer_.size() >= flush_at_bytes) flush();
  }
  bool finish() {
    flush();
    if (file_ != nullptr) good_ = std::fclose(file_) == 0 && good_;
    file_ = nullptr;
    return good_ && std::rename(part_.c_str(), path_.c_str()) == 0;
  }

 private:
  void flush() {
    if (good_) good_ = std::fwrite(buffer_.data(), 1, buffer_.size(), file_) == buffer_.size();
    buffer_.clear();
  }
  std::string path_, part_, buffer_;
  std::FILE* file_;
  bool good_;
};

void put_ranges(WholeFile& file, const char* name, const IdLog& ids) {
  const char* comma = "";
  file.put(",\"{}\":[", name);
  for (const auto& [first, last] : ids.ranges()) {
    file.put("{}[{},{}]", comma, first, last);
    comma = ",";
  }
  file.put("]");
}

}  // namespace

Truth::Truth(const StreamTable& streams, std::uint64_t seed, bool keep_ids)
    : table_(streams), seed_(seed), keep_ids_(keep_ids) {
  grow();
}

void Truth::grow() {
  for (std::size_t i = streams_.size(); i < table_.size(); ++i) {
    const EventKind kind = table_[i].kind;
    streams_.emplace_back();
    if (kind != EventKind::other && (keep_ids_ || kind != EventKind::book))
      streams_[i].ids = std::make_unique<IdLog>(kind != EventKind::book);
  }
}

Truth::~Truth() {
  if (rows_ == nullptr) return;
  flush_rows();
  std::fclose(rows_);
}

std::optional<Failure> Truth::open_rows(const std::string& path) {
  rows_path_ = path;
  rows_ = std::fopen(path.c_str(), "wb");
  if (rows_ != nullptr) return std::nullopt;
  return Failure{exit_file, fmt::format("cannot write the truth rows {}: {}", path, std::strerror(errno))};
}

void Truth::sent(const Event& event) {
  StreamTruth& stream = stream_of(event);
  ++sent_events_;
  stream.sent.add(event.id);
  // A captured frame that lacks its numbers counts, but has no id and no row.
  if (event.kind == EventKind::other) return;
  if (stream.ids) stream.ids->add(event.id);
  stream.sums[0] += event.price;
  stream.sums[1] += event.quantity;
  stream.sums[2] += event.ask_price;
  stream.sums[3] += event.ask_quantity;
  if (rows_ != nullptr) add_row(event);
}

void Truth::add_row(const Event& event) {
  row_buffer_ += fmt::format("{} {} {} {} {}", table_[event.stream].symbol, event_type(event.kind), event.id,
                             decimal_text(event.price), decimal_text(event.quantity));
  if (event.kind == EventKind::book)
    row_buffer_ += fmt::format(" {} {}", decimal_text(event.ask_price), decimal_text(event.ask_quantity));
  row_buffer_ += '\n';
  if (row_buffer_.size() >= flush_at_bytes) flush_rows();
}

std::optional<Failure> Truth::flush_rows() {
  if (rows_ == nullptr) return std::nullopt;
  if (std::fwrite(row_buffer_.data(), 1, row_buffer_.size(), rows_) != row_buffer_.size() || std::fflush(rows_) != 0)
    rows_failed_ = true;
  row_buffer_.clear();
  if (!rows_failed_) return std::nullopt;
  return Failure{exit_file,
                 fmt::format("the truth rows {} could not be written whole: {}", rows_path_, std::strerror(errno))};
}

ConnectionTruth& Truth::new_connection() {
  ConnectionTruth& connection = connections_.emplace_back();
  connection.number = connections_.size();
  return connection;
}

std::optional<Failure> Truth::write(const std::string& path, const std::string& reason) {
  const std::optional<Failure> rows_failure = flush_rows();
  if (path.empty()) return rows_failure;
  WholeFile file(path);
  file.put("{{\"format\":1,\"seed\":{},\"ended_by\":{},\"sent_events\":{},\n\"streams\":[", seed_, quoted(reason),
           sent_events_);
  grow();
  for (std::size_t i = 0; i < streams_.size(); ++i) {
    const StreamTruth& stream = streams_[i];
    const EventKind kind = table_[i].kind;
    file.put("{}\n{{\"stream\":{},\"symbol\":{},\"event_type\":{},\"issued\":{},\"sent\":{}", i == 0 ? "" : ",",
             quoted(table_[i].name), quoted(table_[i].symbol), quoted(event_type(kind)), span_json(stream.issued),
             span_json(stream.sent));
    if (kind == EventKind::book) {
      file.put(
          ",\"sum_bid_price\":\"{}\",\"sum_bid_quantity\":\"{}\",\"sum_ask_price\":\"{}\",\"sum_ask_quantity\":\"{}\"",
          decimal_text(stream.sums[0]), decimal_text(stream.sums[1]), decimal_text(stream.sums[2]),
          decimal_text(stream.sums[3]));
    } else if (kind != EventKind::other) {
      file.put(",\"sum_price\":\"{}\",\"sum_quantity\":\"{}\"", decimal_text(stream.sums[0]),
               decimal_text(stream.sums[1]));
    }
    if (stream.dropped) put_ranges(file, "dropped", *stream.dropped);
    if (stream.wild) put_ranges(file, "wild", *stream.wild);
    if (stream.ids && stream.ids->consecutive()) {
      put_ranges(file, "ranges", *stream.ids);
    } else if (stream.ids) {
      const char* comma = "";
      file.put(",\"ids\":[");
      stream.ids->each_id([&](std::int64_t id) {
        file.put("{}{}", comma, id);
        comma = ",";
      });
      file.put("]");
    }
    file.put("}}");
  }
  file.put("],\n\"rest\":{},\n\"connections\":[", rest_json(rest_));
  for (std::size_t i = 0; i < connections_.size(); ++i)
    file.put("{}\n{}", i == 0 ? "" : ",", connection_json(connections_[i], table_));
  file.put("]}}\n");
  if (!file.finish())
    return Failure{exit_file, fmt::format("cannot write the truth {}: {}; the account of this run is lost", path,
                                          std::strerror(errno))};
  return rows_failure;
}

}  // namespace sluice::sim
