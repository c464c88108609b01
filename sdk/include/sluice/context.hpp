// SPDX-License-Identifier: Apache-2.0
// The host's functions for one node, with C++ types. Copyable; valid for the life of the process, also after close.
// Each method says which threads may call it; the same words stand at the C contract.
#pragma once
#include <string_view>
#include <utility>

#include "sluice/batch.hpp"
#include "sluice/token.hpp"

namespace sluice {
inline namespace v1 {

/// A counter or gauge of the node; add and set from any thread, cheap enough for once a batch.
class Metric {
 public:
  Metric() = default;
  Metric(const sluice_host* host, sluice_metric* metric) : host_(host), metric_(metric) {}
  void add(int64_t amount = 1) const {
    if (metric_ != nullptr) host_->metric_add(metric_, amount);
  }
  void set(int64_t value) const {
    if (metric_ != nullptr) host_->metric_set(metric_, value);
  }

 private:
  const sluice_host* host_ = nullptr;
  sluice_metric* metric_ = nullptr;
};

class Context {
 public:
  Context() = default;
  Context(const sluice_host* host, sluice_context* context) : host_(host), context_(context) {}

  // Any thread.
  void debug(std::string_view sentence) const { host_->log(context_, SLUICE_LOG_DEBUG, to_str(sentence)); }
  void info(std::string_view sentence) const { host_->log(context_, SLUICE_LOG_INFO, to_str(sentence)); }
  void warn(std::string_view sentence) const { host_->log(context_, SLUICE_LOG_WARN, to_str(sentence)); }
  void error(std::string_view sentence) const { host_->log(context_, SLUICE_LOG_ERROR, to_str(sentence)); }
  int64_t now_ns() const { return host_->now(context_); }
  int64_t monotonic_ns() const { return host_->monotonic(context_); }
  uint64_t random() const { return host_->random(context_); }
  /// Stops the graph, which names this node and the error.
  void stop(const Error& why) const {
    sluice_error error = empty_error();
    to_abi(why, &error);
    host_->stop(context_, &error);
  }
  void wake() const { host_->wake(context_); }
  void ready(std::string_view sentence = {}) const { host_->status(context_, SLUICE_STATUS_READY, to_str(sentence)); }
  void connecting(std::string_view why) const { host_->status(context_, SLUICE_STATUS_CONNECTING, to_str(why)); }
  void blocked(std::string_view why) const { host_->status(context_, SLUICE_STATUS_BLOCKED, to_str(why)); }
  std::string_view intern(std::string_view text) const { return to_view(host_->intern(context_, to_str(text))); }
  Buffer new_buffer(uint64_t capacity) const { return {host_, host_->buffer_new(context_, capacity)}; }
  Batch new_batch(uint32_t capacity) const { return {host_, context_, host_->batch_new(context_, capacity)}; }
  Batch adopt(sluice_batch* take) const { return {host_, context_, take}; }

  // open.
  int32_t attribute(std::string_view name) const { return host_->attribute(context_, to_str(name)); }
  bool wired(uint32_t output_port) const { return host_->wired(context_, output_port) != 0; }
  Metric counter(std::string_view name, std::string_view help) const {
    return {host_, host_->metric(context_, SLUICE_COUNTER, to_str(name), to_str(help))};
  }
  Metric gauge(std::string_view name, std::string_view help) const {
    return {host_, host_->metric(context_, SLUICE_GAUGE, to_str(name), to_str(help))};
  }

  // Stage thread, inside a call of the host.
  void emit(uint32_t output_port, Batch batch) const { host_->emit(context_, output_port, batch.release()); }
  /// A source's batch: the next range of a partition, up to `end`.
  void emit(uint32_t output_port, Batch batch, uint32_t partition, int64_t end) const {
    host_->emit_source(context_, output_port, batch.release(), partition, end);
  }
  /// A source's batch that goes nowhere: it counts as received, and is then discarded or failed.
  void begin(Batch& batch, uint32_t partition, int64_t end) const {
    host_->begin_source(context_, batch.get(), partition, end);
  }
  /// A source's batch that has no position.
  void emit_unpositioned(uint32_t output_port, Batch batch) const {
    host_->emit_source(context_, output_port, batch.release(), SLUICE_NO_PARTITION, 0);
  }
  void set_timer(int64_t monotonic_deadline_ns) const { host_->timer(context_, monotonic_deadline_ns); }
  void clear_timer() const { host_->timer(context_, 0); }

  // Transform that absorbs, any thread that owns batch and token.
  /// Frees the records; `into` owes for them, too.
  void absorb(Token& into, Batch batch) const {
    sluice_token* const before = into.release();
    into = Token(host_, context_, host_->absorb(context_, before, batch.release()));
  }
  /// A fresh batch with records in it answers for what the token owes: that settles when all of the batch has.
  void bind(Batch& fresh, Token token) const { host_->batch_bind(context_, fresh.get(), token.release()); }

  // Sink, any thread.
  void hold(bool on) const { host_->hold(context_, on ? 1 : 0); }

  // Source.
  uint32_t open_partition(std::string_view name, int64_t position) const {
    return host_->partition_open(context_, to_str(name), position);
  }
  void revoke_partition(uint32_t partition) const { host_->partition_revoke(context_, partition); }
  void lose_partition(uint32_t partition) const { host_->partition_lost(context_, partition); }
  void committed(uint32_t partition, int64_t position) const {
    host_->committed(context_, partition, position, nullptr);
  }
  void commit_failed(uint32_t partition, int64_t position, const Error& why) const {
    sluice_error error = empty_error();
    to_abi(why, &error);
    host_->committed(context_, partition, position, &error);
  }

  /// Any thread: how many records wait at the server, of one partition or, with an empty name, of all.
  void lag(std::string_view partition, uint64_t records) const { host_->lag(context_, to_str(partition), records); }

  const sluice_host* host() const { return host_; }
  sluice_context* get() const { return context_; }

 private:
  const sluice_host* host_ = nullptr;
  sluice_context* context_ = nullptr;
};

}  // namespace v1
}  // namespace sluice
