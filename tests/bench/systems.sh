#!/usr/bin/env bash
# CPU time of programs with other pools than ProFTPD's, plain and recorded. A server's is that of all
# its processes; what the client takes is not in it.
# SPDX-License-Identifier: MIT
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/servers.sh"

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

. "$SOURCE/samples/radius/harness.sh"
at_exit radius_kill
export HOME=$WORK # svn's own configuration

section systems "CPU time of programs with other pools"
if command -v svn >/dev/null && make_repository; then
    compare "svn: a checkout of $files files" checkout
else
    missing svn "svn is not installed"
fi
for kind in prefork event; do
    on_web "httpd, $kind" httpd $kind compare "httpd, $kind: $requests requests" serve
done
on_web nginx nginx nginx compare "nginx: $requests requests" serve
on_postgresql PostgreSQL compare "PostgreSQL: $transactions transactions of pgbench" serve_queries
if fetched FreeRADIUS "$SOURCE/samples/radius/fetch" root; then
    radius_prepare "$WORK/radius" || exit 1
    compare "FreeRADIUS: $logins requests" log_in
fi
