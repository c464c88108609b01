/* SPDX-License-Identifier: Apache-2.0
 *
 * The part of the contract about what outlives a run: what was stored last, reading what is stored, and being the only
 * one that writes. Include abi.h, whose rules hold here too.
 */
#ifndef SLUICE_ABI_H
#include "sluice/abi.h"
#endif
#ifndef SLUICE_ABI_STORES_H
#define SLUICE_ABI_STORES_H

/* ---- What was stored last (since minor 1) ------------------------------------------------------------------------- */

/* Before a source starts, the host may ask the sinks and relays that the source's first output leads to for the records
 * that they stored last, so that the source knows where it stopped. */
typedef struct sluice_tail_query { /* what a source wants to learn; its texts live until it starts */
  uint32_t struct_size;
  uint32_t reserved;
  uint64_t records;              /* of one partition at most; 0: it wants nothing */
  uint64_t bytes;                /* payload bytes of one store at most */
  /* Names of fields in JSON payloads, for a store that keeps fields and no payloads: for each key, the newest record has
   * the greatest number in the first order field that it has. The payload that it gives has these fields at least. */
  const sluice_str* key_fields;
  uint64_t key_field_count;
  const sluice_str* order_fields;
  uint64_t order_field_count;
} sluice_tail_query;

enum {                           /* what is wanted next */
  SLUICE_TAIL_MORE = 0,
  SLUICE_TAIL_ENOUGH_OF_PARTITION = 1,
  SLUICE_TAIL_ENOUGH = 2         /* of this store; also when the time is up or the run ends */
};
typedef struct sluice_tail_api { /* any thread, until `tail` returns */
  uint32_t struct_size;
  uint32_t reserved;
  int64_t deadline_ns;           /* monotonic: return by then */
  /* Records of one partition, the newest first, older ones with each call. They have no token. Returns SLUICE_TAIL_*. */
  uint32_t (*give)(void* to, sluice_str partition, sluice_batch* take);
  uint32_t (*is_wanted)(void* to); /* 0: nobody waits any more; for a node that waits for a server */
} sluice_tail_api;

enum {                           /* sluice_tail_part.what */
  SLUICE_TAIL_RECORDS = 1,
  SLUICE_TAIL_ANSWERED = 2,      /* no more of this store: it has no older ones, or the query's bounds are reached */
  SLUICE_TAIL_UNKNOWN = 3        /* no more of this store: it could not be asked, or not to the end */
};
typedef struct sluice_tail_part { /* what a source learns; borrowed */
  uint32_t struct_size;
  uint32_t what;
  sluice_str store;              /* the name of the node that was asked */
  sluice_str partition;          /* of RECORDS, as are: */
  const sluice_batch* records;
} sluice_tail_part;

/* ---- Reading what is stored, and being the only one that writes (since minor 2) ------------------------------------ */

typedef struct sluice_scan_query { /* borrowed */
  uint32_t struct_size;
  uint32_t reserved;
  /* Names of fields in JSON payloads. A store that keeps fields and no payloads gives payloads with those that it has. */
  const sluice_str* fields;
  uint64_t field_count;
} sluice_scan_query;

typedef struct sluice_stored { /* borrowed */
  sluice_str payload;
  int64_t position;              /* in its partition, for sentences; -1: none */
  int64_t stored_ns;             /* when the store took it, since 1970, UTC; 0: unknown */
} sluice_stored;

typedef struct sluice_scan_api { /* the thread that called `scan` */
  uint32_t struct_size;
  uint32_t stored_stride;        /* bytes from one sluice_stored to the next */
  /* Records of one partition in the store's order. 0: no more is wanted. */
  uint32_t (*give)(void* to, sluice_str partition, const sluice_stored* records, uint64_t count);
  uint32_t (*is_wanted)(void* to); /* 0: nobody waits any more; for a node that waits for a server */
} sluice_scan_api;

typedef struct sluice_claim_api { /* any thread, until `claim` returns */
  uint32_t struct_size;
  uint32_t reserved;
  void (*held)(void* to);        /* the lock is ours from now on, until `claim` returns */
  void (*waits)(void* to, sluice_str sentence); /* somebody else has it: who, as far as that is known */
  uint32_t (*is_wanted)(void* to); /* 0: give the lock up and return */
} sluice_claim_api;

#endif
