/* SPDX-License-Identifier: Apache-2.0
 *
 * The whole binary contract between the engine ("host") and a plugin, in plain C, with abi_stores.h as a part of it.
 *
 * A plugin is a shared object that exports one symbol, sluice_plugin_v1. It provides node types; the host opens nodes
 * of them, calls them, and hands them a table of host functions. Rules that hold everywhere:
 *  - Structs carry struct_size first, arrays of structs a stride: both sides read only what the other side has. Fields
 *    are only ever appended; a missing slot is a null pointer or lies beyond struct_size.
 *  - Strings have lengths and need no NUL. What a call gets is borrowed for the call; `_take` in a name consumes.
 *  - Nothing throws or longjmps across. Errors go into a struct that the caller owns.
 *  - "stage thread": the one thread that calls a node's slots; never two at once. Each host function names its threads.
 */
#ifndef SLUICE_ABI_H
#define SLUICE_ABI_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define SLUICE_ABI_MAJOR 1 /* the number in the exported symbol's name */
#define SLUICE_ABI_MINOR 2 /* grows when fields are appended */

typedef struct sluice_str { /* bytes, UTF-8 unless said otherwise; data may be null when size is 0 */
  const char* data;
  uint64_t size;
} sluice_str;

/* ---- Errors ---------------------------------------------------------------------------------------------------- */

enum {                     /* what a slot returns */
  SLUICE_OK = 0,           /* done; of poll: call me again */
  SLUICE_END = 1,          /* only of poll: this source will never emit again */
  SLUICE_ERROR = -1        /* the caller's sluice_error says why */
};
enum {                     /* sluice_error.category */
  SLUICE_TRANSIENT = 1,    /* may work later, unchanged */
  SLUICE_PERMANENT = 2,    /* concerns these records and will never work */
  SLUICE_OPERATOR = 3,     /* needs a person: rights, passwords, tables, disks */
  SLUICE_BUG = 4           /* broken promise of the plugin or the host */
};
typedef struct sluice_error {
  uint32_t struct_size;
  uint32_t category;
  char code[32];           /* NUL-terminated: a SQLSTATE, an errno's name, ... or empty. SLUICE_POSITION_GONE: see there */
  char message[960];       /* NUL-terminated sentence that names the thing and says what to do; cut, never overrun */
} sluice_error;
/* The code of an error that ends a source when what it has emitted is no longer where it came from: what is unsettled of it
 * cannot be replayed, and the receipt says so. */
#define SLUICE_POSITION_GONE "position_gone"

/* ---- Options: one static table is parser, check, schema and reference at once ----------------------------------- */

enum {                     /* sluice_option.kind and sluice_config.kind */
  SLUICE_TEXT = 1,         /* config.text */
  SLUICE_INTEGER = 2,      /* config.integer */
  SLUICE_REAL = 3,         /* config.real */
  SLUICE_BOOLEAN = 4,      /* config.integer, 0 or 1 */
  SLUICE_DURATION = 5,     /* config.integer in nanoseconds; written with a unit: 2s */
  SLUICE_SIZE = 6,         /* config.integer in bytes; written with a unit: 64MiB */
  SLUICE_COUNT = 7,        /* config.integer; 500k is 500000 */
  SLUICE_CHOICE = 8,       /* config.text is one of choices, config.integer its index */
  SLUICE_ATTRIBUTE = 9,    /* config.text names an attribute that somebody upstream provides */
  SLUICE_LIST = 10,        /* config.items; fields[0] describes each */
  SLUICE_MAP = 11,         /* config.items with keys of the user's; fields[0] describes each */
  SLUICE_OBJECT = 12       /* config.items: one per field, in the table's order, absent ones of kind 0 */
};
enum {                     /* sluice_option.flags */
  SLUICE_REQUIRED = 1,
  SLUICE_SECRET = 2,       /* never printed or logged */
  SLUICE_ONE_OR_LIST = 4,  /* of a list: a single value may stand for a list of one */
  SLUICE_ADVANCED = 8      /* listed last in the reference */
};
typedef struct sluice_option {
  sluice_str name;
  sluice_str summary;      /* one sentence */
  sluice_str fallback;     /* the default as a user would write it; empty: none */
  sluice_str example;      /* as a user would write it */
  uint32_t kind;
  uint32_t flags;
  int64_t least, most;     /* bounds, inclusive, of numbers (their integer form); of lists and maps: of their items */
  const sluice_str* choices;
  uint64_t choice_count;
  const struct sluice_option* fields; /* same stride as the table they belong to */
  uint64_t field_count;
} sluice_option;

typedef struct sluice_config { /* a checked, typed value; lives as long as the node */
  uint32_t struct_size;    /* also the stride of items */
  uint32_t kind;           /* 0: absent and without a default */
  uint32_t line, column;   /* where it stands in the file; 0: a default */
  sluice_str key;          /* its name in an object or a map */
  sluice_str text;         /* scalars: as written, variables expanded */
  int64_t integer;
  double real;
  const struct sluice_config* items;
  uint64_t item_count;
} sluice_config;

/* ---- Records ---------------------------------------------------------------------------------------------------- */

enum { SLUICE_ABSENT = 0, SLUICE_VALUE_INTEGER = 1, SLUICE_VALUE_TEXT = 2, SLUICE_VALUE_TIME = 3 };
typedef struct sluice_value { /* an attribute's value */
  union {
    int64_t integer;       /* INTEGER; TIME: nanoseconds since 1970, UTC */
    const char* text;      /* TEXT: points into a buffer that the batch pins, or to interned memory */
  } as;
  uint32_t size;           /* TEXT: bytes */
  uint32_t kind;
} sluice_value;

typedef struct sluice_buffer { /* reference-counted bytes, made by buffer_new; 64 readable bytes lie behind capacity */
  uint8_t* data;
  uint64_t capacity;
} sluice_buffer;

typedef struct sluice_record {
  const uint8_t* data;     /* the payload: a view into buffers[buffer] of its batch, frozen once emitted */
  uint32_t size;
  uint32_t buffer;
  int64_t receive_time_ns; /* when its bytes were read, since 1970, UTC */
  /* sluice_value attributes[host->attribute_count] follow */
} sluice_record;

typedef struct sluice_batch { /* records that travel together; made, split, merged and ended by host functions only */
  uint32_t struct_size;
  uint32_t record_stride;  /* bytes from one record to the next */
  uint8_t* records;        /* 8-byte aligned; a node may change records in place while it owns the batch */
  uint32_t count;          /* only the maker of a fresh batch raises it, up to capacity */
  uint32_t capacity;
  sluice_buffer* const* buffers;
  uint32_t buffer_count;
  uint32_t reserved;
} sluice_batch;

enum {                     /* verdicts of settle */
  SLUICE_DELIVERED = 1,    /* safe at its destination */
  SLUICE_ACCEPTED = 2,     /* only by the input half of a relay that is not durable */
  SLUICE_DISCARDED = 3,    /* dropped on purpose; reason says why */
  SLUICE_FAILED = 4        /* reason is the error: PERMANENT goes to the dead letter, any other stops the graph */
};

/* ---- Describing a node, without any input or output -------------------------------------------------------------- */

enum { SLUICE_ROLE_NODE = 0, SLUICE_ROLE_RELAY_INPUT = 1, SLUICE_ROLE_RELAY_OUTPUT = 2 };
enum {                     /* numeric facts; what is not said is 0 */
  SLUICE_FACT_REPLAY = 1,        /* source: SLUICE_REPLAY_* */
  SLUICE_FACT_DURABLE = 2,       /* sink, relay: a delivered record survives the end of the process */
  SLUICE_FACT_IDEMPOTENT = 3,    /* sink: a record delivered twice is stored once */
  SLUICE_FACT_MAX_IN_FLIGHT = 4, /* sink: batches it may own at once; at least 1, the host's default is 1 */
  SLUICE_FACT_MEMORY_BYTES = 5,  /* what the node itself may allocate, beyond the batches it owns */
  SLUICE_FACT_HOLDS_RECORDS = 6, /* transform: records it may hold back */
  SLUICE_FACT_HOLDS_BYTES = 7,   /* transform: payload bytes it may hold back; 0: only records bound it */
  SLUICE_FACT_HOLDS_NS = 8,      /* transform: for how long; 0: until it is full or flushed */
  SLUICE_FACT_SKIPS = 9,         /* source that replays: 1 if it may begin behind records that nobody has had */
  SLUICE_FACT_ABSORBS = 10,      /* transform: 1 if what it holds back it absorbs, to emit records of its own for it */
  SLUICE_FACT_CLAIMS = 11        /* sink, relay input: 1 if it is written to only while `claim` holds its lock */
};
enum {                     /* how a source gives out again what has not settled */
  SLUICE_REPLAY_NONE = 0,
  SLUICE_REPLAY_FROM_BEGINNING = 1, /* all it ever gave out, in the next run */
  SLUICE_REPLAY_FROM_COMMIT = 2     /* what is behind the committed position */
};
enum {                     /* sluice_series.rule */
  SLUICE_SERIES_CONSECUTIVE = 1, /* of a key, each id is the one before plus one */
  SLUICE_SERIES_RISING = 2       /* of a key, each id is greater than the one before */
};
typedef struct sluice_series { /* records of a source whose ids say what is missing; names of fields of JSON payloads */
  uint32_t struct_size;
  uint32_t rule;
  sluice_str name;               /* of the series: "trade" */
  sluice_str field, value;       /* its records have this text in this field; empty: whatever has the fields key and id */
  sluice_str key;                /* field whose text tells series of this name apart: the symbol */
  sluice_str id;                 /* field with the id, a whole number */
  sluice_str time;               /* field with the time of the event, since 1970 in ms or us; empty: it has none */
  sluice_str price, quantity;    /* fields with decimals; empty: it has none */
  sluice_str folds;              /* name of the series whose records this one sums up; empty: of none */
  sluice_str folds_first, folds_last; /* fields with the first and last id of what a record folds, both included */
} sluice_series;
typedef struct sluice_describe_api { /* stage of planning; any one thread, pure */
  uint32_t struct_size;
  uint32_t role;                 /* which half is described, or the node */
  void (*input)(void* to, sluice_str name);  /* default: one input named "in" unless the type is a source */
  void (*output)(void* to, sluice_str name, uint32_t optional); /* default: "out" for sources and transforms */
  void (*needs)(void* to, sluice_str attribute, const sluice_config* where); /* ATTRIBUTE options need no call */
  void (*provides)(void* to, sluice_str attribute, uint32_t value_kind);
  void (*fact)(void* to, uint32_t fact, int64_t value);
  void (*reason)(void* to, uint32_t fact, sluice_str sentence); /* why a fact is so, for the guarantee's line */
  void (*problem)(void* to, const sluice_config* where, uint32_t is_warning, sluice_str sentence);
  /* What leaves by this output (empty: by any) has one of the values named for it, and no other; outputs
   * for which none is named get the rest. */
  void (*value)(void* to, sluice_str output, sluice_str attribute, sluice_str value);
  /* What takes records: of this attribute it takes the values that are named, and refuses every other. */
  void (*accepts)(void* to, sluice_str attribute, sluice_str value, const sluice_config* where);
  /* What only one node of a graph may do, as a verb and its object: "appends to the file /x". Compared as text. */
  void (*exclusive)(void* to, sluice_str what, const sluice_config* where);
  /* Since minor 1. */
  /* As provides, but it may be absent where the attribute `of` has this value; with an empty `of`, of any record. */
  void (*may_provide)(void* to, sluice_str attribute, uint32_t value_kind, sluice_str of, sluice_str value);
  /* What happens to a record that does not have this attribute, as in "is refused". Not said: nothing of note. */
  void (*absent)(void* to, sluice_str attribute, sluice_str consequence, const sluice_config* where);
  /* Source: it may refuse what it received (begin_source), as in "records without a value". That needs a dead letter. */
  void (*refuses)(void* to, sluice_str what, const sluice_config* where);
  /* Since minor 2. */
  /* Source: what leaves by its first output has these series. For what checks stored records. */
  void (*series)(void* to, const sluice_series*);
} sluice_describe_api;

/* ---- The host's functions ---------------------------------------------------------------------------------------- */

/* The host's handle of one node, valid for the life of the process, as are the host's table and every metric. When the
 * graph has gone, each function still returns; what it is given is freed and counts for nothing. */
typedef struct sluice_context sluice_context;
typedef struct sluice_metric sluice_metric;
typedef struct sluice_token sluice_token; /* what is owed for absorbed records; ends once, as a batch does */

enum { SLUICE_LOG_DEBUG = 1, SLUICE_LOG_INFO = 2, SLUICE_LOG_WARN = 3, SLUICE_LOG_ERROR = 4 };
enum { SLUICE_COUNTER = 1, SLUICE_GAUGE = 2 };
enum { SLUICE_STATUS_READY = 1, SLUICE_STATUS_CONNECTING = 2, SLUICE_STATUS_BLOCKED = 3 };
#define SLUICE_NO_PARTITION 0xffffffffu

typedef struct sluice_host {
  uint32_t struct_size;
  uint32_t abi_minor;
  uint32_t attribute_count;      /* slots of every record of this graph */
  uint32_t reserved;

  /* Any thread. */
  void (*log)(sluice_context*, uint32_t level, sluice_str sentence);
  int64_t (*now)(sluice_context*);       /* nanoseconds since 1970, UTC */
  int64_t (*monotonic)(sluice_context*); /* nanoseconds of a clock that never steps; deadlines are of it */
  uint64_t (*random)(sluice_context*);
  void (*stop)(sluice_context*, const sluice_error*);      /* stops the graph and names this node */
  void (*wake)(sluice_context*); /* runs this node's stage soon; wakes its source's poll by the source's wake slot */
  void (*status)(sluice_context*, uint32_t status, sluice_str sentence); /* for people and readiness checks */
  sluice_metric* (*metric)(sluice_context*, uint32_t kind, sluice_str name, sluice_str help); /* for the process's life */
  void (*metric_add)(sluice_metric*, int64_t);
  void (*metric_set)(sluice_metric*, int64_t);
  sluice_str (*intern)(sluice_context*, sluice_str); /* the same bytes for the process's life: for few, repeated texts */
  sluice_buffer* (*buffer_new)(sluice_context*, uint64_t capacity); /* one reference, the caller's; never null */
  void (*buffer_ref)(sluice_buffer*);
  void (*buffer_unref_take)(sluice_buffer*);

  /* open: the slot of an attribute, or -1; whether an output port leads anywhere. */
  int32_t (*attribute)(sluice_context*, sluice_str name);
  uint32_t (*wired)(sluice_context*, uint32_t output_port);

  /* Batches: any thread that owns the batch. Tokens travel inside and stay exact. */
  sluice_batch* (*batch_new)(sluice_context*, uint32_t capacity); /* empty; attributes absent once count is raised */
  uint32_t (*batch_pin)(sluice_batch*, sluice_buffer*); /* adds a reference of its own; the index for record.buffer */
  /* Parts a batch: record i goes to out[lanes[i]], order kept; empty lanes are null. lane_count <= 254. */
  void (*batch_split)(sluice_context*, sluice_batch* take, const uint8_t* lanes, uint32_t lane_count, sluice_batch** out);
  sluice_batch* (*batch_cut)(sluice_context*, sluice_batch* from, uint32_t count); /* the first count records */
  void (*batch_merge)(sluice_context*, sluice_batch* into, sluice_batch* take);    /* appends; grows as needed */
  /* Record i becomes copies[i] >= 1 neighbours, of which the caller changes the payloads (one to many). */
  sluice_batch* (*batch_expand)(sluice_context*, sluice_batch* take, const uint32_t* copies);
  /* Runs of sizes[j] >= 1 records become one each, the first of them; all settle when that one does (many to one). */
  sluice_batch* (*batch_fold)(sluice_context*, sluice_batch* take, const uint32_t* sizes, uint32_t size_count);

  /* Ends the caller's hold on records. settle: any thread, also after close (then it does nothing but free).
   * reason: the discard's reason or the error's message; code: the error's code or empty. */
  void (*settle)(sluice_context*, sluice_batch* take, uint32_t verdict, uint32_t category, sluice_str code, sluice_str reason);
  void (*batch_drop)(sluice_context*, sluice_batch* take); /* without a verdict: a bug that stops the graph by name */

  /* Stage thread, inside a slot. The host never refuses: what finds no room is parked and the stage pauses. */
  void (*emit)(sluice_context*, uint32_t output_port, sluice_batch* take);
  /* Source: the next range of one partition, up to `end`, or SLUICE_NO_PARTITION. */
  void (*emit_source)(sluice_context*, uint32_t output_port, sluice_batch* take, uint32_t partition, int64_t end);
  void (*timer)(sluice_context*, int64_t monotonic_deadline_ns); /* one a node; the last call holds; 0 clears it */

  /* Sink, any thread: 1 withdraws credit upstream before max_in_flight is reached, 0 gives it back. A flush comes even so. */
  void (*hold)(sluice_context*, uint32_t on);

  /* Source. Each assignment of a partition is a new id: verdicts of an old one are ignored. */
  uint32_t (*partition_open)(sluice_context*, sluice_str name, int64_t position); /* stage thread */
  void (*partition_revoke)(sluice_context*, uint32_t partition); /* stage thread; the host flushes, commits, releases */
  void (*partition_lost)(sluice_context*, uint32_t partition);   /* stage thread; nothing can be committed any more */
  void (*committed)(sluice_context*, uint32_t partition, int64_t position, const sluice_error*); /* any; null: done */
  /* Stage thread, inside poll: what emit_source would begin, without emitting: the batch stays the caller's, who settles
   * it as DISCARDED, or as FAILED and PERMANENT: then it goes to the dead letter of the path behind the node's first
   * output. Here it counts as received. */
  void (*begin_source)(sluice_context*, sluice_batch*, uint32_t partition, int64_t end);
  /* Any thread: how many records wait at the server of this source, of one partition or, with an empty name, of all. */
  void (*lag)(sluice_context*, sluice_str partition, uint64_t records);

  /* Absorbing: a transform that says FACT_ABSORBS frees records and keeps what is owed for them. They stay unsettled:
   * in_flight counts them, and no position moves past them. Any thread that owns batch and token. */
  sluice_token* (*absorb)(sluice_context*, sluice_token* into, sluice_batch* take); /* into, or a new one when that is null */
  /* A fresh batch answers for what was absorbed: that settles when all of the batch has, by the worst verdict in it. */
  void (*batch_bind)(sluice_context*, sluice_batch* fresh, sluice_token* take);
  /* 1: all of it will be given out again, as its partition was revoked or its source was stopped and replays. */
  uint32_t (*may_relinquish)(sluice_context*, const sluice_token*);
  void (*relinquish)(sluice_context*, sluice_token* take); /* ends it without a verdict; a bug unless it may be */
  void (*token_drop)(sluice_context*, sluice_token* take); /* without either: a bug that stops the graph by name */
} sluice_host;

#include "sluice/abi_stores.h" /* what was stored last, reading what is stored, being the only one that writes */

/* ---- What a plugin provides -------------------------------------------------------------------------------------- */

typedef struct sluice_credit { /* what poll may emit at most; records 0: emit nothing, keep the protocol alive */
  uint32_t struct_size;
  uint32_t reserved;
  uint64_t records;
  uint64_t bytes;                /* payload bytes; a source may overshoot by one record */
} sluice_credit;

enum { SLUICE_SOURCE = 1, SLUICE_TRANSFORM = 2, SLUICE_SINK = 3, SLUICE_RELAY = 4 };

enum {                           /* why a flush comes; of flushes that meet on their way, the highest arrives */
  SLUICE_FLUSH_STARVED = 1,      /* a source before this node may emit nothing until something settles */
  SLUICE_FLUSH_DEAD_LETTER = 2,  /* the run ends, and dead letters came behind the flush that said so */
  SLUICE_FLUSH_END = 3,          /* a source before this node has ended; another may go on */
  SLUICE_FLUSH_REVOKE = 4,       /* a source before this node gives up partitions, and waits for what came of them */
  SLUICE_FLUSH_DRAIN = 5         /* the run was asked to end, and a source before this node has stopped */
};

typedef struct sluice_node_type {
  uint32_t struct_size;          /* also the stride of sluice_plugin.types */
  uint32_t kind;
  sluice_str name;               /* snake_case; as `type:` in a graph */
  sluice_str summary;            /* one sentence */
  const sluice_option* options;
  uint64_t option_count;
  uint64_t option_stride;        /* sizeof(sluice_option) as the plugin knows it */

  /* Pure, any one thread: what this node would be with these options, and what is wrong with them. Required. */
  int32_t (*describe)(const sluice_config*, const sluice_describe_api*, void* to, sluice_error*);
  /* May connect; starts no thread that calls the host. Main thread; sinks first. Required. */
  int32_t (*open)(const sluice_host*, sluice_context*, uint32_t role, const sluice_config*, void** node, sluice_error*);
  /* Ends threads and frees the node. Any one thread, after the stage has ended; other nodes may close at the same time.
   * Settles or drops what it still owns. A run that ends waits for a second or so: what takes longer is left behind. */
  void (*close)(void* node);

  /* All below: stage thread unless said otherwise; none may block on the outside. */
  int32_t (*start)(void* node, sluice_error*); /* optional; once, before anything else: threads may start here */
  /* Source: emits up to credit, or returns by the deadline (monotonic), or when woken. */
  int32_t (*poll)(void* node, const sluice_credit*, int64_t deadline_ns, sluice_error*);
  void (*wake)(void* node);      /* source, any thread: makes a running or the next poll return at once */
  void (*stop)(void* node);      /* source, optional: the last emissions, within the last credit; polls then have 0 */
  /* Source, optional: store this position (end of the last settled range) and answer by host->committed. */
  int32_t (*commit)(void* node, uint32_t partition, int64_t position, sluice_error*);
  void (*released)(void* node, uint32_t partition); /* source, optional: a revoked partition may go now */
  /* Transform and sink: consumes the batch even when it returns an error, which stops the graph. */
  int32_t (*process)(void* node, uint32_t input_port, sluice_batch* take, sluice_error*);
  int32_t (*timer)(void* node, int64_t monotonic_ns, sluice_error*); /* optional */
  /* Optional: emit, hand on or relinquish at once what is held back. */
  int32_t (*flush)(void* node, uint32_t why, sluice_error*);
  /* Optional: describe's questions asked of the real servers, with short-lived resources that change nothing. */
  int32_t (*probe)(const sluice_config*, const sluice_describe_api*, void* to, sluice_error*);
  /* Since minor 1. */
  /* Source, optional, with learn; after open and before start, any one thread, once for each of its outputs in order:
   * what it wants to learn from the stores behind that output. */
  int32_t (*tail_query)(void* node, sluice_tail_query* to, sluice_error*);
  /* Source: after tail_query and before start, one thread at a time. Each store ends with ANSWERED or UNKNOWN. */
  int32_t (*learn)(void* node, const sluice_tail_part*, uint32_t* wants, sluice_error*);
  /* Sink and relay input, optional; after open, on a thread of its own, beside any other slot but close. May wait for a
   * server. An error: not all that was asked for could be read; it is logged, and the run goes on. */
  int32_t (*tail)(void* node, const sluice_tail_query*, const sluice_tail_api*, void* to, sluice_error*);
  /* Since minor 2. */
  /* Sink and relay, optional: gives all that is stored, from the beginning to the end of the moment it was called, with
   * connections of its own. Any thread, no node is open. It changes nothing at the server: no group, no commits. */
  int32_t (*scan)(const sluice_config*, const sluice_scan_query*, const sluice_scan_api*, void* to, sluice_error*);
  /* Sink and relay input, optional, with SLUICE_FACT_CLAIMS; after open, on a thread of its own, beside any other slot
   * but close. Waits for the lock that one process at a time has, keeps it, and returns when it is not wanted any more.
   * An error: it was lost, or cannot be had. */
  int32_t (*claim)(void* node, const sluice_claim_api*, void* to, sluice_error*);
} sluice_node_type;

typedef struct sluice_plugin {
  uint32_t struct_size;
  uint32_t abi_minor;            /* SLUICE_ABI_MINOR it was built with */
  sluice_str name;               /* equal to the file's name without .so */
  sluice_str version;
  sluice_str summary;
  const sluice_node_type* types; /* their stride is types->struct_size */
  uint64_t type_count;
} sluice_plugin;

#define SLUICE_PLUGIN_SYMBOL "sluice_plugin_v1"
typedef const sluice_plugin* (*sluice_plugin_function)(void); /* pure; the result lives as long as the process */

#ifdef __cplusplus
}
#endif
#endif
