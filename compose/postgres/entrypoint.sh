#!/bin/sh
# Natively, what the entrypoint of the image does: `entrypoint.sh PROGRAM ARGUMENT…`. An empty
# PGDATA gets a database with its users; then the server takes the place of this script, on the
# address that the run chose (LISTEN_POSTGRES).
#
# PostgreSQL refuses to run as root. Root runs it as the user `postgres`, or `nobody` where there is
# none, who then owns the data. Folders above it may be closed to that user (those of a run are), so
# it keeps one right of root: to pass through them. That is less than every other server here has
# when root starts it.
set -eu

if [ "$(id -u)" = 0 ]; then
  user=postgres
  id -u "$user" >/dev/null 2>&1 || user=nobody
  chown -R "$user" "$DATA"
  # Who changes its user loses the signal that its parent's death sends: it is asked for again.
  exec setpriv --reuid="$(id -u "$user")" --regid="$(id -g "$user")" --clear-groups \
    --inh-caps=+dac_override --ambient-caps=+dac_override --pdeathsig KILL -- /bin/sh "$0" "$@"
fi

program=$1
shift
bin=$(dirname "$(readlink -f "$program")")
PATH=$bin:$PATH

prepare() {
  mkdir -p "$PGDATA"
  chmod 700 "$PGDATA"
  initdb --username="$POSTGRES_USER" --pwfile="$POSTGRES_PASSWORD_FILE" \
    --auth=scram-sha-256 --no-locale --encoding=UTF8 --no-sync --no-instructions >/dev/null
  # By its socket alone: nobody else can connect before all is set up.
  pg_ctl -w -s -o "-c listen_addresses= -c unix_socket_directories='$PGDATA'" start
  PGPASSWORD=$(cat "$POSTGRES_PASSWORD_FILE")
  PGHOST=$PGDATA
  export PGPASSWORD PGHOST
  createdb --username="$POSTGRES_USER" --maintenance-db=postgres "$POSTGRES_DB"
  sh "$(dirname "$0")/exporter.sh"
  unset PGPASSWORD PGHOST
  pg_ctl -w -s -m fast stop
}

cd "$DATA"
[ -s "$PGDATA/PG_VERSION" ] || prepare
exec "$program" -c listen_addresses="${LISTEN_POSTGRES%:*}" -c port="${LISTEN_POSTGRES##*:}" \
  -c unix_socket_directories= "$@"
