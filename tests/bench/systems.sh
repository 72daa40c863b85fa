#!/usr/bin/env bash
# CPU time of programs with other pools than ProFTPD's, plain and recorded. A server's is that of all
# its processes; what the client takes is not in it.
# SPDX-License-Identifier: MIT
. "$(dirname "$0")/lib.sh"

rounds=${ROUNDS:-7}
bar=30
files=2000
requests=10000
transactions=4000
logins=4000

plain_run()
{
    "${program[@]}" "${plainly[@]}" && read -r plain _ <"$WORK/usage"
}

recorded_run()
{
    "${program[@]}" "${recorder[@]}" && read -r recorded _ <"$WORK/usage"
}

# compare WHAT COMMAND...: COMMAND leaves in $WORK/usage what was used by what it ran under "$@". Two
# rows: both times, and what is added for an event.
compare()
{
    local what=$1 plain recorded events i
    local costs=() program=("${@:2}")
    for ((i = 0; i < rounds; i++)); do
        fresh_recording
        in_turns "$i" plain_run recorded_run || exit 1
        events=$("$LIFEGUARD" report --format=json "$WORK/recording" | jq .recording.events)
        sample "$(awk -v plain="$plain" -v recorded="$recorded" 'BEGIN {
            printf "plain=%f recorded=%f ratio=%f", plain / 1e6, recorded / 1e6, recorded / plain }')"
        costs+=("$(awk -v plain="$plain" -v recorded="$recorded" -v events="$events" 'BEGIN {
            printf "added=%f", (recorded - plain) / events }')")
    done
    row "$what, $events events" ms ratio
    samples=("${costs[@]}")
    row "... added for an event" ns added "$bar"
}

make_repository()
{
    svnadmin create "$WORK/repository" && mkdir "$WORK/files" &&
        (cd "$WORK/files" && for ((i = 0; i < files; i++)); do echo "$i" >"file$i" || exit; done) &&
        svn import -q -m first "$WORK/files" "file://$WORK/repository"
}

checkout()
{
    rm -rf "$WORK/copy"
    "$BENCH/usage" "$WORK/usage" "$@" svn checkout -q "file://$WORK/repository" "$WORK/copy"
}

serve()
{
    local paths=() i
    for ((i = 0; i < requests; i++)); do
        paths+=(/)
    done
    web_start "$BENCH/usage" "$WORK/usage" "$@" && web_get "${paths[@]}" >"$WORK/got" && web_stop TERM
}

# The server's user may not look into $WORK: it writes where it may, and that is moved.
serve_queries()
{
    local command=("${@/$WORK\/recording/$POSTGRESQL_DIR/recording}")
    postgresql_start "$BENCH/usage" "$POSTGRESQL_DIR/usage" "${command[@]}" &&
        postgresql_run pgbench -n -c 1 -t "$transactions" >"$WORK/got" 2>&1 && postgresql_stop &&
        mv "$POSTGRESQL_DIR/usage" "$WORK/usage" || return
    [ ! -e "$POSTGRESQL_DIR/recording" ] || mv "$POSTGRESQL_DIR/recording" "$WORK/recording"
}

# As one thread, which answers one request after the other.
log_in()
{
    RADIUS_FLAGS=-s radius_start "$BENCH/usage" "$WORK/usage" "$@" && radius_ask "$logins" &&
        radius_stop
}

radius()
{
    local why
    if ! why=$("$SOURCE/samples/radius/fetch" root 2>&1); then
        missing "$1" "$why"
        return
    fi
    radius_prepare "$WORK/radius" || exit 1
    compare "$1: $logins requests" log_in
}

postgresql()
{
    local why
    if ! why=$("$SOURCE/samples/postgresql/fetch" server 2>&1); then
        missing "$1" "$why"
        return
    fi
    postgresql_prepare "$WORK/pg" || exit 1
    echo 'autovacuum = off' >>"$POSTGRESQL_DIR/data/postgresql.conf"
    postgresql_start && postgresql_run pgbench -q -i 2>/dev/null && postgresql_stop || exit 1
    compare "$1: $transactions transactions of pgbench" serve_queries
}

# server WHAT PACKAGE KIND: see samples/web/harness.sh.
server()
{
    local why
    if why=$("$SOURCE/samples/web/fetch" "$2" 2>&1); then
        web_prepare "$WORK/$3" "$3"
        compare "$1: $requests requests" serve
    else
        missing "$1" "$why"
    fi
}

. "$SOURCE/samples/web/harness.sh"
. "$SOURCE/samples/postgresql/harness.sh"
. "$SOURCE/samples/radius/harness.sh"
at_exit web_kill
at_exit postgresql_kill
at_exit radius_kill
export HOME=$WORK # svn's own configuration

section systems "CPU time of programs with other pools"
if command -v svn >/dev/null && make_repository; then
    compare "svn: a checkout of $files files" checkout
else
    missing svn "svn is not installed"
fi
server "httpd, prefork" httpd prefork
server "httpd, event" httpd event
server nginx nginx nginx
postgresql PostgreSQL
radius FreeRADIUS
