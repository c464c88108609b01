// SPDX-License-Identifier: Apache-2.0
#include "repair.hpp"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <limits>

#include "rest_verdict.hpp"
#include "sluice/net/retry_after.hpp"
#include "sluice/net/seconds.hpp"

namespace sluice::binance {
namespace {

constexpr int64_t second_ns = 1'000'000'000;
constexpr int64_t never_ns = std::numeric_limits<int64_t>::max();
constexpr int64_t first_pause_ns = second_ns;
constexpr int64_t longest_pause_ns = 60 * second_ns;
/// The exchange itself gives up after 10 s.
constexpr int64_t request_limit_ns = 15 * second_ns;
/// A page of 1000 rows has about 180 KB.
constexpr uint64_t body_limit = 1024 * 1024;
/// Answers in a row that say so, before a range is given up for ever: the exchange's database may be behind its
/// streams, and one answer may be wrong.
constexpr int answers_without_rows = 5;
constexpr int answers_with_other_rows = 2;

struct Source {
  std::string_view path;
  std::string_view rows;  ///< what it has, for sentences
  int64_t weight;
};

Source source_of(EventType event) {
  if (event == EventType::trade) return {"/api/v3/historicalTrades", "trades", 25};
  return {"/api/v3/aggTrades", "aggTrades", 4};
}

std::string range_text(int64_t first, int64_t last) {
  return first == last ? std::to_string(first) : std::to_string(first) + " to " + std::to_string(last);
}

std::optional<int64_t> read_count(std::string_view text) {
  int64_t count = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  if (error != std::errc{} || end != text.data() + text.size() || count < 0) return std::nullopt;
  return count;
}

/// The exchange counts by whole minutes of its own clock, which the answer's Date shows.
int64_t minute_end_ns(const net::HttpHead& head, int64_t wall_ns, int64_t now_ns) {
  const std::optional<int64_t> date_s = net::parse_http_date(head.first("date"), wall_ns / second_ns);
  return now_ns + (date_s && *date_s >= 0 ? 60 - *date_s % 60 : 60) * second_ns;
}

}  // namespace

Repair::Repair(Context context, const RepairOptions& options, SSL_CTX* tls, net::Waker waker)
    : context_(context),
      options_(options),
      client_(context, rest_route(options, tls), std::move(waker), {net::max_response_head_bytes, body_limit}),
      budget_(WeightBudget::of(net::ascii_lower(options.endpoint.server_name()))),
      backoff_(Backoff::Duration(first_pause_ns), Backoff::Duration(longest_pause_ns)) {}

bool Repair::ask(const Missing& missing) {
  const bool is_known = missing.stream->event == EventType::trade || missing.stream->event == EventType::agg_trade;
  if (!is_known || missing.last < missing.first || questions_.size() >= most_questions) return false;
  if (questions_.empty()) next_id_ = missing.first;
  questions_.push_back(missing);
  return true;
}

int64_t Repair::deadline_ns() const {
  if (!pieces_.empty() || questions_.empty()) return never_ns;
  return is_asking_ ? client_.deadline_ns() : wait_until_ns_;
}

void Repair::step(int64_t now_ns) {
  if (!pieces_.empty() || questions_.empty()) return;
  if (!is_asking_ && (now_ns < wait_until_ns_ || !begin(now_ns))) return;
  switch (client_.step(now_ns)) {
    case net::HttpClient::Progress::working:
      return;
    case net::HttpClient::Progress::lost:
      is_asking_ = false;
      return retry(client_.loss().sentence, client_.loss().retry_after_ns, now_ns);
    case net::HttpClient::Progress::done:
      is_asking_ = false;
      return on_answer(client_.take_answer(), now_ns);
  }
}

bool Repair::begin(int64_t now_ns) {
  const Missing& asked = question();
  const Source source = source_of(asked.stream->event);
  if (!budget_->take(source.weight, now_ns)) {
    wait_until_ns_ = budget_->free_at(source.weight, now_ns);
    if (trouble_.empty()) {
      trouble_ = options_.endpoint.name() +
                 ": this process has used its request weight for now; the next request is in " +
                 net::seconds(wait_until_ns_ - now_ns);
    }
    return false;
  }
  // In numbers without a sign, the distance of any two ids fits.
  const uint64_t behind = static_cast<uint64_t>(asked.last) - static_cast<uint64_t>(next_id_);
  const uint64_t limit = std::min<uint64_t>(behind, rows_a_page - 1) + 1;
  net::HttpRequest request;
  request.target = options_.endpoint.path + std::string(source.path) +
                   "?symbol=" + net::percent_encode(asked.stream->symbol) + "&fromId=" + std::to_string(next_id_) +
                   "&limit=" + std::to_string(limit);
  if (options_.microseconds) request.fields.emplace_back("X-MBX-TIME-UNIT", "MICROSECOND");
  const Result<void> started = client_.start(request, now_ns, now_ns + request_limit_ns);
  if (!started) {
    give_up(asked.last, started.error().message);
    return false;
  }
  ++requests_;
  is_asking_ = true;
  return true;
}

void Repair::on_answer(net::HttpAnswer answer, int64_t now_ns) {
  if (const auto used = read_count(answer.head.first("x-mbx-used-weight-1m"))) {
    budget_->report(*used, minute_end_ns(answer.head, context_.now_ns(), now_ns), now_ns);
  }
  const Missing& asked = question();
  RestVerdict verdict = judge(answer, source_of(asked.stream->event).path);
  switch (verdict.kind) {
    case RestVerdict::Kind::rows:
      break;
    case RestVerdict::Kind::never:
      return give_up(asked.last, std::move(verdict.why));
    case RestVerdict::Kind::doubt:
      return doubt(answers_without_rows, asked.last, std::move(verdict.why), now_ns);
    case RestVerdict::Kind::too_many:
      budget_->hold_until(now_ns + verdict.least_wait_ns);
      return retry(std::move(verdict.why), verdict.least_wait_ns, now_ns);
    case RestVerdict::Kind::later:
      return retry(std::move(verdict.why), verdict.least_wait_ns, now_ns);
  }
  RestPage page = read_rows(
      answer.body, {asked.stream->event, asked.stream->symbol, options_.microseconds, next_id_, asked.last, chain_});
  if (!page.why.empty()) return retry(answer.place + ": " + page.why, 0, now_ns);
  on_page(std::move(page), now_ns);
}

void Repair::on_page(RestPage page, int64_t now_ns) {
  const Missing asked = question();
  const std::string rows(source_of(asked.stream->event).rows);
  const std::string none = "the exchange has no " + rows;
  if (!page.first_id) {
    return doubt(answers_without_rows, asked.last, none + " from id " + std::to_string(next_id_) + " on", now_ns);
  }
  const int64_t first_id = *page.first_id;
  if (page.rows.empty() && first_id == next_id_) {
    return doubt(answers_with_other_rows, next_id_, std::move(page.defect), now_ns);
  }
  if (first_id > next_id_) {
    doubt(answers_with_other_rows, std::min(first_id - 1, asked.last),
          none + " with the ids " + range_text(next_id_, first_id - 1) + "; the next that it has is " +
              std::to_string(first_id),
          now_ns);
    if (pieces_.empty()) return;
  }
  if (!page.rows.empty()) give(std::move(page));
}

void Repair::give(RestPage page) {
  Piece piece;
  piece.range = {question().stream, page.rows.front().id, page.rows.back().id};
  piece.bytes = context_.new_buffer(page.text.size());
  std::memcpy(piece.bytes.data(), page.text.data(), page.text.size());
  piece.rows.reserve(page.rows.size());
  const char* at = reinterpret_cast<const char*>(piece.bytes.data());
  for (const RestRow& row : page.rows) {
    piece.rows.push_back({row.id, {at, row.size}, row.trade_time_ns});
    at += row.size;
  }
  const int64_t last = piece.range.last;
  pieces_.push_back(std::move(piece));
  chain_ = page.chain;
  pass(last);
}

void Repair::give_up(int64_t last, std::string why) {
  Piece piece;
  piece.range = {question().stream, next_id_, last};
  piece.permanent = std::move(why);
  pieces_.push_back(std::move(piece));
  chain_.reset();
  pass(last);
}

/// All up to `id` is answered.
void Repair::pass(int64_t id) {
  backoff_.reset();
  doubts_ = 0;
  trouble_.clear();
  if (id < question().last) {
    next_id_ = id + 1;
    return;
  }
  end_question();
}

/// Gives up all up to `last` when that many answers in a row say so.
void Repair::doubt(int answers, int64_t last, std::string why, int64_t now_ns) {
  if (++doubts_ >= answers) return give_up(last, std::move(why));
  retry(std::move(why), 0, now_ns);
}

void Repair::retry(std::string why, int64_t least_wait_ns, int64_t now_ns) {
  const int64_t pause_ns = std::max(backoff_.next(context_.random()).count(), least_wait_ns);
  wait_until_ns_ = now_ns + pause_ns;
  trouble_ = std::move(why) + "; the next request is in " + net::seconds(pause_ns);
}

std::optional<Missing> Repair::next() const {
  if (questions_.empty() || is_asking_ || !pieces_.empty()) return std::nullopt;
  return Missing{question().stream, next_id_, question().last};
}

/// Waits go on, as they are about the server.
void Repair::drop() {
  doubts_ = 0;
  end_question();
}

void Repair::end_question() {
  questions_.pop_front();
  chain_.reset();
  if (questions_.empty()) {
    trouble_.clear();
  } else {
    next_id_ = question().first;
  }
}

std::optional<Repair::Piece> Repair::take() {
  if (pieces_.empty()) return std::nullopt;
  Piece piece = std::move(pieces_.front());
  pieces_.pop_front();
  return piece;
}

}  // namespace sluice::binance
