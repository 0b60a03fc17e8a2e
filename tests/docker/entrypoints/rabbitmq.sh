#!/bin/sh
# Stands in for docker-entrypoint.sh of docker-library/rabbitmq: starts as root and goes on as
# rabbitmq, which then owns the data directory. The server itself reads RABBITMQ_DEFAULT_USER and
# RABBITMQ_DEFAULT_PASS.
set -eu

case $1 in
  rabbitmq*)
    if [ "$(id -u)" = 0 ]; then
      if [ "$1" = rabbitmq-server ]; then
        find /var/lib/rabbitmq ! -user rabbitmq -exec chown rabbitmq '{}' +
      fi
      exec gosu rabbitmq "$0" "$@"
    fi
    ;;
esac
exec "$@"
