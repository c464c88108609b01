// SPDX-License-Identifier: Apache-2.0
// One open websocket: reads large, lists whole messages as views into the read buffer, answers pings in the same walk
// and ahead of any decoding, and watches its deadlines; which messages are data, its owner says. It ends with a loss
// that says why; messages that came before the end are still there to be taken. Never blocks, never reads while
// messages wait to be taken, never reconnects.
#pragma once
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cause.hpp"
#include "sluice/net/frame_reader.hpp"
#include "sluice/net/read_buffer.hpp"
#include "sluice/net/transport.hpp"

namespace sluice::binance {

struct SessionLimits {
  uint64_t max_frame_bytes = 0;
  int64_t read_deadline_ns = 0;
  int64_t data_deadline_ns = 0;
  int64_t stop_reading_limit_ns = 0;
};

class Session {
 public:
  Session(Context context, std::unique_ptr<net::Transport> transport, net::ReadBuffer& buffer,
          const SessionLimits& limits, int64_t now_ns);

  /// Reads what is there, at most one buffer full; all messages must have been taken before. Does nothing once the
  /// socket was drained and until socket_ready.
  void read(int64_t now_ns);
  /// There is no room downstream: deadlines rest, and after stop_reading_limit the session ends.
  void rest(int64_t now_ns);
  /// There is room again: deadlines go on from where they stood.
  void resume(int64_t now_ns);
  /// When all messages were taken, and what was data among them noted.
  void check_deadlines(int64_t now_ns);
  /// Events of streams that were asked for have come: nothing else counts for data_deadline.
  void note_data(int64_t now_ns);
  /// Sends what waits to be sent, as far as the socket takes it.
  void send_waiting();
  /// Ends the connection for a cause that its owner found.
  void give_up(Cause cause, std::string sentence) { lose_and_tell(cause, std::move(sentence), 1000); }
  /// Sends a close frame; what comes from now on is thrown away by `linger`.
  void say_goodbye();
  /// After goodbye: throws away what comes; true when the other side has ended.
  bool linger();

  const std::vector<net::Message>& messages() const { return reader_.messages(); }
  /// How many of them were taken; the owner counts.
  uint64_t& taken() { return taken_; }
  void messages_taken() {
    reader_.clear_messages();
    taken_ = 0;
  }
  int64_t receive_time_ns() const { return receive_time_ns_; }

  const std::optional<Loss>& loss() const { return loss_; }
  bool had_data() const { return had_data_; }
  int64_t opened_ns() const { return opened_ns_; }
  /// The last read left nothing behind: wait for the socket before the next.
  bool drained() const { return drained_; }
  void socket_ready() { drained_ = false; }
  int fd() const { return transport_->fd(); }
  short events(bool reading) const;
  int64_t next_deadline_ns() const;

  uint64_t take_bytes() { return std::exchange(bytes_, 0); }
  uint64_t take_pings() { return std::exchange(pings_, 0); }

 private:
  void scan();
  bool large_message_comes(int64_t now_ns);
  void answer_pings();
  void lose(Cause cause, std::string sentence);
  void lose_and_tell(Cause cause, std::string sentence, uint16_t close_code);
  uint32_t mask() const { return static_cast<uint32_t>(context_.random()); }

  Context context_;
  std::unique_ptr<net::Transport> transport_;
  net::ReadBuffer& buffer_;
  SessionLimits limits_;
  net::FrameReader reader_;
  std::vector<uint8_t> outbox_;
  bool drained_ = false;
  bool had_data_ = false;
  bool read_wants_write_ = false;
  int64_t receive_time_ns_;
  int64_t opened_ns_;
  int64_t last_byte_ns_;
  int64_t data_deadline_ns_;
  uint64_t taken_ = 0;
  uint64_t messages_ = 0;               ///< that have come whole
  uint64_t messages_without_data_ = 0;  ///< of them, since the last data
  /// What data_deadline waits for beyond its time: the message that was coming then, and how much of it was there.
  uint64_t awaited_message_ = UINT64_MAX;
  uint64_t awaited_bytes_ = 0;
  int64_t resting_since_ns_ = -1;
  uint64_t bytes_ = 0;
  uint64_t pings_ = 0;
  std::optional<Loss> loss_;
};

}  // namespace sluice::binance
