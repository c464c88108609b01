// SPDX-License-Identifier: Apache-2.0
// Fetches missing trades and aggTrades by id from the exchange's REST interface, as the websocket would have sent them,
// without E. Questions take turns, a page each, so that a large one does not delay small ones; a page also answers the
// other questions of its stream, as far as their ids lie in it. What REST cannot give comes as a permanent piece that
// says why; everything else that goes wrong is retried for as long as it takes, within the weight that the exchange
// allows. At most one page is in flight or waits to be taken. A state machine that never blocks. One thread.
#pragma once
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "newest_ids.hpp"
#include "repair_options.hpp"
#include "repair_rows.hpp"
#include "sluice/backoff.hpp"
#include "sluice/net/http_client.hpp"
#include "stream_table.hpp"
#include "weight_budget.hpp"

namespace sluice::binance {

/// Ids that a stream of type trade or aggTrade did not bring. Both ends belong to it.
struct Missing {
  const Stream* stream = nullptr;  ///< outlives the repair
  int64_t first = 0;
  int64_t last = 0;
};

struct RepairedRow {
  int64_t id = 0;
  std::string_view payload;  ///< a view into the bytes of the piece
  int64_t trade_time_ns = 0;
};

class Repair {
 public:
  /// That many questions wait at most.
  static constexpr size_t most_questions = 65'536;
  static constexpr int64_t rows_a_page = 1000;

  enum class Wish : uint8_t {
    now,
    later,  ///< something else of its stream comes first
    never   ///< it is not missing any more
  };
  /// Of what is left of a question, before a page of it is requested.
  using Wishes = std::function<Wish(const Missing&)>;

  Repair(Context context, const RepairOptions& options, SSL_CTX* tls, net::Waker waker, Wishes wishes = {});

  /// Queued behind what was asked before; the ranges of a stream do not overlap. False: it is not taken, as too many
  /// wait, or as the stream is neither trade nor aggTrade, or as last lies before first.
  [[nodiscard]] bool ask(const Missing& missing);

  /// What is the newest aggregate of the stream's symbol? Asked before the next page. One question at a time.
  void ask_newest(const Stream& stream) { newest_of_ = &stream; }
  struct NewestAnswer {
    std::optional<NewestIds> ids;  ///< nothing: REST does not say, for whatever reason; it is not asked again
  };
  std::optional<NewestAnswer> take_newest() { return std::exchange(newest_, std::nullopt); }

  /// Does nothing while a piece waits to be taken.
  void step(int64_t now_ns);
  /// Nothing is asked, and no piece waits.
  bool is_idle() const { return questions_.empty() && pieces_.empty(); }
  // For poll. fd -1: only the deadline counts, and a wake.
  int fd() const { return is_asking_ ? client_.fd() : -1; }
  short events() const { return is_asking_ ? client_.events() : short{0}; }
  /// When to call `step` again at the latest.
  int64_t deadline_ns() const;

  struct Piece {
    Missing range;  ///< the part of the question that this answers
    Buffer bytes;
    std::vector<RepairedRow> rows;  ///< each id of the range, in order
    std::string permanent;          ///< not empty: REST cannot give this range, and why; then there are no rows
  };
  /// Those of a question come in order of ids, and together cover its range exactly once.
  std::optional<Piece> take();

  /// Why it does not get on now, and when it goes on; empty: it does.
  std::string_view trouble() const { return trouble_; }
  /// That were sent so far.
  uint64_t requests() const { return requests_; }

 private:
  struct Question {
    Missing left;
    std::optional<int64_t> chain;  ///< the last trade of the aggTrade before its first id, where that was in an answer
    int doubts = 0;                ///< answers in a row that say that REST cannot give its first id, and may yet change
    int64_t not_before_ns = 0;
  };
  bool choose(int64_t now_ns);
  bool begin(int64_t now_ns);
  bool begin_newest(int64_t now_ns);
  void end_newest(std::optional<net::HttpAnswer> answer, int64_t now_ns);
  Result<void> send(std::string_view path, const std::string& query, int64_t now_ns);
  void note_weight(const net::HttpHead& head, int64_t now_ns);
  void on_answer(net::HttpAnswer answer, int64_t now_ns);
  void on_page(RestPage page, int64_t now_ns);
  void give(const RestPage& page, const Stream* stream);
  void give_up(Question& question, int64_t last, std::string why);
  void doubt(Question& question, int answers, int64_t last, std::string why, int64_t now_ns);
  void retry(std::string why, int64_t least_wait_ns, int64_t now_ns);
  void pass(Question& question, int64_t id);
  int64_t page_end() const;
  void rotate();
  void forget_answered();

  Context context_;
  RepairOptions options_;
  net::HttpClient client_;
  Wishes wishes_;
  std::shared_ptr<WeightBudget> budget_;
  Backoff backoff_;

  std::deque<Question> questions_;  ///< the first is asked next, or is being asked
  std::deque<Piece> pieces_;        ///< of one answer
  int64_t page_end_ = 0;            ///< the last id that is being asked for
  const Stream* newest_of_ = nullptr;
  std::optional<NewestAnswer> newest_;
  bool is_asking_ = false;
  bool is_asking_newest_ = false;  ///< is_asking_ is true as well
  int64_t wait_until_ns_ = 0;      ///< for the server
  int64_t turn_ns_ = 0;            ///< when a question may have its turn
  uint64_t requests_ = 0;
  std::string trouble_;
};

}  // namespace sluice::binance
