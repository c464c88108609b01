// SPDX-License-Identifier: Apache-2.0
// Random sequences of every operation on batches, beside a reference model. What must hold after each: content and
// token equal the model's; a source batch settles once, when its last part does and not before; totals balance;
// compaction changes no byte; in the end no buffer is left.
#include <algorithm>
#include <cstring>
#include <random>

#include "catch.hpp"
#include "model.hpp"

namespace {

using namespace sluice::records;
using namespace sluice::records::test;

constexpr const char interned[] = "interned text";

class Books : public Account {
 public:
  void on_settled(SourceBatch* list, int64_t) override {
    while (list != nullptr) {
      SourceBatch* take = std::exchange(list, list->next_settled);
      settled.push_back(take);
      failed[take] = take->holds_position();
      delete take;
    }
  }
  std::vector<SourceBatch*> settled;
  std::map<SourceBatch*, bool> failed;
};

class World {
 public:
  explicit World(uint64_t seed) : random_(seed) {}

  void step() {
    if (live_.empty() || (below(5) == 0 && live_.size() < 12)) return receive();
    switch (below(11)) {
      case 0:
        return split();
      case 1:
      case 2:
        return cut();
      case 3:
      case 4:
        return merge();
      case 5:
        return expand();
      case 6:
        return fold();
      case 7:
        return copy();
      case 8:
        return compact();
      case 9:
        return mark();
      default:
        return settle(below(live_.size()));
    }
  }

  void settle_all() {
    while (!live_.empty()) settle(below(live_.size()));
  }

  void check() {
    uint64_t open_parts = 0;
    for (const Live& each : live_) {
      std::string fault;
      const ModelBatch read = read_batch(*each.batch, fault);
      REQUIRE(fault == "");
      REQUIRE(read == each.model);
      for (const ModelRecord& record : each.model) {
        for (const Part& part : record.parts) open_parts += part.parts;
      }
      std::set<const sluice_buffer*> pins(each.batch->pinned.begin(), each.batch->pinned.end());
      uint64_t bytes = 0;
      for (const sluice_buffer* buffer : pins) bytes += buffer->capacity;
      REQUIRE(pinned_bytes(*each.batch) == bytes);
    }
    REQUIRE(books_.totals.received == received_);
    REQUIRE(books_.totals.made == made_);
    REQUIRE(books_.totals.unsettled() == open_parts);
    for (size_t v = 0; v < verdict_count; ++v) REQUIRE(books_.totals.settled[v] == verdicts_[v]);
  }

 private:
  struct Live {
    HostBatch* batch;
    ModelBatch model;
  };
  struct Source {
    uint64_t open = 0;
    bool failed = false;
  };

  uint64_t below(uint64_t bound) { return random_() % bound; }
  Live take(size_t index) {
    Live taken = std::move(live_[index]);
    live_[index] = std::move(live_.back());
    live_.pop_back();
    return taken;
  }
  std::string random_text(uint64_t size) {
    std::string text(size, ' ');
    for (char& c : text) c = static_cast<char>('a' + below(26));
    return text;
  }

  /// A batch of a new source: payloads and texts somewhere in one to three buffers, with room left or none.
  void receive() {
    const auto count = static_cast<uint32_t>(1 + below(9));
    HostBatch* batch = new_batch(attribute_count, count + static_cast<uint32_t>(below(3)));
    const uint64_t buffer_count = 1 + below(3);
    std::vector<uint64_t> used(buffer_count, 0);
    for (uint64_t b = 0; b < buffer_count; ++b) {
      // Now and then one that the pool keeps.
      sluice_buffer* buffer = new_buffer(below(8) == 0 ? 64 * 1024 : 600 + below(4000));
      pin(*batch, buffer);
      unref_take(buffer);
    }
    ModelBatch model;
    for (uint32_t i = 0; i < count; ++i) append(*batch, used, model);
    auto* source = new SourceBatch(books_, count, payload_bytes(*batch), 0);
    const auto path = static_cast<uint16_t>(below(3));
    begin_token(*batch, source, path);
    for (ModelRecord& record : model) record.parts = {{source, 1, path, 0}};
    received_ += count;
    // The allocator may hand out an address again, once its source has settled.
    sources_[source] = {count, false};
    live_.push_back({batch, std::move(model)});
  }

  void append(HostBatch& batch, std::vector<uint64_t>& used, ModelBatch& model) {
    const auto b = static_cast<uint32_t>(below(used.size()));
    const auto place = [&](const std::string& bytes) {
      uint8_t* at = batch.buffers[b]->data + used[b];
      std::copy(bytes.begin(), bytes.end(), at);
      used[b] += bytes.size();
      return at;
    };
    ModelRecord made;
    made.payload = random_text(below(4) == 0 ? 0 : below(50));
    made.integer = static_cast<int64_t>(below(1000));
    made.time_ns = static_cast<int64_t>(below(1000));
    sluice_record* record = batch.at(batch.count++);
    std::memset(static_cast<void*>(record), 0, batch.record_stride);
    record->data = place(made.payload);
    record->size = static_cast<uint32_t>(made.payload.size());
    record->buffer = b;
    record->receive_time_ns = made.time_ns;
    sluice_value* values = values_of(record);
    const uint64_t where = below(3);
    if (where == 0) {
      made.text = interned;
      values[0].as.text = interned;
    } else if (where == 1 && !made.payload.empty()) {
      made.text = made.payload.substr(0, 1 + below(made.payload.size()));
      values[0].as.text = reinterpret_cast<const char*>(record->data);
    } else {
      made.text = random_text(below(10));
      values[0].as.text = reinterpret_cast<const char*>(place(made.text));
    }
    values[0].size = static_cast<uint32_t>(made.text.size());
    values[0].kind = SLUICE_VALUE_TEXT;
    values[1].as.integer = made.integer;
    values[1].kind = SLUICE_VALUE_INTEGER;
    model.push_back(std::move(made));
  }

  void split() {
    Live from = take(below(live_.size()));
    const auto lane_count = static_cast<uint32_t>(1 + below(4));
    std::vector<uint8_t> lanes;
    std::vector<ModelBatch> models(lane_count);
    for (ModelRecord& record : from.model) {
      lanes.push_back(static_cast<uint8_t>(below(lane_count)));
      models[lanes.back()].push_back(std::move(record));
    }
    std::vector<sluice_batch*> out(lane_count, nullptr);
    split_take(from.batch, lanes.data(), lane_count, out.data());
    for (uint32_t lane = 0; lane < lane_count; ++lane) {
      REQUIRE((out[lane] != nullptr) == !models[lane].empty());
      if (out[lane] != nullptr) live_.push_back({host_batch(out[lane]), std::move(models[lane])});
    }
  }

  void cut() {
    Live& from = live_[below(live_.size())];
    if (from.model.size() < 2) return;
    const auto count = static_cast<uint32_t>(1 + below(from.model.size() - 1));
    HostBatch* head = sluice::records::cut(*from.batch, count);
    const auto at = from.model.begin() + count;
    ModelBatch head_model(from.model.begin(), at);
    from.model.erase(from.model.begin(), at);
    live_.push_back({head, std::move(head_model)});
  }

  void merge() {
    if (live_.size() < 2) return;
    Live from = take(below(live_.size()));
    Live& into = live_[below(live_.size())];
    merge_take(*into.batch, from.batch);
    into.model.insert(into.model.end(), from.model.begin(), from.model.end());
  }

  void expand() {
    Live from = take(below(live_.size()));
    if (from.model.size() > 200) return live_.push_back(std::move(from));
    std::vector<uint32_t> copies;
    ModelBatch model;
    for (const ModelRecord& record : from.model) {
      copies.push_back(static_cast<uint32_t>(1 + (below(2) == 0 ? below(3) : 0)));
      Part extra = record.parts.front();
      extra.parts = 1;
      for (uint32_t c = 1; c < copies.back(); ++c) {
        model.push_back(record);
        model.back().parts = {extra};
        make(extra);
      }
      model.push_back(record);
    }
    live_.push_back({expand_take(from.batch, copies.data()), std::move(model)});
  }

  void fold() {
    Live from = take(below(live_.size()));
    std::vector<uint32_t> sizes;
    ModelBatch model;
    for (size_t at = 0; at < from.model.size(); at += sizes.back()) {
      sizes.push_back(static_cast<uint32_t>(1 + below(std::min<uint64_t>(from.model.size() - at, 4))));
      model.push_back(from.model[at]);
      for (uint32_t i = 1; i < sizes.back(); ++i) {
        for (const Part& part : from.model[at + i].parts) add_part(model.back().parts, part);
      }
    }
    live_.push_back({fold_take(from.batch, sizes.data(), static_cast<uint32_t>(sizes.size())), std::move(model)});
  }

  void copy() {
    if (live_.size() > 20) return;
    const Live& from = live_[below(live_.size())];
    for (const ModelRecord& record : from.model) {
      for (const Part& part : record.parts) make(part);
    }
    Live made{sluice::records::copy(*from.batch), from.model};
    live_.push_back(std::move(made));
  }

  void compact() {
    HostBatch& batch = *live_[below(live_.size())].batch;
    if (below(2) == 0) {
      sluice::records::compact(batch);
    } else {
      compact_all(batch);
      REQUIRE(batch.buffer_count <= 1);
    }
  }

  /// As the engine does with what goes to a dead letter.
  void mark() {
    Live& at = live_[below(live_.size())];
    const auto path = static_cast<uint16_t>(below(3));
    for (Run& run : at.batch->runs) {
      run.path = path;
      run.is_dead = 1;
    }
    for (ModelRecord& record : at.model) {
      std::vector<Part> marked;
      for (Part part : record.parts) {
        part.path = path;
        part.is_dead = 1;
        add_part(marked, part);
      }
      record.parts = std::move(marked);
    }
  }

  void make(const Part& part) {
    made_ += part.parts;
    sources_.at(part.source).open += part.parts;
  }

  void settle(size_t index) {
    Live from = take(index);
    const auto verdict = static_cast<Verdict>(below(2) == 0 ? 0 : below(verdict_count));
    std::set<SourceBatch*> expected;
    for (const ModelRecord& record : from.model) {
      for (const Part& part : record.parts) {
        const bool dead = part.is_dead != 0 && verdict == Verdict::delivered;
        verdicts_[static_cast<size_t>(dead ? Verdict::dead_lettered : verdict)] += part.parts;
        Source& source = sources_.at(part.source);
        source.open -= part.parts;
        source.failed = source.failed || verdict == Verdict::failed;
        if (source.open == 0) expected.insert(part.source);
      }
    }
    books_.settled.clear();
    settle_take(from.batch, verdict);
    REQUIRE(books_.settled.size() == expected.size());
    for (SourceBatch* source : books_.settled) {
      REQUIRE(expected.count(source) == 1);
      REQUIRE(books_.failed.at(source) == sources_.at(source).failed);
    }
  }

  std::mt19937_64 random_;
  Books books_;
  std::vector<Live> live_;
  std::map<SourceBatch*, Source> sources_;
  uint64_t received_ = 0;
  uint64_t made_ = 0;
  std::array<uint64_t, verdict_count> verdicts_{};
};

}  // namespace

TEST_CASE("tokens and content stay exact under random operations") {
  const uint64_t live_before = live_buffer_bytes();
  for (uint64_t seed = 0; seed < 400; ++seed) {
    INFO("seed " << seed);
    World world(seed);
    for (int i = 0; i < 120; ++i) {
      INFO("step " << i);
      world.step();
      world.check();
    }
    world.settle_all();
    world.check();
    REQUIRE(live_buffer_bytes() == live_before);
  }
}
