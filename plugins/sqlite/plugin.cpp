// SPDX-License-Identifier: Apache-2.0
// The sqlite plugin: what it provides, and its one exported symbol.
#include "sluice/plugin.hpp"

#include "settings.hpp"
#include "sink.hpp"

namespace {

constexpr sluice_node_type types[] = {
    sluice::sink_type<sluice::sqlite::SqliteSink>(
        "sqlite", "Stores records as rows of a table in an SQLite file, exactly once with a conflict target.",
        sluice::sqlite::options),
};

}  // namespace

SLUICE_EXPORT_PLUGIN("sqlite", "0.1.0", "The embedded store: tables in an SQLite file.", types)
