#!/bin/sh
# Natively, what the image's entrypoint and that in compose.yaml do: `entrypoint.sh PROGRAM`. All
# that RabbitMQ writes goes to its data folder, also the cookie that it would keep at $HOME.
#
# Erlang asks epmd for the ports of nodes, and starts one that outlives them where there is none.
# This one is the run's own, in its process group.
set -eu
program=$(readlink -f "$1")
# Debian's on PATH is a wrapper for the server that it runs as a service.
case $program in */rabbitmq-script-wrapper) program=${program%/*}/rabbitmq-server ;; esac
RABBITMQ_DEFAULT_PASS=$(cat "$SECRETS/rabbitmq-password")
export RABBITMQ_DEFAULT_PASS="${RABBITMQ_DEFAULT_PASS:?RABBITMQ_PASSWORD is empty}"

cd "$DATA"
export HOME="$DATA"
export RABBITMQ_CONF_ENV_FILE=/dev/null RABBITMQ_NODENAME=rabbit@localhost
export RABBITMQ_MNESIA_BASE="$DATA/mnesia" RABBITMQ_LOG_BASE="$DATA/log" RABBITMQ_LOGS=-
export RABBITMQ_CONFIG_FILE="$DATA/rabbitmq.conf" RABBITMQ_ADVANCED_CONFIG_FILE="$DATA/none"
export RABBITMQ_ENABLED_PLUGINS_FILE="$DATA/enabled_plugins"
export RABBITMQ_NODE_IP_ADDRESS="${LISTEN_AMQP%:*}" RABBITMQ_NODE_PORT="${LISTEN_AMQP##*:}"
export RABBITMQ_DIST_PORT="${LISTEN_NODES##*:}"
export ERL_EPMD_ADDRESS="${LISTEN_EPMD%:*}" ERL_EPMD_PORT="${LISTEN_EPMD##*:}"
interface=$(echo "${LISTEN_NODES%:*}" | tr . ,)
export RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS="-rabbit collect_statistics_interval $STATISTICS_INTERVAL \
  -kernel inet_dist_use_interface {$interface}"
echo '[rabbitmq_prometheus].' >enabled_plugins
cat >rabbitmq.conf <<END
prometheus.tcp.ip = ${LISTEN_METRICS%:*}
prometheus.tcp.port = ${LISTEN_METRICS##*:}
management_agent.disable_metrics_collector = true
END

# Where the system can, epmd ends with the server, by whatever means that does.
if command -v setpriv >/dev/null; then setpriv --pdeathsig KILL epmd & else epmd & fi
# So the server itself takes the place of this script, and a signal ends it in order.
export RABBITMQ_ALLOW_INPUT=true
exec "$program" -noinput
