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
constexpr int64_t least_pause_ns = second_ns / 10;
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

Repair::Repair(Context context, const RepairOptions& options, SSL_CTX* tls, net::Waker waker, Wishes wishes)
    : context_(context),
      options_(options),
      client_(context, rest_route(options, tls), std::move(waker), {net::max_response_head_bytes, body_limit}),
      wishes_(std::move(wishes)),
      budget_(WeightBudget::of(net::ascii_lower(options.endpoint.server_name()))),
      backoff_(Backoff::Duration(first_pause_ns), Backoff::Duration(longest_pause_ns)) {}

bool Repair::ask(const Missing& missing) {
  const bool is_known = missing.stream->event == EventType::trade || missing.stream->event == EventType::agg_trade;
  if (!is_known || missing.last < missing.first || questions_.size() >= most_questions) return false;
  turn_ns_ = 0;
  questions_.push_back({missing, std::nullopt});
  return true;
}

int64_t Repair::deadline_ns() const {
  if (!pieces_.empty() || (questions_.empty() && newest_of_ == nullptr)) return never_ns;
  if (newest_of_ != nullptr && !is_asking_) return 0;
  return is_asking_ ? client_.deadline_ns() : std::max(wait_until_ns_, turn_ns_);
}

void Repair::step(int64_t now_ns) {
  if (!pieces_.empty() || (questions_.empty() && newest_of_ == nullptr)) return;
  if (!is_asking_ && newest_of_ != nullptr && !begin_newest(now_ns)) return;
  if (!is_asking_ && (now_ns < std::max(wait_until_ns_, turn_ns_) || !begin(now_ns))) return;
  switch (client_.step(now_ns)) {
    case net::HttpClient::Progress::working:
      return;
    case net::HttpClient::Progress::lost:
      is_asking_ = false;
      if (is_asking_newest_) return end_newest(std::nullopt, now_ns);
      return retry(client_.loss().sentence, client_.loss().retry_after_ns, now_ns);
    case net::HttpClient::Progress::done:
      is_asking_ = false;
      if (is_asking_newest_) return end_newest(client_.take_answer(), now_ns);
      return on_answer(client_.take_answer(), now_ns);
  }
}

/// Brings the question whose turn it is to the front. False: none may be asked now.
bool Repair::choose(int64_t now_ns) {
  int64_t again_ns = never_ns;
  for (size_t left = questions_.size(); left > 0; --left) {
    const Question& front = questions_.front();
    const Wish wish = wishes_ ? wishes_(front.left) : Wish::now;
    if (wish == Wish::now && now_ns >= front.not_before_ns) return true;
    if (wish == Wish::never) {
      questions_.pop_front();
      continue;
    }
    again_ns = std::min(again_ns, std::max(front.not_before_ns, now_ns + least_pause_ns));
    rotate();
  }
  if (questions_.empty()) trouble_.clear();
  turn_ns_ = again_ns;
  return false;
}

void Repair::rotate() {
  questions_.push_back(std::move(questions_.front()));
  questions_.pop_front();
}

/// The last id of any question that a page from the first question on may reach.
int64_t Repair::page_end() const {
  const Missing& asked = questions_.front().left;
  // In numbers without a sign, the distance of any two ids fits.
  const auto distance = [&](int64_t id) { return static_cast<uint64_t>(id) - static_cast<uint64_t>(asked.first); };
  uint64_t reach = 0;
  for (const Question& each : questions_) {
    const bool is_behind = each.left.stream == asked.stream && each.left.first >= asked.first;
    if (!is_behind || distance(each.left.first) >= rows_a_page) continue;
    reach = std::max(reach, std::min<uint64_t>(distance(each.left.last), rows_a_page - 1));
  }
  return static_cast<int64_t>(static_cast<uint64_t>(asked.first) + reach);
}

bool Repair::begin(int64_t now_ns) {
  if (!choose(now_ns)) return false;
  const Missing& asked = questions_.front().left;
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
  page_end_ = page_end();
  const uint64_t limit = static_cast<uint64_t>(page_end_) - static_cast<uint64_t>(asked.first) + 1;
  const Result<void> started = send(source.path,
                                    "symbol=" + net::percent_encode(asked.stream->symbol) +
                                        "&fromId=" + std::to_string(asked.first) + "&limit=" + std::to_string(limit),
                                    now_ns);
  if (!started) {
    give_up(questions_.front(), asked.last, started.error().message);
    forget_answered();
    return false;
  }
  return true;
}

Result<void> Repair::send(std::string_view path, const std::string& query, int64_t now_ns) {
  net::HttpRequest request;
  request.target = options_.endpoint.path + std::string(path) + "?" + query;
  if (options_.microseconds) request.fields.emplace_back("X-MBX-TIME-UNIT", "MICROSECOND");
  const Result<void> started = client_.start(request, now_ns, now_ns + request_limit_ns);
  if (!started) return started;
  ++requests_;
  is_asking_ = true;
  return {};
}

/// Aggregates cost less than trades, and name the last trade as well.
bool Repair::begin_newest(int64_t now_ns) {
  const Source source = source_of(EventType::agg_trade);
  const bool is_sent = budget_->take(source.weight, now_ns) &&
                       send(source.path, "symbol=" + net::percent_encode(newest_of_->symbol) + "&limit=1", now_ns).ok();
  is_asking_newest_ = is_sent;
  if (!is_sent) end_newest(std::nullopt, now_ns);
  return is_sent;
}

void Repair::end_newest(std::optional<net::HttpAnswer> answer, int64_t now_ns) {
  is_asking_newest_ = false;
  const Stream& stream = *std::exchange(newest_of_, nullptr);
  newest_.emplace();
  if (!answer) return;
  note_weight(answer->head, now_ns);
  const RestVerdict verdict = judge(*answer, source_of(EventType::agg_trade).path);
  if (verdict.kind == RestVerdict::Kind::too_many) budget_->hold_until(now_ns + verdict.least_wait_ns);
  if (verdict.kind != RestVerdict::Kind::rows) return;
  const RestPage page = read_rows(answer->body, {EventType::agg_trade, stream.symbol, options_.microseconds, 0,
                                                 std::numeric_limits<int64_t>::max(), std::nullopt});
  if (!page.rows.empty() && page.chain) newest_->ids = NewestIds{page.rows.back().id, *page.chain};
}

void Repair::note_weight(const net::HttpHead& head, int64_t now_ns) {
  if (const auto used = read_count(head.first("x-mbx-used-weight-1m"))) {
    budget_->report(*used, minute_end_ns(head, context_.now_ns(), now_ns), now_ns);
  }
}

void Repair::on_answer(net::HttpAnswer answer, int64_t now_ns) {
  note_weight(answer.head, now_ns);
  Question& question = questions_.front();
  const Missing asked = question.left;
  RestVerdict verdict = judge(answer, source_of(asked.stream->event).path);
  switch (verdict.kind) {
    case RestVerdict::Kind::rows:
      break;
    case RestVerdict::Kind::never:
      give_up(question, asked.last, std::move(verdict.why));
      return forget_answered();
    case RestVerdict::Kind::doubt:
      doubt(question, answers_without_rows, asked.last, std::move(verdict.why), now_ns);
      return forget_answered();
    case RestVerdict::Kind::too_many:
      budget_->hold_until(now_ns + verdict.least_wait_ns);
      return retry(std::move(verdict.why), verdict.least_wait_ns, now_ns);
    case RestVerdict::Kind::later:
      return retry(std::move(verdict.why), verdict.least_wait_ns, now_ns);
  }
  RestPage page = read_rows(answer.body, {asked.stream->event, asked.stream->symbol, options_.microseconds, asked.first,
                                          std::max(page_end_, asked.last), question.chain});
  if (!page.why.empty()) return retry(answer.place + ": " + page.why, 0, now_ns);
  on_page(std::move(page), now_ns);
  forget_answered();
}

void Repair::on_page(RestPage page, int64_t now_ns) {
  Question& question = questions_.front();
  const Missing asked = question.left;
  const std::string rows(source_of(asked.stream->event).rows);
  const std::string none = "the exchange has no " + rows;
  if (!page.first_id) {
    return doubt(question, answers_without_rows, asked.last, none + " from id " + std::to_string(asked.first) + " on",
                 now_ns);
  }
  const int64_t first_id = *page.first_id;
  if (page.rows.empty() && first_id == asked.first) {
    return doubt(question, answers_with_other_rows, asked.first, std::move(page.defect), now_ns);
  }
  if (first_id > asked.first) {
    doubt(question, answers_with_other_rows, std::min(first_id - 1, asked.last),
          none + " with the ids " + range_text(asked.first, first_id - 1) + "; the next that it has is " +
              std::to_string(first_id),
          now_ns);
    if (pieces_.empty()) return;
  }
  if (!page.rows.empty()) give(page, asked.stream);
}

/// To each question of the stream whose first id is among the rows.
void Repair::give(const RestPage& page, const Stream* stream) {
  const int64_t first = page.rows.front().id, last = page.rows.back().id;
  std::vector<Question*> answered;
  for (Question& each : questions_) {
    const Missing& left = each.left;
    if (left.stream == stream && left.first >= first && left.first <= last) answered.push_back(&each);
  }
  std::sort(answered.begin(), answered.end(),
            [](const Question* a, const Question* b) { return a->left.first < b->left.first; });
  const Buffer bytes = context_.new_buffer(page.text.size());
  std::memcpy(bytes.data(), page.text.data(), page.text.size());
  const char* at = reinterpret_cast<const char*>(bytes.data());
  auto row = page.rows.begin();
  for (Question* question : answered) {
    Piece piece;
    piece.range = {stream, question->left.first, std::min(question->left.last, last)};
    piece.bytes = bytes;
    for (; row != page.rows.end() && row->id <= piece.range.last; ++row) {
      if (row->id >= piece.range.first) piece.rows.push_back({row->id, {at, row->size}, row->trade_time_ns});
      at += row->size;
    }
    const int64_t passed = piece.range.last;
    pieces_.push_back(std::move(piece));
    question->chain = page.chain;
    pass(*question, passed);
  }
}

void Repair::give_up(Question& question, int64_t last, std::string why) {
  Piece piece;
  piece.range = {question.left.stream, question.left.first, last};
  piece.permanent = std::move(why);
  pieces_.push_back(std::move(piece));
  question.chain.reset();
  pass(question, last);
}

/// All of it up to `id` is answered; where that is all, it has no stream any more.
void Repair::pass(Question& question, int64_t id) {
  backoff_.reset();
  trouble_.clear();
  question.doubts = 0;
  question.not_before_ns = 0;
  if (id < question.left.last) {
    question.left.first = id + 1;
  } else {
    question.left.stream = nullptr;
  }
}

/// What is left of the question that was asked waits for its next turn.
void Repair::forget_answered() {
  if (!questions_.empty()) rotate();
  std::erase_if(questions_, [](const Question& each) { return each.left.stream == nullptr; });
}

/// Gives up all up to `last` when that many answers in a row say so. Until then, others are asked.
void Repair::doubt(Question& question, int answers, int64_t last, std::string why, int64_t now_ns) {
  if (++question.doubts >= answers) return give_up(question, last, std::move(why));
  const int64_t pause_ns = first_pause_ns << (question.doubts - 1);
  question.not_before_ns = now_ns + pause_ns;
  trouble_ = std::move(why) + "; the next request is in " + net::seconds(pause_ns);
}

void Repair::retry(std::string why, int64_t least_wait_ns, int64_t now_ns) {
  const int64_t pause_ns = std::max(backoff_.next(context_.random()).count(), least_wait_ns);
  wait_until_ns_ = now_ns + pause_ns;
  trouble_ = std::move(why) + "; the next request is in " + net::seconds(pause_ns);
}

std::optional<Repair::Piece> Repair::take() {
  if (pieces_.empty()) return std::nullopt;
  Piece piece = std::move(pieces_.front());
  pieces_.pop_front();
  return piece;
}

}  // namespace sluice::binance
