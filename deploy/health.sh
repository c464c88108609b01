#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# health.sh PORT...   Succeeds when a Sluice process answers 200 on /healthz of one of these ports of this machine.
# For an image that has no HTTP client. Asks /healthz and not /readyz: to be restarted because the database is away
# would help nobody.
for port in "${@:?health.sh PORT...}"; do
  exec 3<>"/dev/tcp/127.0.0.1/$port" || continue
  printf 'GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n' >&3
  read -r -t 4 _ status _ <&3
  [ "$status" = 200 ] && exit 0
  exec 3<&- 3>&-
done 2>/dev/null
echo "no Sluice process answers 200 on /healthz of port $*"
exit 1
