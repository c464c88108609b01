// SPDX-License-Identifier: Apache-2.0
#include "sluice/net/lone_host.hpp"

#include <atomic>
#include <chrono>
#include <memory>
#include <random>

namespace sluice::net {
namespace {

constexpr uint64_t padding_bytes = 64;

struct CountedBuffer : sluice_buffer {
  std::unique_ptr<uint8_t[]> memory;
  std::atomic<uint64_t> references{1};
};

sluice_buffer* new_buffer(sluice_context*, uint64_t capacity) {
  auto made = std::make_unique<CountedBuffer>();
  made->memory = std::make_unique<uint8_t[]>(capacity + padding_bytes);
  made->data = made->memory.get();
  made->capacity = capacity;
  return made.release();
}
void ref(sluice_buffer* buffer) { static_cast<CountedBuffer*>(buffer)->references.fetch_add(1); }
void unref(sluice_buffer* buffer) {
  auto* counted = static_cast<CountedBuffer*>(buffer);
  if (counted->references.fetch_sub(1) == 1) delete counted;
}

template <typename C>
int64_t nanoseconds_of(sluice_context*) {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(C::now().time_since_epoch()).count();
}

uint64_t random_number(sluice_context*) {
  std::random_device device;
  return uint64_t{device()} << 32 | device();
}

/// What moves records stays null: nothing that a connection is made of calls it.
sluice_host make_host() {
  sluice_host host{};
  host.struct_size = sizeof host;
  host.abi_minor = SLUICE_ABI_MINOR;
  host.log = [](sluice_context*, uint32_t, sluice_str) {};
  host.now = &nanoseconds_of<std::chrono::system_clock>;
  host.monotonic = &nanoseconds_of<std::chrono::steady_clock>;
  host.random = &random_number;
  host.stop = [](sluice_context*, const sluice_error*) {};
  host.wake = [](sluice_context*) {};
  host.status = [](sluice_context*, uint32_t, sluice_str) {};
  host.metric = [](sluice_context*, uint32_t, sluice_str, sluice_str) -> sluice_metric* { return nullptr; };
  host.buffer_new = &new_buffer;
  host.buffer_ref = &ref;
  host.buffer_unref_take = &unref;
  host.attribute = [](sluice_context*, sluice_str) { return int32_t{-1}; };
  host.wired = [](sluice_context*, uint32_t) { return uint32_t{0}; };
  return host;
}

}  // namespace

Context lone_context() {
  static const sluice_host host = make_host();
  return {&host, nullptr};
}

}  // namespace sluice::net
