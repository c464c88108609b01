#!/usr/bin/env bash
# packages.sh build|test|rdkafka            Installs what is missing of the Debian packages that a build, the tests, or
#                                           tools/rdkafka.sh needs.
# packages.sh missing build|test|rdkafka    Only names what is missing, one a line.
# Silent when all is there. Waits up to five minutes for another apt. Elsewhere than on Debian, or without root and sudo,
# it says what to install.
set -euo pipefail

build=(g++ cmake ninja-build ccache pkg-config libboost1.81-dev libboost-filesystem1.81-dev libyaml-cpp-dev
  libsimdjson-dev libspdlog-dev libfmt-dev libcli11-dev libsqlite3-dev libpq-dev libssl-dev zlib1g-dev sqlite3 librdkafka-dev
  ca-certificates)
test=("${build[@]}" catch2 libbenchmark-dev libtbb-dev libconcurrentqueue-dev libreaderwriterqueue-dev clang-format-14
  git python3 python3-yaml binutils openssl kcat openjdk-17-jre-headless maven pgbouncer postgresql-15 valgrind)
rdkafka=(gcc make pkg-config libc6-dev libssl-dev zlib1g-dev libcurl4-openssl-dev libzstd-dev libsasl2-dev)
command -v npm >/dev/null || rdkafka+=(npm)  # perhaps one that is not Debian's

only_names=false
if [ "${1:-}" = missing ]; then only_names=true; shift; fi
case ${1:-} in
  build) wanted=("${build[@]}") ;;
  test) wanted=("${test[@]}") ;;
  rdkafka) wanted=("${rdkafka[@]}") ;;
  *) echo "Usage: tools/packages.sh [missing] build|test|rdkafka" >&2; exit 2 ;;
esac

missing=()
if command -v dpkg-query >/dev/null; then
  for package in "${wanted[@]}"; do
    [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || missing+=("$package")
  done
  if $only_names; then
    [ ${#missing[@]} -eq 0 ] || printf '%s\n' "${missing[@]}"
    exit 0
  fi
  [ ${#missing[@]} -eq 0 ] && exit 0
fi
if $only_names; then exit 0; fi
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
log=$(mktemp)
trap 'rm -f "$log"' EXIT
# apt's own timeout covers the lock of dpkg, not the one of the package lists: a machine that has just started holds both.
lock_wait_s=300
apt() {
  local until=$((SECONDS + lock_wait_s)) has_said=false
  while ! "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8 \
      apt-get -o DPkg::Lock::Timeout=$lock_wait_s "$@" >"$log" 2>&1; do
    if ! grep -qE "Could not get lock|Unable to (acquire|lock)" "$log" || [ $SECONDS -ge $until ]; then
      cat "$log" >&2
      return 1
    fi
    $has_said || echo "another program uses apt; waiting for it, up to $((lock_wait_s / 60)) minutes"
    has_said=true
    sleep 2
  done
}
echo "installing ${#missing[@]} packages: ${missing[*]}"
apt update -qq || { echo "packages.sh: apt-get update failed; its words are above" >&2; exit 1; }
if ! apt install -y -qq --no-install-recommends "${missing[@]}"; then
  printf 'The packages above could not be installed. Sluice is built and tested on Debian 12 (bookworm).\n' >&2
  exit 1
fi
