// SPDX-License-Identifier: Apache-2.0
// The smallest plugin: a transform that counts records and writes a greeting to the log. Copy it to start your own;
// docs/plugins.md explains each line.
#include <memory>
#include <string>

#include "sluice/plugin.hpp"

namespace {

class Hello : public sluice::Transform {
 public:
  explicit Hello(sluice::Context context, std::string greeting)
      : context_(context),
        greeting_(std::move(greeting)),
        greeted_(context.counter("greeted_total", "Records that passed.")) {}

  static void describe(sluice::Config, sluice::Description&) {}

  static sluice::Result<std::unique_ptr<Hello>> open(sluice::Context context, sluice::Config options) {
    return std::make_unique<Hello>(context, std::string(options["greeting"].text()));
  }

  sluice::Result<void> start() override {
    context_.info(greeting_);
    return {};
  }

  sluice::Result<void> process(uint32_t, sluice::Batch batch) override {
    greeted_.add(batch.size());
    context_.emit(0, std::move(batch));
    return {};
  }

 private:
  sluice::Context context_;
  std::string greeting_;
  sluice::Metric greeted_;
};

constexpr sluice_option options[] = {
    sluice::option::text("greeting", "What to say when the graph starts.").or_else("hello"),
};
constexpr sluice_node_type types[] = {
    sluice::transform_type<Hello>("hello", "Passes records on and greets in the log.", options),
};

}  // namespace

SLUICE_EXPORT_PLUGIN("hello", "0.1.0", "The example plugin of the SDK.", types)
