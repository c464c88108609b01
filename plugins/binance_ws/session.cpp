// SPDX-License-Identifier: Apache-2.0
#include "session.hpp"

#include <algorithm>

#include "sluice/net/frame_writer.hpp"
#include "sluice/net/seconds.hpp"
#include "sluice/safe_text.hpp"

namespace sluice::binance {
namespace {

// A peer that sends pings and reads no pongs must not fill our memory; an answer to the latest ones is no use to it.
constexpr size_t most_waiting_bytes = 16 * 1024;

constexpr size_t longest_reason = 200;
// A message this slow is not worth waiting for: the largest that the default max_frame allows takes 17 minutes.
constexpr int64_t least_bytes_a_second = 1024;
constexpr int64_t longest_step_ns = 5'000'000'000;

}  // namespace

Session::Session(Context context, std::unique_ptr<net::Transport> transport, net::ReadBuffer& buffer,
                 const SessionLimits& limits, int64_t now_ns)
    : context_(context),
      transport_(std::move(transport)),
      buffer_(buffer),
      limits_(limits),
      reader_(limits.max_frame_bytes),
      receive_time_ns_(context.now_ns()),
      opened_ns_(now_ns),
      last_byte_ns_(now_ns),
      data_deadline_ns_(now_ns + limits.data_deadline_ns) {
  // Frames may have come right behind the upgrade's answer.
  bytes_ += buffer_.unread_bytes();
  scan();
}

void Session::read(int64_t now_ns) {
  if (loss_ || drained_) return;
  buffer_.make_room(reader_.needed());
  uint64_t got = 0;
  const net::Io io = transport_->read(buffer_.room(), buffer_.room_bytes(), got);
  drained_ = transport_->drained();
  read_wants_write_ = io == net::Io::want_write;
  switch (io) {
    case net::Io::done:
      receive_time_ns_ = context_.now_ns();
      last_byte_ns_ = now_ns;
      bytes_ += got;
      buffer_.filled(got);
      scan();
      break;
    case net::Io::want_read:
    case net::Io::want_write:
      break;
    case net::Io::ended:
      lose(Cause::cut, "the connection ended without a close frame");
      break;
    case net::Io::failed:
      lose(Cause::cut, "the connection broke: " + transport_->error());
      break;
  }
}

void Session::scan() {
  buffer_.consume(reader_.scan(buffer_.unread(), buffer_.unread_bytes()));
  messages_ += reader_.messages().size();
  messages_without_data_ += reader_.messages().size();
  if (!reader_.pings().empty()) answer_pings();
  switch (reader_.end()) {
    case net::StreamEnd::none:
      break;
    case net::StreamEnd::closed: {
      const uint16_t code = reader_.close_code();
      const std::string with = code == 1005 ? "without a code" : "with code " + std::to_string(code);
      const std::string reason = reader_.why().empty() ? "" : " '" + safe_text(reader_.why(), longest_reason) + "'";
      lose_and_tell(Cause::closed, "the exchange closed the connection " + with + reason, code == 1005 ? 1000 : code);
      break;
    }
    case net::StreamEnd::protocol_error:
      lose_and_tell(Cause::protocol,
                    "the exchange broke the websocket protocol: " + safe_text(reader_.why(), longest_reason), 1002);
      break;
    case net::StreamEnd::too_big:
      lose_and_tell(
          Cause::too_big,
          reader_.why() + " (" + std::to_string(limits_.max_frame_bytes) + " bytes); raise it if that is data", 1009);
      break;
  }
}

void Session::answer_pings() {
  for (const net::Ping& ping : reader_.pings()) {
    if (outbox_.size() < most_waiting_bytes) net::append_pong(outbox_, ping.payload, ping.size, mask());
  }
  pings_ += reader_.pings().size();
  reader_.clear_pings();
  send_waiting();
}

void Session::send_waiting() {
  size_t done = 0;
  while (done < outbox_.size() && !loss_) {
    uint64_t sent = 0;
    const net::Io io = transport_->write(outbox_.data() + done, outbox_.size() - done, sent);
    if (io == net::Io::failed || io == net::Io::ended) {
      lose(Cause::cut, "the connection broke: " + transport_->error());
      break;
    }
    if (io != net::Io::done) break;
    done += sent;
  }
  outbox_.erase(outbox_.begin(), outbox_.begin() + static_cast<std::ptrdiff_t>(done));
}

void Session::rest(int64_t now_ns) {
  if (loss_) return;
  if (resting_since_ns_ < 0) resting_since_ns_ = now_ns;
  if (now_ns - resting_since_ns_ < limits_.stop_reading_limit_ns) return;
  lose_and_tell(
      Cause::backpressure,
      "there was no room downstream for " + net::seconds(limits_.stop_reading_limit_ns) +
          ", so the connection was closed before the exchange would cut it off; what the exchange sends until "
          "there is room again is missing",
      1000);
}

void Session::resume(int64_t now_ns) {
  if (resting_since_ns_ < 0) return;
  last_byte_ns_ += now_ns - resting_since_ns_;
  data_deadline_ns_ += now_ns - resting_since_ns_;
  resting_since_ns_ = -1;
}

void Session::check_deadlines(int64_t now_ns) {
  if (loss_) return;
  if (now_ns - last_byte_ns_ >= limits_.read_deadline_ns) {
    lose_and_tell(Cause::silent, "no byte came for " + net::seconds(limits_.read_deadline_ns), 1000);
  } else if (now_ns >= data_deadline_ns_ && !large_message_comes(now_ns)) {
    const std::string others = messages_without_data_ == 0
                                   ? "nothing but pings"
                                   : "messages of other kinds (" + std::to_string(messages_without_data_) + ")";
    lose_and_tell(Cause::no_data,
                  "no event of the streams came for " + net::seconds(limits_.data_deadline_ns) +
                      ", although the connection lives: " + others +
                      "; if these streams are that quiet, raise data_deadline",
                  1000);
  }
}

void Session::note_data(int64_t now_ns) {
  had_data_ = true;
  messages_without_data_ = 0;
  awaited_message_ = UINT64_MAX;
  data_deadline_ns_ = now_ns + limits_.data_deadline_ns;
}

/// A message that was coming when its time was over is waited for as long as it goes on coming; what it is shows when
/// it is whole. Those that begin later are not.
bool Session::large_message_comes(int64_t now_ns) {
  const uint64_t bytes = reader_.partial_bytes() + buffer_.unread_bytes();
  const bool is_same = awaited_message_ == messages_;
  if (bytes == 0 || (awaited_message_ != UINT64_MAX && !is_same)) return false;
  const int64_t step_ns = std::min(limits_.data_deadline_ns, longest_step_ns);
  const int64_t least = step_ns / 1'000'000 * least_bytes_a_second / 1000;
  if (is_same && static_cast<int64_t>(bytes - awaited_bytes_) < least) return false;
  awaited_message_ = messages_;
  awaited_bytes_ = bytes;
  data_deadline_ns_ = now_ns + step_ns;
  return true;
}

int64_t Session::next_deadline_ns() const {
  if (resting_since_ns_ >= 0) return resting_since_ns_ + limits_.stop_reading_limit_ns;
  return std::min(last_byte_ns_ + limits_.read_deadline_ns, data_deadline_ns_);
}

short Session::events(bool reading) const {
  int events = 0;
  if (reading) events |= read_wants_write_ ? POLLIN | POLLOUT : POLLIN;
  if (!outbox_.empty()) events |= POLLOUT;
  return static_cast<short>(events);
}

void Session::say_goodbye() {
  if (loss_) return;
  net::append_close(outbox_, 1000, {}, mask());
  send_waiting();
}

bool Session::linger() {
  if (!loss_) send_waiting();
  uint8_t thrown_away[4096];
  for (int i = 0; i < 16 && !loss_; ++i) {
    uint64_t got = 0;
    const net::Io io = transport_->read(thrown_away, sizeof thrown_away, got);
    if (io == net::Io::want_read || io == net::Io::want_write) return false;
    if (io != net::Io::done) return true;
  }
  return loss_.has_value();
}

void Session::lose(Cause cause, std::string sentence) {
  if (loss_) return;
  loss_ = Loss{cause, std::move(sentence), 0};
  transport_->close();
}

void Session::lose_and_tell(Cause cause, std::string sentence, uint16_t close_code) {
  if (loss_) return;
  net::append_close(outbox_, close_code, {}, mask());
  send_waiting();
  lose(cause, std::move(sentence));
}

}  // namespace sluice::binance
