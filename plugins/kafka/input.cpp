// SPDX-License-Identifier: Apache-2.0
#include "input.hpp"

#include "library.hpp"

namespace sluice::kafka {
namespace {

constexpr std::chrono::milliseconds open_deadline{5000};

Result<std::unique_ptr<Input>> open_embedded(Context context, Settings settings) {
  Result<std::shared_ptr<Embedded>> embedded = Embedded::get();
  if (!embedded) return embedded.error();
  Result<std::shared_ptr<EmbeddedTopic>> topic = (*embedded)->topic(settings.topic, settings.partition_count);
  if (!topic) return topic.error();
  const Topic found{(*topic)->partition_count()};
  return std::make_unique<Input>(
      std::make_unique<Writer>(context, std::move(settings), std::move(*embedded), std::move(*topic), found));
}

}  // namespace

Result<std::unique_ptr<Input>> Input::open(Context context, Config config) {
  Result<Settings> settings = read_settings(config);
  if (!settings) return settings.error();
  report_library(context, *settings, Half::input);
  if (settings->is_embedded) return open_embedded(context, std::move(*settings));
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
  return std::make_unique<Input>(
      std::make_unique<Writer>(context, std::move(*settings), nullptr, nullptr, std::move(found)));
}

Result<void> Input::start() {
  writer_->start();
  return {};
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
