#!/usr/bin/env bash
# lifeguard attach and detach on servers of the other pool systems, which work on: all pools that were
# there are adopted, none of them is a finding, and the server answers as ever. SOAK=1: each a
# thousand times.
# SPDX-License-Identifier: MIT
. "$(dirname "$0")/../lib.sh"
rounds=$([ "${SOAK:-0}" = 0 ] && echo 3 || echo 1000)

attach()
{
    "$LIFEGUARD" attach -o "$WORK/$1" "$2"
}

mappings()
{
    grep -c '\.trace$\|memfd:' "/proc/$1/maps"
}

descriptors()
{
    find "/proc/$1/fd" -mindepth 1 | wc -l
}

# Connections that a server has let go of it may keep for a moment.
no_more()
{
    [ "$(descriptors "$1")" -le "$2" ]
}

# Process PID is attached to and let go of while COMMAND has it work; it is told afterwards that it
# was stopped for no longer than a moment.
cycles()
{
    local pid=$1 round wrong=0
    shift
    : >"$WORK/stopped"
    for ((round = 0; round < rounds; round++)); do
        rm -rf "$WORK/cycles"
        attach cycles "$pid" 2>>"$WORK/stopped" || wrong=$((wrong + 1))
        "$@" >"$WORK/answer" 2>&1 || wrong=$((wrong + 1))
        cmp -s "$WORK/answer" "$WORK/usual" || wrong=$((wrong + 1))
        "$LIFEGUARD" detach "$pid" 2>>"$WORK/stopped" || wrong=$((wrong + 1))
    done
    echo "# stopped, ms: $(grep -o 'stopped for [0-9.]*' "$WORK/stopped" | cut -d' ' -f3 | sort -n |
        awk '{ ms[NR] = $1 } END { printf "median %s, 95 %% %s, most %s of %d", ms[int((NR + 1) / 2)],
            ms[int(NR * 0.95 + 0.5)], ms[NR], NR }')"
    is "... $rounds times more, and it answers as before" "$wrong" 0
}

# What PID is, attached to while COMMAND has it work: NAME, and at least so many POOLS were there.
serves()
{
    local name=$1 pid=$2 pools=$3 before
    shift 3
    "$@" >"$WORK/usual" 2>&1
    before=$(descriptors "$pid")
    status "$name is attached to" 0 attach "$name" "$pid"
    "$@" >"$WORK/answer" 2>&1
    ok '... and answers as before' cmp "$WORK/answer" "$WORK/usual"
    "$@" >/dev/null 2>&1
    status '... and is let go of' 0 "$LIFEGUARD" detach "$pid"
    "$@" >"$WORK/answer" 2>&1
    ok '... and answers' cmp "$WORK/answer" "$WORK/usual"
    "$LIFEGUARD" info "$WORK/$name" >"$WORK/info"
    ok "... at least $pools pools were there" \
        [ "$(sed -n 's/^attached .* \([0-9,]*\) pools\? w.*/\1/p' "$WORK/info" | tr -d ,)" -ge "$pools" ]
    report "$WORK/$name"
    is '... nothing is lost' "$(json .recording.lost_events)" 0
    is '... or odd' "$(grep '^odd' "$WORK/info")" ''
    is '... all that the pools hold was seen' "$(json .recording.coverage.mismatches)" 0
    is '... none of what was there is an error' \
        "$(json '[.findings[] | select(.severity == "error") | [.rule, .pool.tag]]')" '[]'
    cycles "$pid" "$@"
    ok '... with no descriptor more' wait_until no_more "$pid" "$before"
    is '... and no trace mapped' "$(mappings "$pid")" 0
}

# Servers that KIND of samples/web has; the process that works is a child, or the server itself.
web()
{
    local kind=$1 pools=$2
    WEB_ALONE=
    web_prepare "$WORK/web.$kind" "$kind"
    status "$kind is started" 0 web_start
    web_wait eval '[ "$(web_children | wc -w)" -ge 1 ]'
    web_get / / >/dev/null
    local worker
    worker=$(web_children | cut -d' ' -f1)
    serves "$kind" "$worker" "$pools" web_get / /zeros / /index.html
    web_stop TERM
    is '... and ends as ever' "$?" "$3"
}

radius()
{
    radius_prepare "$WORK/server"
    status 'FreeRADIUS is started' 0 radius_start
    radius_ask 2
    # A few requests: it keeps each for a while, which is the more the faster they come.
    serves freeradius "$RADIUS_PID" 4000 radius_ask 1
    radius_stop
    is '... and ends as ever' "$?" 0
}

ask_session()
{
    local line command
    printf 'MKD d\r\nRMD d\r\nCWD /sub\r\nCWD /\r\nPWD\r\n' >&"$control"
    for command in MKD RMD CWD CWD PWD; do
        read -r -t 60 line <&"$control" || return
        echo "$command $line"
    done
}

# The master, and a session; tests of their own have what is said of them, see attach_proftpd.sh.
proftpd()
{
    need_proftpd
    proftpd_prepare "$WORK/proftpd"
    status 'ProFTPD is started' 0 proftpd_start
    serves proftpd "$PROFTPD_PID" 100 ftp_curl --list-only @/
    open_session
    serves session "$session" 100 ask_session
    close_session
    proftpd_stop
    is '... and ends as ever' "$?" 0
}

# A backend serves one client, which stays.
ask_backend()
{
    local line
    echo 'select count(*) from generate_series(1, 1000); select 1/1;' >&"$to"
    for line in 1 2; do
        read -r -t 60 line <&"$from" || return
        echo "$line"
    done
}

backend()
{
    chmod 755 "$WORK"
    postgresql_prepare "$WORK/pg"
    status 'PostgreSQL is started' 0 postgresql_start
    coproc client { postgresql_run psql -At 2>&1; }
    to=${client[1]} from=${client[0]}
    echo 'select pg_backend_pid();' >&"$to"
    local pid
    read -r -t 60 pid <&"$from"
    serves postgresql "$pid" 20 ask_backend
    exec {to}>&-
    wait "$client_PID" 2>/dev/null
    postgresql_stop
    is '... and ends as ever' "$?" 0
}

work
have()
{
    local why sample=$1
    why=$("$SOURCE/samples/$sample/fetch" "$2" 2>&1) || {
        skip "$2" "$why"
        return 1
    }
    . "$SOURCE/samples/$sample/harness.sh"
    at_exit "${sample}_kill"
}
[ "${SOAK:-0}" = 0 ] || proftpd
! have radius root || radius
! have postgresql server || backend
! have web httpd || { web prefork 5 0 && web event 5 0; }
! have web nginx || web nginx 1 0
done_testing
