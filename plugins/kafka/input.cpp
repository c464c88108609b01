// SPDX-License-Identifier: Apache-2.0
#include "input.hpp"

#include "library.hpp"
#include "tail.hpp"

namespace sluice::kafka {
namespace {

constexpr std::chrono::milliseconds open_deadline{5000};

Result<std::unique_ptr<Input>> open_embedded(Context context, const Settings& settings) {
  Result<std::shared_ptr<Embedded>> embedded = Embedded::get();
  if (!embedded) return embedded.error();
  Result<std::shared_ptr<EmbeddedTopic>> topic = (*embedded)->topic(settings.topic, settings.partition_count);
  if (!topic) return topic.error();
  const Topic found{(*topic)->partition_count()};
  auto writer = std::make_unique<Writer>(context, settings, *embedded, std::move(*topic), found, nullptr);
  return std::make_unique<Input>(context, settings, std::move(*embedded), nullptr, std::move(writer));
}

}  // namespace

Result<std::unique_ptr<Input>> Input::open(Context context, Config config) {
  Result<Settings> settings = read_settings(config);
  if (!settings) return settings.error();
  report_library(context, *settings, Half::input);
  if (settings->is_embedded) return open_embedded(context, *settings);
  const std::atomic<bool> never{false};
  Result<Topic> topic = ensure_topic(*settings, open_deadline, never);
  std::optional<Topic> found;
  if (topic) {
    found = std::move(*topic);
  } else if (topic.error().category != Category::transient) {
    return topic.error();
  } else {
    context.connecting(topic.error().message);
  }
  const std::shared_ptr<WriteLock> lock = settings->lock.empty() ? nullptr : WriteLock::of(context, *settings);
  auto writer = std::make_unique<Writer>(context, *settings, nullptr, nullptr, std::move(found), lock);
  return std::make_unique<Input>(context, *settings, nullptr, lock, std::move(writer));
}

Result<void> Input::start() {
  writer_->start();
  return {};
}

Result<void> Input::tail(const sluice_tail_query& query, TailTaker& taker) const {
  // A source that has to ask gives each event to one process; a second one would store it again.
  if (embedded_ == nullptr) writer_->watch_for_others();
  return read_tail(context_, settings_, embedded_ == nullptr ? settings_.brokers : embedded_->brokers(), record_maker_,
                   query, taker);
}

Result<void> Input::claim(Claim& claim) const {
  if (lock_ == nullptr) return bug("a relay without a lock was asked for it");
  return lock_->claim(claim);
}

Result<void> Input::write(Batch batch) {
  if (batch.empty()) {
    std::move(batch).deliver();
    return {};
  }
  writer_->write(std::move(batch));
  return {};
}

}  // namespace sluice::kafka
