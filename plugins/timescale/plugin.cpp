// SPDX-License-Identifier: Apache-2.0
// The timescale plugin: what it provides, and its one exported symbol.
#include "sluice/plugin.hpp"

#include "settings.hpp"
#include "sink.hpp"

namespace {

constexpr sluice_node_type types[] = {
    sluice::sink_type<sluice::timescale::TimescaleSink>(
        "timescale",
        "Stores records as rows of a table in TimescaleDB or PostgreSQL, exactly once with a conflict target.",
        sluice::timescale::options),
};

}  // namespace

SLUICE_EXPORT_PLUGIN("timescale", "0.1.0", "Tables in TimescaleDB and PostgreSQL.", types)
