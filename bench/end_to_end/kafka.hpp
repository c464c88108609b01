// SPDX-License-Identifier: Apache-2.0
// The little that the benchmarks' own programs need of librdkafka: a client from pairs of names and values, or the end.
#pragma once
#include <librdkafka/rdkafka.h>

#include <cstdio>
#include <cstdlib>
#include <initializer_list>
#include <utility>

namespace sluice::bench {

using Properties = std::initializer_list<std::pair<const char*, const char*>>;

[[noreturn]] inline void give_up_because(const char* why) {
  std::fprintf(stderr, "%s\n", why);
  std::exit(1);
}

inline rd_kafka_conf_t* make_conf(Properties properties) {
  rd_kafka_conf_t* conf = rd_kafka_conf_new();
  char why[256];
  for (const auto& [name, value] : properties) {
    if (rd_kafka_conf_set(conf, name, value, why, sizeof why) != RD_KAFKA_CONF_OK) give_up_because(why);
  }
  return conf;
}

/// Takes `conf`.
inline rd_kafka_t* make_client(rd_kafka_type_t type, rd_kafka_conf_t* conf) {
  char why[256];
  rd_kafka_t* client = rd_kafka_new(type, conf, why, sizeof why);
  if (client == nullptr) give_up_because(why);
  return client;
}

inline rd_kafka_t* make_client(rd_kafka_type_t type, Properties properties) {
  return make_client(type, make_conf(properties));
}

}  // namespace sluice::bench
