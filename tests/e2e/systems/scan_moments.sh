#!/usr/bin/env bash
# lifeguard scan of stock daemons at random moments under load: nothing is unreachable, nothing dangles.
# 5 moments of ProFTPD; SOAK=1: 100, and as many of httpd (prefork, event), nginx and PostgreSQL.
# SPDX-License-Identifier: MIT
. "$(dirname "$0")/../lib.sh"
moments=$((${SOAK:-0} ? 100 : 5))

# What is found in the processes given, but for those that have ended meanwhile, a line each.
found()
{
    local pid status
    for pid; do
        "$LIFEGUARD" scan --format=json "$pid" >"$WORK/scan.json" 2>"$WORK/scan.err"
        status=$?
        if [ "$status" -eq 2 ] && ! grep -q 'ended\|no such process' "$WORK/scan.err"; then
            cat "$WORK/scan.err"
        elif [ "$status" -ne 2 ]; then
            scanned=$((scanned + 1))
            jq -c --arg status "$status" '.systems[] | select($status != "0" or .obstacle or
                (.findings | length > 0)) | [$status, .obstacle, .findings]' "$WORK/scan.json"
        fi
    done
}

# under_load NAME COMMAND...: COMMAND is run again and again meanwhile; `processes` prints pids.
under_load()
{
    local name=$1 job i
    shift
    (while :; do "$@"; done) >/dev/null 2>&1 &
    job=$!
    scanned=0
    : >"$WORK/found"
    for ((i = 0; i < moments; i++)); do
        sleep "0.$(printf %03d $((RANDOM % 300)))"
        found $(processes) >>"$WORK/found"
    done
    kill "$job"
    wait "$job" 2>/dev/null
    is "$name: nothing is found at $moments moments under load" "$(<"$WORK/found")" ""
    ok "... in $scanned scans, of their children, too" test "$scanned" -gt "$moments"
}

children()
{
    local list
    read -r -a list <"/proc/$1/task/$1/children"
    echo "${list[@]}"
}

transfers()
{
    local round
    for round in {1..100}; do
        ftp_transfer ""
        ftp_transfer download
        ftp_transfer uploaded "upload-file $PROFTPD_HOME/download"
    done >"$WORK/transfers"
    curl -q --silent --config "$WORK/transfers"
}

requests()
{
    web_get / /directory/ /zeros /nothing
}

web()
{
    web_prepare "$WORK/$1" "$1"
    processes() { echo $(web_children) "$WEB_PID"; }
    web_start && under_load "$1" requests
    web_kill
}

work
chmod 777 "$WORK"
need_proftpd
proftpd_prepare "$WORK/proftpd" modules
processes() { echo $(children "$PROFTPD_PID") "$PROFTPD_PID"; }
proftpd_start && under_load ProFTPD transfers
proftpd_kill

if ((${SOAK:-0})); then
    need_sample web httpd nginx
    for kind in prefork event nginx; do
        web "$kind"
    done
    need_sample postgresql server
    postgresql_prepare "$WORK/pg" && postgresql_start
    postgresql_run pgbench -i -q >/dev/null 2>&1
    processes() { echo $(children "$POSTGRESQL_PID") "$POSTGRESQL_PID"; }
    under_load PostgreSQL postgresql_run pgbench -c 2 -T 10
    postgresql_stop
fi
done_testing
