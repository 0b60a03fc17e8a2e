#!/bin/sh
# Natively, what the entrypoint in compose.yaml does: `entrypoint.sh PROGRAM ARGUMENT…`. What Redis
# reads from its input stands in no process list. Of an option that is given twice, the last counts.
set -eu
password=$(cat "$SECRETS/redis-password")
program=$1
shift
cd "$DATA"
exec "$program" - "$@" --bind "${LISTEN_REDIS%:*}" --port "${LISTEN_REDIS##*:}" <<END
requirepass "${password:?REDIS_PASSWORD is empty}"
END
