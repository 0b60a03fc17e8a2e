#!/bin/sh
# Run once, when the database is made: the exporter's own role, which may read statistics and
# nothing else.
set -eu
psql --quiet --no-psqlrc --set ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname "$POSTGRES_DB" \
  --set password="$(cat "$POSTGRES_EXPORTER_PASSWORD_FILE")" <<'SQL'
CREATE ROLE exporter LOGIN PASSWORD :'password';
GRANT pg_monitor TO exporter;
SQL
