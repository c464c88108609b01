#!/usr/bin/env bash
# packages.sh build|test   Installs what is missing of the Debian packages that a build (or the tests) needs.
# Silent when all is there. Elsewhere than on Debian or Ubuntu, or without root and sudo, it says what to install.
set -euo pipefail

build=(g++ cmake ninja-build ccache pkg-config libboost1.81-dev libboost-filesystem1.81-dev libyaml-cpp-dev
  libsimdjson-dev libspdlog-dev libfmt-dev libcli11-dev libsqlite3-dev libpq-dev libssl-dev zlib1g-dev sqlite3 librdkafka-dev
  ca-certificates)
test=("${build[@]}" catch2 libbenchmark-dev libtbb-dev libconcurrentqueue-dev libreaderwriterqueue-dev clang-format-14
  graphviz python3 python3-yaml binutils openssl kcat openjdk-17-jre-headless maven postgresql-15 valgrind)

case ${1:?build or test} in
  build) wanted=("${build[@]}") ;;
  test) wanted=("${test[@]}") ;;
  *) echo "packages.sh: say build or test" >&2; exit 2 ;;
esac

missing=()
if command -v dpkg-query >/dev/null; then
  for package in "${wanted[@]}"; do
    [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || missing+=("$package")
  done
  [ ${#missing[@]} -eq 0 ] && exit 0
fi
if ! command -v apt-get >/dev/null; then
  printf 'This script installs packages on Debian 12 only. Please install with your own tools, then call it again:\n  %s\n' \
    "a C++20 compiler, CMake 3.25, Ninja, Boost 1.81, yaml-cpp, simdjson, spdlog, fmt, CLI11, SQLite, OpenSSL, zlib" >&2
  exit 1
fi
as_root=()
if [ "$(id -u)" -ne 0 ]; then
  if ! command -v sudo >/dev/null; then
    printf 'These packages are missing, and neither root nor sudo is at hand. Please run as root:\n  apt-get install %s\n' \
      "${missing[*]}" >&2
    exit 1
  fi
  as_root=(sudo)
fi
echo "installing ${#missing[@]} packages: ${missing[*]}"
export DEBIAN_FRONTEND=noninteractive
log=$(mktemp)
"${as_root[@]}" apt-get update -qq >"$log" 2>&1 || { cat "$log" >&2; exit 1; }
if ! "${as_root[@]}" apt-get install -y -qq --no-install-recommends "${missing[@]}" >"$log" 2>&1; then
  cat "$log" >&2
  printf 'The packages above could not be installed. Sluice is built and tested on Debian 12 (bookworm).\n' >&2
  exit 1
fi
rm -f "$log"
