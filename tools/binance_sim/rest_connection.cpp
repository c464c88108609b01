// SPDX-License-Identifier: Apache-2.0
#include "rest_connection.hpp"

#include "clock.hpp"

namespace sluice::sim {
namespace {

constexpr auto step_deadline = std::chrono::minutes(1);

std::string address_of(Transport& transport) {
  boost::system::error_code error;
  const auto endpoint = transport.socket().remote_endpoint(error);
  return error ? std::string() : endpoint.address().to_string();
}

RestReply bad_request(unsigned status, const std::string& sentence) {
  RestReply reply;
  reply.status = status;
  reply.content_type = "text/plain";
  reply.body = sentence + "\n";
  return reply;
}

}  // namespace

RestConnection::RestConnection(Answer answer, std::unique_ptr<Transport> transport)
    : answer_(std::move(answer)), transport_(std::move(transport)), deadline_(transport_->socket().get_executor()) {}

void RestConnection::start(std::string bytes, std::function<void(RestConnection*)> gone) {
  gone_ = std::move(gone);
  unread_ = std::move(bytes);
  next();
}

void RestConnection::next() {
  const std::size_t end = unread_.find("\r\n\r\n");
  if (end == std::string::npos) {
    if (unread_.size() <= longest_request_head) return read();
    return reply(bad_request(431, "the request head is longer than 16 KiB"), false);
  }
  const std::string head = unread_.substr(0, end + 4);
  unread_.erase(0, end + 4);
  answer(head);
}

void RestConnection::read() {
  watch();
  transport_->read_some(boost::asio::buffer(incoming_),
                        [self = shared_from_this()](const Transport::Error& error, std::size_t bytes) {
                          if (self->closed_) return;
                          if (error) return self->close();
                          self->unread_.append(self->incoming_.data(), bytes);
                          self->next();
                        });
}

void RestConnection::answer(std::string_view head) {
  const std::optional<Request> request = parse_request(head);
  if (!request) return reply(bad_request(400, "this is not an HTTP request"), false);
  // A body is never read: what follows it could not be told from it.
  const bool keep_alive = request->keep_alive && !request->has_body;
  reply(answer_({request->method, request->target, request->time_unit, address_of(*transport_)}, clock_now()),
        keep_alive);
}

void RestConnection::reply(const RestReply& reply, bool keep_alive) {
  if (reply.is_reset) {
    transport_->reset();
    return close();
  }
  keep_alive_ = keep_alive;
  outgoing_ = render_reply(reply, keep_alive);
  written_ = 0;
  cut_ = reply.cut_after.has_value();
  if (reply.delay == Time::duration::zero()) return write();
  deadline_.expires_after(reply.delay);
  deadline_.async_wait([self = shared_from_this()](const boost::system::error_code& error) {
    if (!error && !self->closed_) self->write();
  });
}

void RestConnection::write() {
  watch();
  transport_->write_some(boost::asio::buffer(outgoing_.data() + written_, outgoing_.size() - written_),
                         [self = shared_from_this()](const Transport::Error& error, std::size_t bytes) {
                           if (self->closed_) return;
                           if (error) return self->close();
                           self->written_ += bytes;
                           if (self->written_ < self->outgoing_.size()) return self->write();
                           if (self->cut_) {
                             self->transport_->half_close();
                             return self->close();
                           }
                           if (self->keep_alive_) return self->next();
                           self->transport_->finish([self] { self->close(); });
                         });
}

void RestConnection::watch() {
  deadline_.expires_after(step_deadline);
  deadline_.async_wait([self = shared_from_this()](const boost::system::error_code& error) {
    if (!error) self->close();
  });
}

void RestConnection::close() {
  if (closed_) return;
  closed_ = true;
  const auto self = shared_from_this();
  deadline_.cancel();
  transport_->close();
  gone_(this);
}

}  // namespace sluice::sim
