// SPDX-License-Identifier: Apache-2.0
// The harness must notice what it promises to notice: nodes that break one promise each, and the sentence that comes.
#include <stdexcept>
#include <thread>

#include "catch.hpp"
#include "sluice/plugin.hpp"
#include "sluice/testing/contract_rules.hpp"

namespace {

using sluice::Batch;
using sluice::Config;
using sluice::Context;
using sluice::Result;
using sluice::testing::Harness;
using sluice::testing::Input;
using sluice::testing::Setup;

/// A transform whose one deed the test names.
class Sinner : public sluice::Transform {
 public:
  Sinner(Context context, std::string deed) : context_(context), deed_(std::move(deed)) {}
  static void describe(Config options, sluice::Description& description) {
    static int calls = 0;
    if (options["deed"].text() == "moody describe" && ++calls % 2 == 0) description.memory_bytes(1);
    description.output("out");
    description.optional_output("side");
    description.provides_text("symbol");
    if (options["deed"].text().starts_with("token")) description.absorbs(10, 1'000, 0);
  }
  static Result<std::unique_ptr<Sinner>> open(Context context, Config options) {
    return std::make_unique<Sinner>(context, std::string(options["deed"].text()));
  }
  Result<void> start() override {
    if (deed_ == "timer without end") context_.set_timer(context_.monotonic_ns());
    return {};
  }
  Result<void> on_timer(int64_t now_ns) override {
    if (deed_ == "timer without end") context_.set_timer(now_ns);
    return {};
  }
  Result<void> flush(sluice::Flush) override {
    if (deed_ == "hold through flush") return {};
    for (Batch& each : held_) context_.emit(0, std::move(each));
    held_.clear();
    return {};
  }
  Result<void> process(uint32_t, Batch batch) override {
    if (deed_ == "drop") return {};
    if (deed_ == "leak") {
      leaked_ = batch.release();
      return {};
    }
    if (deed_ == "settle twice") {
      sluice_batch* raw = batch.get();
      std::move(batch).deliver();
      context_.adopt(raw).deliver();
      return {};
    }
    if (deed_ == "hold through flush" || deed_ == "hold") {
      held_.push_back(std::move(batch));
      return {};
    }
    if (deed_ == "other thread") {
      std::thread([&] { context_.emit(0, std::move(batch)); }).join();
      return {};
    }
    if (deed_.starts_with("token") || deed_ == "absorb unsaid") {
      sluice::Token token;
      context_.absorb(token, std::move(batch));
      if (deed_ == "token leaked") token.release();
      if (deed_ == "token relinquished") std::move(token).relinquish();
      if (deed_ == "token held") token_ = std::move(token);
      if (deed_ == "token bound to nothing") {
        Batch none = context_.new_batch(1);
        context_.bind(none, std::move(token));
      }
      return {};
    }
    if (deed_ == "no reason") {
      std::move(batch).discard("");
      return {};
    }
    if (deed_ == "accept") {
      std::move(batch).accept();
      return {};
    }
    if (deed_ == "stray payload") {
      static const uint8_t bytes[80] = "static";
      batch[0].set_payload(bytes, 6, 0);
    }
    if (deed_ == "stray text") batch[0].set_text(context_.attribute("symbol"), "a literal");
    if (deed_ == "fresh records") {
      Batch fresh = context_.new_batch(1);
      fresh.append();
      context_.emit(0, std::move(fresh));
    }
    if (deed_ == "change later") {
      const auto* payload = reinterpret_cast<const uint8_t*>(batch[0].payload().data());
      const uint32_t port = deed_.empty() ? 1 : 0;
      context_.emit(port, std::move(batch));
      *const_cast<uint8_t*>(payload) = '!';
      return {};
    }
    context_.emit(deed_ == "unwired" ? 1 : deed_ == "no such port" ? 7 : 0, std::move(batch));
    return {};
  }

 private:
  Context context_;
  std::string deed_;
  std::vector<Batch> held_;
  sluice_batch* leaked_ = nullptr;
  sluice::Token token_;
};

constexpr sluice_option options[] = {sluice::option::text("deed", "What to do wrong.").or_else("none")};
constexpr sluice_node_type sinner = sluice::transform_type<Sinner>("sinner", "Breaks a promise.", options);

/// The sentences that the end of the harness throws after one write.
std::string sentences_of(const std::string& deed) {
  Setup setup;
  setup.name = "wrongdoer";
  setup.unwired = {"side"};
  try {
    Harness node(sinner, {{"deed", deed}}, setup);
    node.begin();
    CHECK(node.write({"{}", "{}"}));
    node.finish();
  } catch (const std::logic_error& e) {
    return e.what();
  }
  return {};
}

using Catch::Matchers::Contains;

}  // namespace

TEST_CASE("an honest node gives no sentence") { CHECK(sentences_of("none").empty()); }

TEST_CASE("every broken promise is named, with the node") {
  const std::pair<std::string, std::string> cases[] = {
      {"drop", "drops a batch of 2 records without a verdict"},
      {"leak", "never ended a batch of 2 records"},
      {"settle twice", "settle of a batch that the node does not own"},
      {"absorb unsaid", "absorbs, and its description does not say so"},
      {"token dropped", "drops a token of 2 records"},
      {"token leaked", "never ended a token of 2 records"},
      {"token relinquished", "relinquishes what nothing gives out again"},
      {"token held", "still owns 1 batches after flush"},
      {"token bound to nothing", "binds a token of 2 records to a batch of 0"},
      {"hold through flush", "still owns 1 batches after flush"},
      {"other thread", "calls emit outside a call of the host"},
      {"no reason", "gives no reason"},
      {"accept", "only the input half of a relay"},
      {"stray payload", "does not lie in the buffer it names"},
      {"stray text", "text outside pinned buffers"},
      {"fresh records", "records of nobody"},
      {"change later", "changed a payload after it was emitted"},
      {"unwired", "leads nowhere"},
      {"no such port", "emits to output 7"},
  };
  for (const auto& [deed, sentence] : cases) {
    INFO(deed);
    const std::string said = sentences_of(deed);
    CHECK_THAT(said, Contains(sentence));
    CHECK_THAT(said, Contains("wrongdoer"));
  }
}

TEST_CASE("records dropped at a close without flush are counted and no fault") {
  Harness node(sinner, {{"deed", "hold"}});
  node.begin();
  CHECK(node.write({"a", "b", "c"}));
  node.close();
  CHECK(node.dropped_at_close() == 3);
}

TEST_CASE("a timer that is set again without time passing does not hang the test") {
  Harness node(sinner, {{"deed", "timer without end"}});
  node.begin();
  CHECK_THROWS_AS(node.advance(std::chrono::seconds(1)), std::logic_error);
}

TEST_CASE("the contract suite reports broken promises of a transform") {
  const std::vector<Input> samples = {"{}", "{\"a\":1}"};
  CHECK(sluice::testing::contract_violations(sinner, {}, samples).empty());
  CHECK(sluice::testing::contract_violations(sinner, {{"deed", "hold"}}, samples).empty());
  for (const char* deed : {"drop", "leak", "settle twice", "hold through flush", "stray payload", "change later",
                           "fresh records", "timer without end", "moody describe"}) {
    INFO(deed);
    CHECK_FALSE(sluice::testing::contract_violations(sinner, {{"deed", deed}}, samples).empty());
  }
}

TEST_CASE("wrong options are refused before the node sees them") {
  CHECK_THROWS_WITH(Harness(sinner, {{"dead", "x"}}), Contains("option 'dead' is not an option"));
}
