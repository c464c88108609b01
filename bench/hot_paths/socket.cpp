// SPDX-License-Identifier: Apache-2.0
// The exchange's frames from a socket through a whole graph: session, frame reader, decoder, record maker, stamp, route
// and settling, on the one thread of a running stage. The meter runs from poll to poll, so the stage's own loop counts.
#include <cstdlib>

#include "graph_builder.hpp"
#include "hot_path.hpp"
#include "loopback.hpp"
#include "material.hpp"
#include "metrics.hpp"
#include "record_maker.hpp"
#include "route.hpp"
#include "sluice/plugin.hpp"
#include "stamp.hpp"
#include "still_graph.hpp"

namespace sluice::bench {
namespace {

constexpr uint32_t warm_polls = 4;
constexpr uint32_t metered_polls = 16;

enum class Metered { turns, records };

struct Run {
  Meter& meter;
  Metered metered;
  uint32_t polls = 0;
  uint64_t records = 0;
};

class FrameSource : public Source {
 public:
  FrameSource(Context context, Run& run)
      : context_(context),
        run_(run),
        metrics_(context),
        buffer_(context),
        maker_(context, exchange_streams(), false, metrics_),
        loopback_(context, buffer_) {}
  static void describe(Config, Description&) {}
  static Result<std::unique_ptr<FrameSource>> open(Context context, Config options) {
    return std::make_unique<FrameSource>(context, testing::Shared::of<Run>(options));
  }
  Result<Poll> poll(const Credit& credit, int64_t) override {
    const bool counts = run_.polls >= warm_polls;
    const bool counts_turns = run_.metered == Metered::turns;
    if (run_.polls > warm_polls && counts_turns) run_.meter.stop();
    if (run_.polls++ == warm_polls + metered_polls) return Poll::ended;
    loopback_.fill();
    if (counts && counts_turns) run_.meter.start();
    loopback_.session().read(context_.monotonic_ns());
    if (counts && !counts_turns) run_.meter.start();
    const uint64_t records = maker_.emit(loopback_.session(), buffer_, credit).records;
    if (counts && !counts_turns) run_.meter.stop();
    if (counts) run_.records += records;
    return Poll::more;
  }
  void wake() override {}

 private:
  Context context_;
  Run& run_;
  binance::Metrics metrics_;
  net::ReadBuffer buffer_;
  binance::RecordMaker maker_;
  Loopback loopback_;
};

constexpr sluice_node_type frames_type = source_type<FrameSource>("frames", "", {});
constexpr sluice_node_type stamp_type = transform_type<flow::Stamp>("stamp", "", flow::stamp_options);
constexpr sluice_node_type route_type = transform_type<flow::Route>("route", "", flow::route_options);

Round through(Metered metered, std::vector<Step> steps) {
  return [metered, steps = std::move(steps)](Meter& meter) {
    Run run{meter, metered};
    testing::GraphBuilder builder;
    builder.plan.attributes = exchange_attributes();
    builder.node("frames", frames_type, run, {"out", "malformed"});
    add_steps(builder, "frames", steps);
    engine::GraphRuntime runtime(builder.build(), {});
    if (runtime.open()) std::abort();
    runtime.start();
    runtime.wait();
    if (runtime.failure()) std::abort();
    return run.records;
  };
}

}  // namespace

Round record_making() { return through(Metered::records, {}); }

Round socket_to_discard() {
  const auto ports = testing::map({{"trades", testing::list({"trade", "aggTrade"})}, {"quotes", "bookTicker"}});
  const testing::Values by_type{{"by", "stream_type"}, {"ports", ports}, {"otherwise", "discard"}};
  return through(Metered::turns, {{&stamp_type}, {&route_type, by_type, {"trades", "quotes"}}});
}

}  // namespace sluice::bench
