#!/bin/bash
# Stands in for docker-entrypoint.sh of docker-library/postgres: starts as root, reads what the
# environment asks for, and goes on as postgres; an empty data directory gets a cluster with that
# user, password and database, then the scripts of /docker-entrypoint-initdb.d.
set -eu

# settle NAME DEFAULT: NAME becomes its own value, else the content of the file that NAME_FILE
# names (which only root may be able to read), else the default.
settle() {
  local file="${1}_FILE" value="${!1:-}"
  if [ -z "$value" ] && [ -n "${!file:-}" ]; then value=$(<"${!file}"); fi
  export "$1=${value:-$2}"
  unset "$file"
}

run_script() {
  case $1 in
    *.sh) if [ -x "$1" ]; then "$1"; else . "$1"; fi ;;
    *.sql) psql -v ON_ERROR_STOP=1 --username="$POSTGRES_USER" --dbname="$POSTGRES_DB" -f "$1" ;;
  esac
}

initialise() {
  local method=${POSTGRES_HOST_AUTH_METHOD:-scram-sha-256}
  if [ -z "$POSTGRES_PASSWORD" ] && [ "$method" != trust ]; then
    echo 'no password for the superuser: set POSTGRES_PASSWORD or POSTGRES_PASSWORD_FILE' >&2
    exit 1
  fi
  # shellcheck disable=SC2086 - several arguments may be in it
  initdb --username="$POSTGRES_USER" --pwfile=<(echo "$POSTGRES_PASSWORD") $POSTGRES_INITDB_ARGS
  echo "host all all all $method" >>"$PGDATA/pg_hba.conf"

  # By its socket alone: nobody else can connect before all is set up.
  pg_ctl -w -o "$(printf '%q ' "${@:2}" -c listen_addresses=)" start
  if [ "$POSTGRES_DB" != postgres ]; then
    createdb --username="$POSTGRES_USER" --maintenance-db=postgres "$POSTGRES_DB"
  fi
  for script in /docker-entrypoint-initdb.d/*; do run_script "$script"; done
  pg_ctl -w -m fast stop
}

if [[ "${1:-}" == -* ]]; then set -- postgres "$@"; fi

if [ "$1" = postgres ]; then
  settle POSTGRES_PASSWORD ''
  settle POSTGRES_USER postgres
  settle POSTGRES_DB "$POSTGRES_USER"
  settle POSTGRES_INITDB_ARGS ''
  mkdir -p "$PGDATA"
  chmod 700 "$PGDATA" || true
  if [ "$(id -u)" = 0 ]; then
    find "$PGDATA" /var/run/postgresql ! -user postgres -exec chown postgres '{}' +
    exec gosu postgres "$0" "$@"
  fi
  if [ ! -s "$PGDATA/PG_VERSION" ]; then initialise "$@"; fi
fi
exec "$@"
