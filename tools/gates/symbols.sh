#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# symbols.sh BUILD_DIR   Each plugin of the build exports the one symbol sluice_plugin_v1 and nothing else.
set -euo pipefail
build=${1:?usage: symbols.sh BUILD_DIR}
count=0
bad=0
for plugin in "$build"/lib/sluice/*.so; do
  if [ ! -f "$plugin" ]; then
    echo "$build/lib/sluice holds no plugin; build first"
    exit 1
  fi
  count=$((count + 1))
  exported=$(nm -D --defined-only "$plugin" | awk '{print $3}' | sort | tr '\n' ' ')
  if [ "$exported" != "sluice_plugin_v1 " ]; then
    echo "$plugin exports \"${exported% }\"; a plugin exports sluice_plugin_v1 only, so link it with add_node_plugin"
    bad=1
  fi
done
[ "$bad" -eq 0 ] && echo "$count plugins export one symbol each"
exit "$bad"
