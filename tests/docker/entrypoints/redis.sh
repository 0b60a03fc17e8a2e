#!/bin/sh
# Stands in for docker-entrypoint.sh of docker-library/redis: options or a *.conf alone mean
# redis-server; it starts as root and goes on as redis, which then owns the working directory.
set -eu

case ${1:-} in -* | *.conf) set -- redis-server "$@" ;; esac

if [ "$1" = redis-server ] && [ "$(id -u)" = 0 ]; then
  find . ! -user redis -exec chown redis '{}' +
  exec gosu redis "$0" "$@"
fi
if [ "$1" = redis-server ]; then
  umask 0077
  # The official image is compiled with this default; Debian's would refuse other containers.
  case " $* " in
    *' --protected-mode '*) ;;
    *) set -- "$@" --protected-mode no ;;
  esac
fi
exec "$@"
