// SPDX-License-Identifier: Apache-2.0
// The bridge from the classes of node.hpp to the C contract, and the one macro of the SDK. Exceptions end here: they
// become errors with their text kept. Use:
//
//   constexpr sluice_node_type types[] = {sluice::transform_type<Stamp>("stamp", "Adds the receive time.", options)};
//   SLUICE_EXPORT_PLUGIN("flow", "0.1.0", "Core nodes.", types)
//
// A node class N has `static void describe(Config, Description&)` and
// `static Result<std::unique_ptr<N>> open(Context, Config)`, and may have `static Result<void> probe(Config,
// Description&)`. A relay gives two classes, and a third with its describe and probe. tail.hpp, scan.hpp and claim.hpp
// have what a node may add.
#pragma once
#include <concepts>
#include <exception>
#include <memory>
#include <span>

#include "sluice/claim.hpp"
#include "sluice/node.hpp"
#include "sluice/option.hpp"
#include "sluice/resource_limit.hpp"
#include "sluice/scan.hpp"
#include "sluice/tail.hpp"

namespace sluice {
inline namespace v1 {
namespace bridge {

template <typename F>
int32_t guarded(sluice_error* out, F&& call) noexcept {
  try {
    return call();
  } catch (const std::exception& e) {
    const std::optional<Error> limit = current_resource_limit();
    to_abi(limit ? *limit : bug(std::string("an exception left the plugin: ") + e.what()), out);
  } catch (...) {
    to_abi(bug("an exception of unknown type left the plugin"), out);
  }
  return SLUICE_ERROR;
}

inline int32_t finish(const Result<void>& result, sluice_error* out) {
  if (result.ok()) return SLUICE_OK;
  to_abi(result.error(), out);
  return SLUICE_ERROR;
}

/// What the host gets as `void* node`: the object, its context, and which class it is, as a relay has two.
struct Handle {
  Context context;
  std::unique_ptr<Node> node;
  Source* source = nullptr;
  Transform* transform = nullptr;
  Sink* sink = nullptr;
};
inline Handle& handle(void* node) { return *static_cast<Handle*>(node); }

template <typename N>
int32_t open_as(const sluice_host* host, sluice_context* raw, const sluice_config* config, void** out,
                sluice_error* error) {
  const Context context(host, raw);
  Result<std::unique_ptr<N>> opened = N::open(context, Config(config));
  if (!opened) {
    to_abi(opened.error(), error);
    return SLUICE_ERROR;
  }
  auto made = std::make_unique<Handle>();
  made->context = context;
  N* node = opened->get();
  if constexpr (std::is_base_of_v<Source, N>) made->source = node;
  if constexpr (std::is_base_of_v<Transform, N>) made->transform = node;
  if constexpr (std::is_base_of_v<Sink, N>) made->sink = node;
  made->node = std::move(*opened);
  *out = made.release();
  return SLUICE_OK;
}

template <typename N>
int32_t describe(const sluice_config* config, const sluice_describe_api* api, void* to, sluice_error* error) {
  return guarded(error, [&] {
    Description description(api, to);
    N::describe(Config(config), description);
    return SLUICE_OK;
  });
}
/// Asks the real servers what describe can only assume: findings go to Description::problem and warning, all in one
/// pass, each with the option that asked. An Error means that the server could not be asked at all. May wait, for
/// seconds; changes nothing anywhere; uses no host.
template <typename N>
concept CanProbe = requires(Config config, Description& description) {
  { N::probe(config, description) } -> std::same_as<Result<void>>;
};
template <CanProbe N>
int32_t probe(const sluice_config* config, const sluice_describe_api* api, void* to, sluice_error* error) {
  return guarded(error, [&] {
    Description description(api, to);
    return finish(N::probe(Config(config), description), error);
  });
}
template <typename N>
concept CanScan = requires(Config config, const ScanQuery& query, ScanTaker& taker) {
  { N::scan(config, query, taker) } -> std::same_as<Result<void>>;
};
template <CanScan N>
int32_t scan(const sluice_config* config, const sluice_scan_query* query, const sluice_scan_api* api, void* to,
             sluice_error* error) {
  return guarded(error, [&] {
    ScanTaker taker(*api, to);
    return finish(N::scan(Config(config), ScanQuery(*query), taker), error);
  });
}

template <typename N>
constexpr void describe_with(sluice_node_type& type) {
  type.describe = &describe<N>;
  if constexpr (CanProbe<N>) type.probe = &probe<N>;
  if constexpr (CanScan<N>) type.scan = &scan<N>;
}

template <typename N>
concept CanLearn = requires(N& node, const TailPart& part) {
  { node.tail_query() } -> std::same_as<TailQuery>;
  { node.learn(part) } -> std::same_as<Result<TailWants>>;
};
template <CanLearn N>
int32_t tail_query(void* node, sluice_tail_query* to, sluice_error* error) {
  return guarded(error, [&] {
    const TailQuery query = static_cast<N*>(handle(node).source)->tail_query();
    to->records = query.records;
    to->bytes = query.bytes;
    to->key_fields = query.key_fields.data();
    to->key_field_count = query.key_fields.size();
    to->order_fields = query.order_fields.data();
    to->order_field_count = query.order_fields.size();
    return SLUICE_OK;
  });
}
template <CanLearn N>
int32_t learn(void* node, const sluice_tail_part* part, uint32_t* wants, sluice_error* error) {
  return guarded(error, [&]() -> int32_t {
    Result<TailWants> learned = static_cast<N*>(handle(node).source)->learn(TailPart(*part));
    if (learned) {
      *wants = static_cast<uint32_t>(*learned);
      return SLUICE_OK;
    }
    to_abi(learned.error(), error);
    return SLUICE_ERROR;
  });
}
template <typename N>
concept HasTail = requires(N& node, const sluice_tail_query& query, TailTaker& taker) {
  { node.tail(query, taker) } -> std::same_as<Result<void>>;
};
template <HasTail N>
int32_t tail(void* node, const sluice_tail_query* query, const sluice_tail_api* api, void* to, sluice_error* error) {
  return guarded(error, [&] {
    TailTaker taker(*api, to);
    return finish(static_cast<N*>(handle(node).sink)->tail(*query, taker), error);
  });
}
template <typename N>
concept CanClaim = requires(N& node, Claim& of) {
  { node.claim(of) } -> std::same_as<Result<void>>;
};
template <CanClaim N>
int32_t claim(void* node, const sluice_claim_api* api, void* to, sluice_error* error) {
  return guarded(error, [&] {
    Claim of(*api, to);
    return finish(static_cast<N*>(handle(node).sink)->claim(of), error);
  });
}
template <typename N>
constexpr void add_writer(sluice_node_type& type) {
  if constexpr (HasTail<N>) type.tail = &tail<N>;
  if constexpr (CanClaim<N>) type.claim = &claim<N>;
}

template <typename N>
int32_t open(const sluice_host* host, sluice_context* context, uint32_t, const sluice_config* config, void** out,
             sluice_error* error) {
  return guarded(error, [&] { return open_as<N>(host, context, config, out, error); });
}
template <typename Input, typename Output>
int32_t open_relay(const sluice_host* host, sluice_context* context, uint32_t role, const sluice_config* config,
                   void** out, sluice_error* error) {
  return guarded(error, [&] {
    return role == SLUICE_ROLE_RELAY_OUTPUT ? open_as<Output>(host, context, config, out, error)
                                            : open_as<Input>(host, context, config, out, error);
  });
}
inline void close(void* node) {
  sluice_error ignored = empty_error();
  guarded(&ignored, [&] {
    delete &handle(node);
    return SLUICE_OK;
  });
}
inline int32_t start(void* node, sluice_error* error) {
  return guarded(error, [&] { return finish(handle(node).node->start(), error); });
}
inline int32_t timer(void* node, int64_t now_ns, sluice_error* error) {
  return guarded(error, [&] { return finish(handle(node).node->on_timer(now_ns), error); });
}
inline int32_t flush(void* node, uint32_t why, sluice_error* error) {
  return guarded(error, [&] { return finish(handle(node).node->flush(static_cast<Flush>(why)), error); });
}
inline int32_t poll(void* node, const sluice_credit* credit, int64_t deadline_ns, sluice_error* error) {
  return guarded(error, [&]() -> int32_t {
    Result<Poll> polled = handle(node).source->poll({credit->records, credit->bytes}, deadline_ns);
    if (polled) return *polled == Poll::ended ? SLUICE_END : SLUICE_OK;
    to_abi(polled.error(), error);
    return SLUICE_ERROR;
  });
}
inline void wake(void* node) { handle(node).source->wake(); }
inline void stop(void* node) { handle(node).source->stop(); }
inline int32_t commit(void* node, uint32_t partition, int64_t position, sluice_error* error) {
  return guarded(error, [&] { return finish(handle(node).source->commit(partition, position), error); });
}
inline void released(void* node, uint32_t partition) { handle(node).source->released(partition); }
inline int32_t process(void* node, uint32_t port, sluice_batch* take, sluice_error* error) {
  return guarded(error, [&] {
    Handle& to = handle(node);
    Batch batch = to.context.adopt(take);
    return finish(
        to.transform != nullptr ? to.transform->process(port, std::move(batch)) : to.sink->write(std::move(batch)),
        error);
  });
}

constexpr sluice_node_type base(uint32_t kind, std::string_view name, std::string_view summary,
                                std::span<const sluice_option> options) {
  sluice_node_type type{};
  type.struct_size = sizeof type;
  type.kind = kind;
  type.name = to_str(name);
  type.summary = to_str(summary);
  type.options = options.data();
  type.option_count = options.size();
  type.option_stride = sizeof(sluice_option);
  type.close = &close;
  type.start = &start;
  type.timer = &timer;
  type.flush = &flush;
  return type;
}
template <typename N>
constexpr sluice_node_type processing_type(uint32_t kind, std::string_view name, std::string_view summary,
                                           std::span<const sluice_option> options) {
  sluice_node_type type = base(kind, name, summary, options);
  describe_with<N>(type);
  type.open = &open<N>;
  type.process = &process;
  return type;
}
constexpr void add_source(sluice_node_type& type) {
  type.poll = &poll;
  type.wake = &wake;
  type.stop = &stop;
  type.commit = &commit;
  type.released = &released;
}

}  // namespace bridge

template <typename N>
constexpr sluice_node_type source_type(std::string_view name, std::string_view summary,
                                       std::span<const sluice_option> options) {
  sluice_node_type type = bridge::base(SLUICE_SOURCE, name, summary, options);
  bridge::describe_with<N>(type);
  type.open = &bridge::open<N>;
  bridge::add_source(type);
  if constexpr (bridge::CanLearn<N>) {
    type.tail_query = &bridge::tail_query<N>;
    type.learn = &bridge::learn<N>;
  }
  return type;
}
template <typename N>
constexpr sluice_node_type transform_type(std::string_view name, std::string_view summary,
                                          std::span<const sluice_option> options) {
  return bridge::processing_type<N>(SLUICE_TRANSFORM, name, summary, options);
}
template <typename N>
constexpr sluice_node_type sink_type(std::string_view name, std::string_view summary,
                                     std::span<const sluice_option> options) {
  sluice_node_type type = bridge::processing_type<N>(SLUICE_SINK, name, summary, options);
  bridge::add_writer<N>(type);
  return type;
}
/// Described is any class with the static describe, which asks Description::role for the half.
template <typename Described, typename Input, typename Output>
constexpr sluice_node_type relay_type(std::string_view name, std::string_view summary,
                                      std::span<const sluice_option> options) {
  sluice_node_type type = bridge::base(SLUICE_RELAY, name, summary, options);
  bridge::describe_with<Described>(type);
  type.open = &bridge::open_relay<Input, Output>;
  type.process = &bridge::process;
  bridge::add_source(type);
  bridge::add_writer<Input>(type);
  return type;
}

}  // namespace v1
}  // namespace sluice

/// Defines the plugin's one exported symbol. `types` is a constexpr array of sluice_node_type.
#define SLUICE_EXPORT_PLUGIN(plugin_name, plugin_version, plugin_summary, types)              \
  extern "C" __attribute__((visibility("default"))) const sluice_plugin* sluice_plugin_v1() { \
    static constexpr sluice_plugin plugin{sizeof(sluice_plugin),                              \
                                          SLUICE_ABI_MINOR,                                   \
                                          ::sluice::to_str(plugin_name),                      \
                                          ::sluice::to_str(plugin_version),                   \
                                          ::sluice::to_str(plugin_summary),                   \
                                          types,                                              \
                                          sizeof(types) / sizeof(types[0])};                  \
    return &plugin;                                                                           \
  }
