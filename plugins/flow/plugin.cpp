// SPDX-License-Identifier: Apache-2.0
// The core nodes: what nearly every graph needs and what knows no protocol.
#include "sluice/plugin.hpp"

#include "batch_node.hpp"
#include "console.hpp"
#include "continuity.hpp"
#include "discard.hpp"
#include "file.hpp"
#include "generate.hpp"
#include "replay.hpp"
#include "route.hpp"
#include "stamp.hpp"

namespace {

using namespace sluice;

constexpr sluice_node_type types[] = {
    transform_type<flow::Stamp>("stamp", "Adds the receive time to each payload, a JSON object.", flow::stamp_options),
    transform_type<flow::Route>("route", "Sends each record to the port that lists the value of its attribute.",
                                flow::route_options),
    transform_type<flow::BatchNode>("batch", "Collects records into batches by size and age.", flow::batch_options),
    transform_type<flow::Continuity>("continuity", "Checks that the ids of each series follow one another.",
                                     flow::continuity_options),
    source_type<flow::Replay>("replay", "Replays a capture file at its recorded receive times.", flow::replay_options),
    source_type<flow::Generate>("generate", "Makes numbered JSON records.", flow::generate_options),
    sink_type<flow::File>("file", "Appends JSON lines to a file.", flow::file_options),
    sink_type<flow::Console>("console", "Prints each record as a line.", flow::console_options),
    sink_type<flow::Discard>("discard", "Settles every record as discarded.", {}),
};

}  // namespace

SLUICE_EXPORT_PLUGIN("flow", "0.1.0", "The core nodes.", types)
