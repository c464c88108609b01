// SPDX-License-Identifier: Apache-2.0
#include "hot_path.hpp"

namespace sluice::bench {
namespace {

constexpr HotPath all[] = {
    {"frame_walk", "frame", &frame_walk},
    {"decode", "frame", &decode},
    {"record_making", "record", &record_making},
    {"stamp", "record", &stamp},
    {"route", "record", &route},
    {"batch", "record", &batch_node},
    {"direct_hop", "hop", &direct_hop},
    {"hand_over", "batch", &hand_over},
    {"split", "record", &split},
    {"merge", "record", &merge},
    {"cut", "batch", &cut},
    {"settle", "batch", &settle},
    {"kafka_message", "record", &kafka_message, false},
    {"extract_trades", "record", &extract_trades},
    {"extract_quotes", "record", &extract_quotes},
    {"canonical_decimal", "decimal", &canonical_decimal},
    {"encode_numeric", "decimal", &encode_numeric},
    {"encode_arrays", "row", &encode_arrays},
    {"encode_copy", "row", &encode_copy},
    {"socket_to_discard", "record", &socket_to_discard},
};

}  // namespace

std::span<const HotPath> hot_paths() { return all; }

}  // namespace sluice::bench
