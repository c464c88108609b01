/* SPDX-License-Identifier: Apache-2.0
 *
 * Node types that can be described as anything and never run: ports, attributes and facts are options. For tests of
 * the validation, which must not depend on what the real plugins say of themselves.
 */
#include <stddef.h>
#include <string.h>

#include "sluice/abi.h"

#define TEXT(literal) \
  { literal, sizeof(literal) - 1 }
#define NO_BOUND INT64_MAX

static const sluice_option word = {.name = TEXT("word"), .summary = TEXT("A word."), .kind = SLUICE_TEXT};
static const sluice_option attribute = {
    .name = TEXT("attribute"), .summary = TEXT("An attribute."), .kind = SLUICE_ATTRIBUTE};

enum {
  INPUTS,
  OUTPUTS,
  OPTIONAL,
  PROVIDES,
  READS,
  REPLAY,
  DURABLE,
  IDEMPOTENT,
  HOLDS,
  WITHIN,
  MOST,
  MEMORY,
  WRONG,
  URL,
  SERVER,
  SKIPS,
  GIVES_VALUES,
  TAKES_VALUES,
  ALONE,
  ABSORBS,
  MAY_PROVIDE,
  STRICT,
  REFUSES
};

#define LIST(label, text, element)                                                                         \
  {                                                                                                        \
    .name = TEXT(label), .summary = TEXT(text), .kind = SLUICE_LIST, .fields = &element, .field_count = 1, \
    .most = NO_BOUND                                                                                       \
  }
#define NUMBER(label, text, value) \
  { .name = TEXT(label), .summary = TEXT(text), .kind = SLUICE_COUNT, .fallback = TEXT(value), .most = NO_BOUND }
#define FLAG(label, text) \
  { .name = TEXT(label), .summary = TEXT(text), .kind = SLUICE_BOOLEAN, .fallback = TEXT("true"), .most = 1 }

static const sluice_option table[] = {
    [INPUTS] = LIST("inputs", "Names of inputs.", word),
    [OUTPUTS] = LIST("outputs", "Names of outputs.", word),
    [OPTIONAL] = LIST("optional", "Names of outputs that may stay open.", word),
    [PROVIDES] = LIST("provides", "Attributes that it provides.", word),
    [READS] = LIST("reads", "Attributes that it reads.", attribute),
    [REPLAY] = NUMBER("replay", "0: none, 1: from the beginning, 2: from the committed position.", "2"),
    [DURABLE] = FLAG("durable", "Whether it keeps what it takes."),
    [IDEMPOTENT] = FLAG("idempotent", "Whether it stores a repeat once."),
    [HOLDS] = NUMBER("holds", "Records that it holds back.", "0"),
    [WITHIN] = {.name = TEXT("within"),
                .summary = TEXT("For how long it holds them back."),
                .kind = SLUICE_DURATION,
                .most = NO_BOUND},
    [MOST] = NUMBER("most", "Batches it may own at once.", "1"),
    [MEMORY] = {.name = TEXT("memory"),
                .summary = TEXT("Bytes it needs."),
                .kind = SLUICE_SIZE,
                .fallback = TEXT("0B"),
                .most = NO_BOUND},
    [WRONG] = {.name = TEXT("wrong"), .summary = TEXT("Complains when it is there."), .kind = SLUICE_TEXT},
    [URL] = {.name = TEXT("url"), .summary = TEXT("Read by nobody."), .kind = SLUICE_TEXT},
    [SKIPS] = {.name = TEXT("skips"), .summary = TEXT("Says that it may skip records."), .kind = SLUICE_TEXT},
    [GIVES_VALUES] = LIST("values", "What leaves: attribute=value, or output.attribute=value.", word),
    [TAKES_VALUES] = LIST("takes", "All that it takes: attribute=value.", word),
    [ALONE] = {.name = TEXT("alone"), .summary = TEXT("What only one node may do."), .kind = SLUICE_TEXT},
    [ABSORBS] = {.name = TEXT("absorbs"), .summary = TEXT("Says that it absorbs what it holds."), .kind = SLUICE_TEXT},
    [MAY_PROVIDE] = LIST("may_provide", "What it provides for some records: attribute, or attribute:of=value.", word),
    [STRICT] = LIST("strict", "Attributes without which it rejects a record.", attribute),
    [REFUSES] = {.name = TEXT("refuses"), .summary = TEXT("What it rejects itself."), .kind = SLUICE_TEXT},
    [SERVER] = {.name = TEXT("server"), .summary = TEXT("What a probe finds."), .kind = SLUICE_TEXT},
};
static const sluice_option needy_table[] = {
    {.name = TEXT("path"), .summary = TEXT("Where to."), .kind = SLUICE_TEXT, .flags = SLUICE_REQUIRED}};

static const sluice_config* at(const sluice_config* options, uint64_t index) {
  const unsigned char* first = (const unsigned char*)options->items;
  return (const sluice_config*)(const void*)(first + index * options->struct_size);
}

/* Parts a text at the first `at`; false when there is none. */
static int parted(sluice_str text, char at_character, sluice_str* before, sluice_str* behind) {
  const char* found = text.size == 0 ? NULL : memchr(text.data, at_character, text.size);
  if (found == NULL) return 0;
  *before = (sluice_str){text.data, (uint64_t)(found - text.data)};
  *behind = (sluice_str){found + 1, text.size - before->size - 1};
  return 1;
}

static void describe_values(const sluice_config* options, const sluice_describe_api* api, void* to) {
  const sluice_config* list = at(options, GIVES_VALUES);
  for (uint64_t i = 0; i < list->item_count && api->role != SLUICE_ROLE_RELAY_INPUT; ++i) {
    sluice_str output = {NULL, 0}, attribute_name, value, rest;
    if (!parted(at(list, i)->text, '=', &attribute_name, &value)) continue;
    if (parted(attribute_name, '.', &output, &rest)) attribute_name = rest;
    api->value(to, output, attribute_name, value);
  }
  list = at(options, TAKES_VALUES);
  for (uint64_t i = 0; i < list->item_count && api->role != SLUICE_ROLE_RELAY_OUTPUT; ++i) {
    sluice_str attribute_name, value;
    if (parted(at(list, i)->text, '=', &attribute_name, &value)) api->accepts(to, attribute_name, value, list);
  }
  if (at(options, ALONE)->kind != 0) api->exclusive(to, at(options, ALONE)->text, at(options, ALONE));
}

static void describe_absence(const sluice_config* options, const sluice_describe_api* api, void* to) {
  static const sluice_str rejected = TEXT("is rejected");
  const sluice_config* list = at(options, MAY_PROVIDE);
  for (uint64_t i = 0; i < list->item_count && api->role != SLUICE_ROLE_RELAY_INPUT; ++i) {
    sluice_str name = at(list, i)->text, where, of = {NULL, 0}, value = {NULL, 0};
    if (parted(name, ':', &name, &where)) parted(where, '=', &of, &value);
    api->may_provide(to, name, SLUICE_VALUE_TEXT, of, value);
  }
  list = at(options, STRICT);
  for (uint64_t i = 0; i < list->item_count && api->role != SLUICE_ROLE_RELAY_OUTPUT; ++i) {
    api->absent(to, at(list, i)->text, rejected, at(list, i));
  }
  if (at(options, REFUSES)->kind != 0 && api->role != SLUICE_ROLE_RELAY_INPUT) {
    api->refuses(to, at(options, REFUSES)->text, at(options, REFUSES));
  }
}

static int32_t describe(const sluice_config* options, const sluice_describe_api* api, void* to, sluice_error* error) {
  static const sluice_str not_replayed = TEXT("what is gone is gone");
  static const sluice_str not_kept = TEXT("it only looks at records");
  static const sluice_str complaint = TEXT("this option is wrong by intent; remove it");
  (void)error;
  const sluice_config* list = at(options, INPUTS);
  for (uint64_t i = 0; i < list->item_count && api->role != SLUICE_ROLE_RELAY_OUTPUT; ++i) {
    api->input(to, at(list, i)->text);
  }
  for (int which = OUTPUTS; which <= OPTIONAL && api->role != SLUICE_ROLE_RELAY_INPUT; ++which) {
    list = at(options, (uint64_t)which);
    for (uint64_t i = 0; i < list->item_count; ++i) api->output(to, at(list, i)->text, which == OPTIONAL);
  }
  list = at(options, PROVIDES);
  for (uint64_t i = 0; i < list->item_count && api->role != SLUICE_ROLE_RELAY_INPUT; ++i) {
    api->provides(to, at(list, i)->text, SLUICE_VALUE_TEXT);
  }
  api->fact(to, SLUICE_FACT_REPLAY, at(options, REPLAY)->integer);
  if (at(options, REPLAY)->integer == 0) api->reason(to, SLUICE_FACT_REPLAY, not_replayed);
  api->fact(to, SLUICE_FACT_DURABLE, at(options, DURABLE)->integer);
  if (at(options, DURABLE)->integer == 0) api->reason(to, SLUICE_FACT_DURABLE, not_kept);
  api->fact(to, SLUICE_FACT_IDEMPOTENT, at(options, IDEMPOTENT)->integer);
  api->fact(to, SLUICE_FACT_HOLDS_RECORDS, at(options, HOLDS)->integer);
  api->fact(to, SLUICE_FACT_HOLDS_NS, at(options, WITHIN)->integer);
  api->fact(to, SLUICE_FACT_MAX_IN_FLIGHT, at(options, MOST)->integer);
  api->fact(to, SLUICE_FACT_MEMORY_BYTES, at(options, MEMORY)->integer);
  api->fact(to, SLUICE_FACT_SKIPS, at(options, SKIPS)->kind != 0);
  api->fact(to, SLUICE_FACT_ABSORBS, at(options, ABSORBS)->kind != 0);
  describe_values(options, api, to);
  describe_absence(options, api, to);
  if (at(options, WRONG)->kind != 0) api->problem(to, at(options, WRONG), 0, complaint);
  return SLUICE_OK;
}

static int is_text(const sluice_config* value, sluice_str text) {
  return value->kind != 0 && value->text.size == text.size && memcmp(value->text.data, text.data, text.size) == 0;
}

static int32_t probe(const sluice_config* options, const sluice_describe_api* api, void* to, sluice_error* error) {
  static const sluice_str gone = TEXT("gone");
  static const sluice_str other = TEXT("other");
  static const sluice_str too_few = TEXT("the server has 1 partition and the map needs 3; add partitions");
  static const sluice_str short_lived = TEXT("the server keeps records for 1d, not 7d");
  static const char unreachable[] = "nobody answers at gone:9092; start the server or correct the address";
  const sluice_config* server = at(options, SERVER);
  if (is_text(server, gone)) {
    error->category = SLUICE_TRANSIENT;
    memcpy(error->code, "ECONNREFUSED", sizeof "ECONNREFUSED");
    memcpy(error->message, unreachable, sizeof unreachable);
    return SLUICE_ERROR;
  }
  if (is_text(server, other)) {
    api->problem(to, server, 0, too_few);
    api->problem(to, server, 1, short_lived);
  }
  return SLUICE_OK;
}

static int32_t describe_needy(const sluice_config* options, const sluice_describe_api* api, void* to,
                              sluice_error* error) {
  (void)options, (void)api, (void)to, (void)error;
  return SLUICE_OK;
}

static int32_t never_open(const sluice_host* host, sluice_context* context, uint32_t role, const sluice_config* options,
                          void** node, sluice_error* error) {
  (void)host, (void)context, (void)role, (void)options, (void)node;
  error->category = SLUICE_BUG;
  return SLUICE_ERROR;
}
static void nothing(void* node) { (void)node; }
static int32_t never_poll(void* node, const sluice_credit* credit, int64_t deadline_ns, sluice_error* error) {
  (void)node, (void)credit, (void)deadline_ns, (void)error;
  return SLUICE_END;
}
static int32_t never_process(void* node, uint32_t input_port, sluice_batch* take, sluice_error* error) {
  (void)node, (void)input_port, (void)take;
  error->category = SLUICE_BUG;
  return SLUICE_ERROR;
}
static int32_t never_commit(void* node, uint32_t partition, int64_t position, sluice_error* error) {
  (void)node, (void)partition, (void)position, (void)error;
  return SLUICE_OK;
}

#define OPTIONS(array) \
  .options = array, .option_count = sizeof array / sizeof array[0], .option_stride = sizeof(sluice_option)
#define GIVES .poll = never_poll, .wake = nothing, .stop = nothing, .commit = never_commit
#define TYPE(label, text)                                                                                  \
  .struct_size = sizeof(sluice_node_type), .name = TEXT(label), .summary = TEXT(text), .open = never_open, \
  .close = nothing

static const sluice_node_type types[] = {
    {TYPE("source", "Gives."), .kind = SLUICE_SOURCE, OPTIONS(table), .describe = describe, GIVES},
    {TYPE("change", "Takes and gives."), .kind = SLUICE_TRANSFORM, OPTIONS(table), .describe = describe,
     .process = never_process},
    {TYPE("sink", "Takes."), .kind = SLUICE_SINK, OPTIONS(table), .describe = describe, .process = never_process,
     .probe = probe},
    {TYPE("relay", "Takes, keeps and gives."), .kind = SLUICE_RELAY, OPTIONS(table), .describe = describe, GIVES,
     .process = never_process, .probe = probe},
    {TYPE("needy_sink", "Needs an option."), .kind = SLUICE_SINK, OPTIONS(needy_table), .describe = describe_needy,
     .process = never_process},
};

static const sluice_plugin plugin = {.struct_size = sizeof(sluice_plugin),
                                     .abi_minor = SLUICE_ABI_MINOR,
                                     .name = TEXT("stand_ins"),
                                     .version = TEXT("1.0.0"),
                                     .summary = TEXT("Node types for tests of the validation."),
                                     .types = types,
                                     .type_count = sizeof types / sizeof types[0]};

__attribute__((visibility("default"))) const sluice_plugin* sluice_plugin_v1(void);
const sluice_plugin* sluice_plugin_v1(void) { return &plugin; }
