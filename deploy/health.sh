#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# health.sh PORT...   Succeeds if a Sluice process on this machine answers 200 on /healthz at one of these ports.
# It is for an image without an HTTP client. It asks /healthz and not /readyz, because a restart would not help a process
# whose database is down.
for port in "${@:?health.sh PORT...}"; do
  exec 3<>"/dev/tcp/127.0.0.1/$port" || continue
  printf 'GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n' >&3
  read -r -t 4 _ status _ <&3
  [ "$status" = 200 ] && exit 0
  exec 3<&- 3>&-
done 2>/dev/null
echo "no Sluice process answers 200 on /healthz of port $*"
exit 1
