#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# all.sh BUILD_DIR   Runs every gate on the tree and on that build: one line for each, and what is wrong under it.
set -uo pipefail
build=${1:?usage: all.sh BUILD_DIR}
here=$(cd "$(dirname "$0")" && pwd)
failed=0
for gate in self_test.py walls.py format.sh sizes.py paths.py abi.py symbols.sh graphs.py schema.py deploy.py docs.py shown.py; do
  if said=$("$here/$gate" "$build" 2>&1); then
    printf 'ok    %-9s %s\n' "${gate%.*}" "$(tail -n 1 <<<"$said")"
  else
    failed=$((failed + 1))
    printf 'WRONG %s\n' "${gate%.*}"
    sed -n '1,40s/^/        /p' <<<"$said"
    [ "$(wc -l <<<"$said")" -le 40 ] || echo "        and more: $here/$gate $build"
  fi
done
[ "$failed" -eq 0 ]
