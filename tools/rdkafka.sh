#!/usr/bin/env bash
# rdkafka.sh [DIR]   Builds the current librdkafka into the prefix DIR (build/librdkafka) unless it is there, for
# `cmake -DSLUICE_RDKAFKA=DIR`, and prints DIR. It is a static library, so kafka.so holds it and needs no other file;
# OpenSSL, curl (for OIDC), zstd and SASL are the system's. Debian 12's own librdkafka is 2.0.2.
# The preset `rdkafka` builds with it. The source comes in an npm package that its makers publish;
# installs what is missing (tools/packages.sh rdkafka).
set -euo pipefail
here=$(cd "$(dirname "$0")/.." && pwd)
version=2.15.1
package=@confluentinc/kafka-javascript@1.10.1
archive=confluentinc-kafka-javascript-1.10.1.tgz
sha256=ada7d703bb1d3237e2292bfabf438d663b6160c9f1ac2a2406b5dc4257c81b66

prefix=${1:-$here/build/librdkafka}
mkdir -p "$prefix"
prefix=$(cd "$prefix" && pwd)
exec 9>"$prefix/.lock"
flock 9  # two builds that want it at once
if grep -qsx "Version: $version" "$prefix/lib/pkgconfig/rdkafka.pc"; then
  echo "$prefix"
  exit 0
fi
"$here/tools/packages.sh" rdkafka >&2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
log=$work/log
failed() {
  tail -n 50 "$log" >&2
  echo "rdkafka.sh: librdkafka $version could not be $1" >&2
  exit 1
}

kept=${XDG_CACHE_HOME:-$HOME/.cache}/sluice/$archive
is_right() { echo "$sha256  $kept" | sha256sum --check --status 2>/dev/null; }
if ! is_right; then
  mkdir -p "$(dirname "$kept")"
  (cd "$work" && npm pack --silent "$package") >"$log" 2>&1 || failed "fetched as the npm package $package"
  mv "$work/$archive" "$kept"
  is_right || { rm -f "$kept"; echo "rdkafka.sh: $package is not what it was: its SHA-256 is not $sha256" >&2; exit 1; }
fi
tar -xzf "$kept" -C "$work"
cd "$work/package/deps/librdkafka"
compiler=gcc
command -v ccache >/dev/null && compiler="ccache gcc"
{
  CC=$compiler ./configure --prefix="$prefix" --enable-static --disable-syslog &&
    make -j "$(nproc)" -C src librdkafka.a
} >"$log" 2>&1 || failed built
mkdir -p "$prefix/lib/pkgconfig" "$prefix/include/librdkafka"
cp src/librdkafka.a "$prefix/lib/"
cp src/rdkafka.h src/rdkafka_mock.h "$prefix/include/librdkafka/"
cp LICENSES.txt "$prefix/LICENSES.librdkafka.txt"
# What it was configured to need, by the linker's names and each once.
libraries=$(sed -n 's/^LIBS[+:]*=//p' Makefile.config | tr -s '\t ' '\n' | grep '^-l' | awk '!seen[$0]++' | tr '\n' ' ')
cat >"$prefix/lib/pkgconfig/rdkafka.pc" <<EOF
prefix=$prefix
Name: librdkafka
Description: Kafka's client library in C, static
Version: $version
Cflags: -I\${prefix}/include
Libs: -L\${prefix}/lib -lrdkafka $libraries
EOF
echo "$prefix"
