# Debian's PostgreSQL on loopback, for the end-to-end tests to source.
#
#   postgresql_prepare DIR         makes a database cluster under DIR
#   postgresql_start [COMMAND...]  start the server, under COMMAND when there is one, until it serves
#   postgresql_reload              it reads its configuration again
#   postgresql_stop                what is being served goes on to its end; returns the exit status of
#                                  what was started
#   postgresql_kill                end whatever still runs; for an exit trap
#   postgresql_single [COMMAND...] a server of one process, which takes its queries from stdin
#   postgresql_run PROGRAM...      psql, pgbench ... as a client
#
# The server refuses to be root's: everything runs as the user nobody then. Sets POSTGRESQL_DIR,
# which that user may write to, POSTGRESQL_PORT, POSTGRESQL_PID. What the server says goes to
# POSTGRESQL_DIR/log.

. "$(dirname "${BASH_SOURCE[0]}")/../loopback.sh"
POSTGRESQL_ROOT=$(realpath -m "$(dirname "${BASH_SOURCE[0]}")/../../build/postgresql/root")
POSTGRESQL_BIN=$POSTGRESQL_ROOT/usr/lib/postgresql/$("$(dirname "${BASH_SOURCE[0]}")/fetch" version)/bin
POSTGRESQL_JOB= POSTGRESQL_PID=
postgresql_user=()
[ "$(id -u)" -ne 0 ] || postgresql_user=(setpriv --reuid=nobody --regid=nogroup --clear-groups)

postgresql_as_user()
{
    LD_LIBRARY_PATH=$(echo "$POSTGRESQL_ROOT"/usr/lib/*-linux-gnu) HOME=$POSTGRESQL_DIR \
        TZ=UTC "${postgresql_user[@]}" "$@"
}

postgresql_prepare()
{
    POSTGRESQL_DIR=$1
    POSTGRESQL_PORT=$(free_port)
    mkdir -p "$POSTGRESQL_DIR"
    [ "$(id -u)" -ne 0 ] || chown nobody:nogroup "$POSTGRESQL_DIR"
    postgresql_as_user "$POSTGRESQL_BIN/initdb" -D "$POSTGRESQL_DIR/data" -A trust --no-sync \
        -U postgres --no-locale -E UTF8 >"$POSTGRESQL_DIR/initdb" 2>&1 || {
        cat "$POSTGRESQL_DIR/initdb" >&2
        return 1
    }
    cat >>"$POSTGRESQL_DIR/data/postgresql.conf" <<END
listen_addresses = '127.0.0.1'
port = $POSTGRESQL_PORT
unix_socket_directories = ''
fsync = off
jit = off
autovacuum_naptime = 1
log_autovacuum_min_duration = 0
END
}

postgresql_serves()
{
    postgresql_run pg_isready -q
}

postgresql_start()
{
    local tries
    postgresql_as_user "$@" "$POSTGRESQL_BIN/postgres" -D "$POSTGRESQL_DIR/data" \
        >>"$POSTGRESQL_DIR/log" 2>&1 &
    POSTGRESQL_JOB=$!
    for ((tries = 0; tries < 3000; tries++)); do
        if postgresql_serves; then
            POSTGRESQL_PID=$(head -n 1 "$POSTGRESQL_DIR/data/postmaster.pid")
            return 0
        fi
        kill -0 "$POSTGRESQL_JOB" 2>/dev/null || break
        sleep 0.02
    done
    cat "$POSTGRESQL_DIR/log" >&2
    return 1
}

postgresql_reload()
{
    kill -HUP "$POSTGRESQL_PID"
}

postgresql_stop()
{
    kill -TERM "$POSTGRESQL_PID"
    wait "$POSTGRESQL_JOB"
}

postgresql_kill()
{
    local pid
    pid=$(head -n 1 "$POSTGRESQL_DIR/data/postmaster.pid" 2>/dev/null) && kill -INT "$pid" 2>/dev/null
    [ -z "$POSTGRESQL_JOB" ] || wait "$POSTGRESQL_JOB" 2>/dev/null
}

postgresql_single()
{
    postgresql_as_user "$@" "$POSTGRESQL_BIN/postgres" --single -D "$POSTGRESQL_DIR/data" postgres
}

postgresql_run()
{
    local program=$1
    shift
    PGHOST=127.0.0.1 PGPORT=$POSTGRESQL_PORT PGUSER=postgres PGDATABASE=postgres \
        postgresql_as_user "$POSTGRESQL_BIN/$program" "$@"
}
# SPDX-License-Identifier: MIT
