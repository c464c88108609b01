// SPDX-License-Identifier: Apache-2.0
// Single cases of batches and tokens that the random ones would find late, and settling from many threads.
#include <cstring>
#include <thread>

#include "catch.hpp"
#include "model.hpp"

namespace {

using namespace sluice::records;

class Books : public Account {
 public:
  void on_settled(SourceBatch* list, int64_t) override {
    for (; list != nullptr; ++settled) delete std::exchange(list, list->next_settled);
  }
  std::atomic<uint64_t> settled{0};
};

HostBatch* batch_of(Books& books, uint32_t count, uint64_t capacity, uint32_t payload_size) {
  HostBatch* batch = new_batch(0, count);
  sluice_buffer* buffer = new_buffer(capacity);
  std::memset(buffer->data, 'x', capacity);
  const uint32_t index = pin(*batch, buffer);
  unref_take(buffer);
  for (uint32_t i = 0; i < count; ++i) {
    sluice_record* record = batch->at(batch->count++);
    *record = {buffer->data, payload_size, index, 0};
  }
  begin_token(*batch, new SourceBatch(books, count, 0, 0), 0);
  return batch;
}

}  // namespace

TEST_CASE("a payload of no bytes has a readable place after compaction") {
  Books books;
  HostBatch* batch = batch_of(books, 1, 4096, 0);
  compact(*batch);
  REQUIRE(batch->at(0)->buffer < batch->buffer_count);
  const sluice_buffer& buffer = *batch->buffers[batch->at(0)->buffer];
  CHECK(batch->at(0)->data == buffer.data);
  // What lies behind a payload may be read, be it empty.
  CHECK(batch->at(0)->data[63] == 0);
  settle_take(batch, Verdict::delivered);
  CHECK(books.settled == 1);
}

TEST_CASE("compaction lets go of a buffer of which little is used, and only of that") {
  Books books;
  const uint64_t before = live_buffer_bytes();
  HostBatch* small = batch_of(books, 1, 4096, 100);
  compact(*small);
  CHECK(pinned_bytes(*small) == 100);
  HostBatch* large = batch_of(books, 1, 4096, 1024);
  compact(*large);
  CHECK(pinned_bytes(*large) == 4096);
  CHECK(live_buffer_bytes() - before == 4196);
  merge_take(*large, small);
  CHECK(pinned_bytes(*large) == 4196);
  settle_take(large, Verdict::delivered);
  CHECK(live_buffer_bytes() == before);
}

TEST_CASE("a buffer pinned by many merged batches counts once") {
  Books books;
  HostBatch* into = batch_of(books, 1, 100, 10);
  std::vector<sluice_buffer*> shared;
  for (int i = 0; i < 8; ++i) shared.push_back(new_buffer(1000));
  for (int round = 0; round < 3; ++round) {
    for (sluice_buffer* buffer : shared) {
      HostBatch* from = batch_of(books, 1, 10, 10);
      from->at(0)->buffer = pin(*from, buffer);
      from->at(0)->data = buffer->data;
      compact_all(*from);
      from->at(0)->buffer = pin(*from, buffer);
      from->at(0)->data = buffer->data;
      merge_take(*into, from);
    }
  }
  CHECK(pinned_bytes(*into) == 100 + 8 * 1000 + 24 * 10);
  settle_take(into, Verdict::delivered);
  for (sluice_buffer* buffer : shared) unref_take(buffer);
  CHECK(books.settled == 25);
}

TEST_CASE("many threads settle the parts of the same source batches") {
  constexpr uint32_t thread_count = 4;
  constexpr uint32_t rounds = 200;
  Books books;
  const uint64_t before = live_buffer_bytes();
  std::vector<std::vector<HostBatch*>> work(thread_count);
  for (uint32_t round = 0; round < rounds; ++round) {
    HostBatch* whole = batch_of(books, thread_count * 2, 256, 20);
    for (uint32_t t = 0; t + 1 < thread_count; ++t) work[t].push_back(cut(*whole, 2));
    work[thread_count - 1].push_back(whole);
  }
  std::vector<std::thread> threads;
  for (std::vector<HostBatch*>& mine : work) {
    threads.emplace_back([&mine] {
      for (HostBatch* batch : mine) {
        HostBatch* second = copy(*batch);
        settle_take(cut(*batch, 1), Verdict::delivered);
        settle_take(batch, Verdict::discarded);
        settle_take(second, Verdict::delivered);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(books.settled == rounds);
  CHECK(books.totals.unsettled() == 0);
  CHECK(books.totals.made == uint64_t{rounds} * thread_count * 2);
  CHECK(live_buffer_bytes() == before);
}
