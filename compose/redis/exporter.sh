#!/bin/sh
# Natively, what the entrypoint in compose.yaml does: REDIS_PASSWORD_FILE wants JSON, and the
# address of Redis in it.
set -eu
REDIS_PASSWORD=$(cat "$SECRETS/redis-password")
export REDIS_PASSWORD
exec "$@"
