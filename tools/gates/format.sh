#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# format.sh [--fix]   All C++ and C is as clang-format 14 would write it. --fix rewrites what is not.
# Left out: abi.h and abi_stores.h, whose comments are aligned by hand as a table.
set -euo pipefail
cd "$(dirname "$0")/../.."
formatter=$(command -v clang-format-14 || true)
if [ -z "$formatter" ]; then
  echo "clang-format-14 is missing; install it: other versions format differently"
  exit 1
fi
mapfile -t files < <(git -c 'safe.directory=*' ls-files '*.cpp' '*.hpp' '*.h' '*.c' | grep -vE '^sdk/include/sluice/abi(_stores)?\.h$')
if [ "${1:-}" = --fix ]; then
  "$formatter" -i "${files[@]}"
fi
# What git lists may have been deleted a moment ago: only files that are there count.
mapfile -t files < <(for file in "${files[@]}"; do if [ -f "$file" ]; then echo "$file"; fi; done)
if ! said=$("$formatter" --dry-run -Werror "${files[@]}" 2>&1); then
  sed -nE 's/^([^: ]+:[0-9]+):[0-9]+: error: .*/\1: is not formatted; run tools\/gates\/format.sh --fix/p' <<<"$said" |
    awk -F: '!seen[$1]++'
  exit 1
fi
echo "${#files[@]} files are formatted"
