# For the benchmarks to source, after lib.sh: servers of others, fetched and prepared. What cannot be
# had is a row that says so.
#
#   on_web WHAT PACKAGE KIND COMMAND...   the web server of samples/web/harness.sh, then COMMAND
#   on_postgresql WHAT COMMAND...         PostgreSQL with the tables of pgbench, then COMMAND
#
# SPDX-License-Identifier: MIT

. "$SOURCE/samples/web/harness.sh"
. "$SOURCE/samples/postgresql/harness.sh"
at_exit web_kill
at_exit postgresql_kill

# fetched WHAT COMMAND...: whether COMMAND could fetch it.
fetched()
{
    local what=$1 why
    shift
    why=$("$@" 2>&1) && return
    missing "$what" "$why"
    return 1
}

on_web()
{
    fetched "$1" "$SOURCE/samples/web/fetch" "$2" || return
    web_prepare "$WORK/$3" "$3"
    "${@:4}"
}

on_postgresql()
{
    fetched "$1" "$SOURCE/samples/postgresql/fetch" server || return
    postgresql_prepare "$WORK/pg" || exit 1
    echo 'autovacuum = off' >>"$POSTGRESQL_DIR/data/postgresql.conf"
    postgresql_start && postgresql_run pgbench -q -i 2>/dev/null && postgresql_stop || exit 1
    "${@:2}"
}
