#!/usr/bin/env bash
# build.sh PRESET TARGET [-DOPTION=VALUE ...]
# Configures and builds build/PRESET, and says how far it is: on a terminal in one line, elsewhere a line every half
# minute. The compiler's words are in build/PRESET.log and are shown when the build fails. A build that has little to do
# says nothing.
set -euo pipefail
cd "$(dirname "$0")/.."
preset=${1:?usage: tools/build.sh PRESET TARGET [-DOPTION=VALUE ...]}
target=${2:?usage: tools/build.sh PRESET TARGET [-DOPTION=VALUE ...]}
shift 2
log=build/$preset.log
mkdir -p build
failed() {
  grep -v '^\[[0-9]' "$log" | tail -n 200 >&2
  echo "the build of $preset failed; what the compiler said is above and in $log" >&2
  exit 1
}
cmake --preset "$preset" "$@" >"$log" 2>&1 || failed

is_terminal=0
if [ -t 1 ]; then is_terminal=1; fi
progress() {
  local line shown=$SECONDS
  while IFS= read -r line; do
    printf '%s\n' "$line" >>"$log"
    [[ $line =~ ^\[([0-9]+)/([0-9]+)\] ]] || continue
    if [ $is_terminal = 1 ]; then
      printf '\r\033[K%s: %s of %s' "$preset" "${BASH_REMATCH[1]}" "${BASH_REMATCH[2]}"
    elif [ $((SECONDS - shown)) -ge 30 ]; then
      shown=$SECONDS
      printf '  %s: %s of %s\n' "$preset" "${BASH_REMATCH[1]}" "${BASH_REMATCH[2]}"
    fi
  done
  [ $is_terminal = 0 ] || printf '\r\033[K'
}
NINJA_STATUS='[%f/%t] ' cmake --build "build/$preset" --target "$target" 2>&1 | progress || failed
