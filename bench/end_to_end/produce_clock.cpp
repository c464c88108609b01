// SPDX-License-Identifier: Apache-2.0
// A library for LD_PRELOAD: stands before librdkafka's ways to produce and writes down when each record's frame was
// written (record_id.hpp) and when the program handed the record over, before it calls the real one. So the way through
// a program is measured from outside, the same for all. BENCH_PRODUCE_CLOCK names a file that is as large as what may
// come: pairs of integers of eight bytes, in nanoseconds; unused ones stay 0. Changes nothing of what is produced.
#include <dlfcn.h>
#include <fcntl.h>
#include <librdkafka/rdkafka.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cstdarg>
#include <cstdlib>

#include "record_id.hpp"

namespace {

struct Handed {
  int64_t sent_ns;
  int64_t produced_ns;
};

class Ledger {
 public:
  Ledger() {
    const char* path = std::getenv("BENCH_PRODUCE_CLOCK");
    const int fd = path == nullptr ? -1 : ::open(path, O_RDWR | O_CLOEXEC);
    if (fd < 0) return;
    struct stat status {};
    if (::fstat(fd, &status) == 0 && status.st_size > 0) {
      const auto bytes = static_cast<size_t>(status.st_size);
      void* memory = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, fd, 0);
      if (memory != MAP_FAILED) {
        entries_ = static_cast<Handed*>(memory);
        room_ = bytes / sizeof(Handed);
      }
    }
    ::close(fd);
  }

  void write_down(const void* payload, size_t size) {
    const int64_t now = sluice::bench::now_ns();
    const size_t at = count_.fetch_add(1, std::memory_order_relaxed);
    if (at < room_) entries_[at] = {sluice::bench::id_of({static_cast<const char*>(payload), size}), now};
  }

 private:
  Handed* entries_ = nullptr;
  size_t room_ = 0;
  std::atomic<size_t> count_{0};
};

Ledger& ledger() {
  static Ledger one;
  return one;
}

/// The real function: that of the caller's own librdkafka, as a program may have loaded it for itself alone.
void* real(const char* name, const void* caller) {
  if (void* found = ::dlsym(RTLD_NEXT, name)) return found;
  Dl_info info{};
  if (::dladdr(caller, &info) == 0) std::abort();
  void* library = ::dlopen(info.dli_fname, RTLD_LAZY | RTLD_NOLOAD);
  void* found = library == nullptr ? nullptr : ::dlsym(library, name);
  if (found == nullptr) std::abort();
  return found;
}

/// A variadic list as librdkafka's own array of the same.
size_t gather(va_list from, std::array<rd_kafka_vu_t, 16>& to) {
  size_t count = 0;
  for (;;) {
    const auto type = static_cast<rd_kafka_vtype_t>(va_arg(from, int));
    if (type == RD_KAFKA_VTYPE_END) return count;
    if (count == to.size()) std::abort();
    rd_kafka_vu_t& part = to[count++];
    part.vtype = type;
    switch (type) {
      case RD_KAFKA_VTYPE_TOPIC:
        part.u.cstr = va_arg(from, const char*);
        break;
      case RD_KAFKA_VTYPE_RKT:
        part.u.rkt = va_arg(from, rd_kafka_topic_t*);
        break;
      case RD_KAFKA_VTYPE_PARTITION:
        part.u.i32 = va_arg(from, int32_t);
        break;
      case RD_KAFKA_VTYPE_MSGFLAGS:
        part.u.i = va_arg(from, int);
        break;
      case RD_KAFKA_VTYPE_TIMESTAMP:
        part.u.i64 = va_arg(from, int64_t);
        break;
      case RD_KAFKA_VTYPE_OPAQUE:
        part.u.ptr = va_arg(from, void*);
        break;
      case RD_KAFKA_VTYPE_HEADERS:
        part.u.headers = va_arg(from, rd_kafka_headers_t*);
        break;
      case RD_KAFKA_VTYPE_VALUE:
      case RD_KAFKA_VTYPE_KEY:
        part.u.mem.ptr = va_arg(from, void*);
        part.u.mem.size = va_arg(from, size_t);
        break;
      case RD_KAFKA_VTYPE_HEADER:
        part.u.header.name = va_arg(from, const char*);
        part.u.header.val = va_arg(from, const void*);
        part.u.header.size = va_arg(from, ssize_t);
        break;
      default:
        std::abort();
    }
  }
}

void write_down(const rd_kafka_vu_t* parts, size_t count) {
  for (size_t at = 0; at < count; ++at) {
    if (parts[at].vtype == RD_KAFKA_VTYPE_VALUE) ledger().write_down(parts[at].u.mem.ptr, parts[at].u.mem.size);
  }
}

}  // namespace

extern "C" {

int rd_kafka_produce(rd_kafka_topic_t* topic, int32_t partition, int flags, void* payload, size_t size, const void* key,
                     size_t key_size, void* opaque) {
  static const auto next =
      reinterpret_cast<decltype(&rd_kafka_produce)>(real("rd_kafka_produce", __builtin_return_address(0)));
  ledger().write_down(payload, size);
  return next(topic, partition, flags, payload, size, key, key_size, opaque);
}

rd_kafka_error_t* rd_kafka_produceva(rd_kafka_t* client, const rd_kafka_vu_t* parts, size_t count) {
  static const auto next =
      reinterpret_cast<decltype(&rd_kafka_produceva)>(real("rd_kafka_produceva", __builtin_return_address(0)));
  write_down(parts, count);
  return next(client, parts, count);
}

rd_kafka_resp_err_t rd_kafka_producev(rd_kafka_t* client, ...) {
  static const void* caller = __builtin_return_address(0);
  static const auto next = reinterpret_cast<decltype(&rd_kafka_produceva)>(real("rd_kafka_produceva", caller));
  static const auto code_of = reinterpret_cast<decltype(&rd_kafka_error_code)>(real("rd_kafka_error_code", caller));
  static const auto destroy =
      reinterpret_cast<decltype(&rd_kafka_error_destroy)>(real("rd_kafka_error_destroy", caller));
  std::array<rd_kafka_vu_t, 16> parts;
  va_list list;
  va_start(list, client);
  const size_t count = gather(list, parts);
  va_end(list);
  write_down(parts.data(), count);
  rd_kafka_error_t* refused = next(client, parts.data(), count);
  if (refused == nullptr) return RD_KAFKA_RESP_ERR_NO_ERROR;
  const rd_kafka_resp_err_t code = code_of(refused);
  destroy(refused);
  return code;
}

}  // extern "C"
