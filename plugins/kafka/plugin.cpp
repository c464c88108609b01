// SPDX-License-Identifier: Apache-2.0
// The kafka plugin: what it provides, and its one exported symbol.
#include "sluice/plugin.hpp"

#include "input.hpp"
#include "output.hpp"
#include "relay.hpp"

namespace {

constexpr sluice_node_type types[] = {
    sluice::relay_type<sluice::kafka::Relay, sluice::kafka::Input, sluice::kafka::Output>(
        "kafka", "Writes records to a Kafka topic and reads them from it, keeping the order of each key.",
        sluice::kafka::option_table),
};

}  // namespace

SLUICE_EXPORT_PLUGIN("kafka", "0.1.0", "Kafka topics as relays between parts of a graph.", types)
