#!/usr/bin/env bash
# lifeguard attach and detach on servers of all pool systems, which work on: all pools that were
# there are adopted, with their names, none of them is a finding, and the server answers as ever, also
# while it is attached to and let go of again and again. SOAK=1: each a thousand times.
# SPDX-License-Identifier: MIT
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../servers.sh"
rounds=$([ "${SOAK:-0}" = 0 ] && echo 3 || echo 1000)

attach()
{
    "$LIFEGUARD" attach -o "$WORK/$1" "$served"
}

detach()
{
    "$LIFEGUARD" detach "$served"
}

descriptors()
{
    find "/proc/$served/fd" -mindepth 1 | wc -l
}

# Connections that a server has let go of it may keep for a moment.
no_more()
{
    [ "$(descriptors)" -le "$1" ]
}

# Threads, signals, what is mapped of each file but for what the server shares with others, and how much
# memory that is no file's may be run: the recorder is there from the first time on.
state()
{
    awk '/^(SigBlk|SigIgn|SigCgt|Threads|TracerPid)/' "/proc/$served/status"
    sed 's/-/ /' "/proc/$served/maps" | while read -r start end rights _ _ _ name; do
        case $name,$rights in
        *.trace*) echo "$name" ;;
        *s) ;;
        /*) echo "$name $((0x$end - 0x$start))" ;;
        *,*x*) echo "code $((0x$end - 0x$start))" ;;
        esac
    done | awk '{ bytes[$1] += $2 } END { for (name in bytes) print name, bytes[name] }' | sort
}

# Until $WORK/busy is removed: the client asks, and is told the usual. Leaves in $WORK/asked how often
# it was told something else, and how often it asked.
keep_busy()
{
    local wrong=0 asked=0
    while [ -e "$WORK/busy" ]; do
        server_ask >"$WORK/answer" 2>&1 || wrong=$((wrong + 1))
        cmp -s "$WORK/answer" "$WORK/usual" || wrong=$((wrong + 1))
        asked=$((asked + 1))
    done
    echo "$wrong of $asked" >"$WORK/asked"
}

# "stopped for 1.2 ms", of each time that it was.
tell_stops()
{
    grep -o 'stopped for [0-9.]*' "$WORK/stopped" | cut -d' ' -f3 | sort -n |
        awk '{ ms[NR] = $1 } END { printf "# stopped, ms: median %s, 95 %% %s, most %s of %d\n",
            ms[int((NR + 1) / 2)], ms[int(NR * 0.95 + 0.5)], ms[NR], NR }'
}

# It is attached to and let go of while it works.
cycles()
{
    local round failed=0 busy began=$SECONDS
    : >"$WORK/stopped"
    touch "$WORK/busy"
    keep_busy &
    busy=$!
    for ((round = 0; round < rounds; round++)); do
        rm -rf "$WORK/cycles"
        attach cycles 2>>"$WORK/stopped" || failed=$((failed + 1))
        detach 2>>"$WORK/stopped" || failed=$((failed + 1))
    done
    rm "$WORK/busy"
    wait "$busy"
    tell_stops
    echo "# $rounds times in $((SECONDS - began)) s; answers that are not the usual: $(<"$WORK/asked")"
    is "... $rounds times more, while it works" "$failed" 0
    ok '... and its client sees nothing of it' grep -q '^0 of [1-9]' "$WORK/asked"
    [ "$failed" -eq 0 ] || grep -v 'stopped for\|^  ' "$WORK/stopped" | sort | uniq -c | comment
}

# Of the pools that were there and are there still: how many have a name.
named()
{
    "$LIFEGUARD" tree --format=json "$WORK/$1" |
        jq '[.. | objects | select(.created? == [] and .tag != null)] | length'
}

# KIND, in which at least so many POOLS are there, and as many of them have a name as are NAMED; some
# were given none.
serves()
{
    local kind=$1 pools=$2 named=$3 before
    server_have "$kind" || return
    status "$kind is started" 0 server_begin "$kind"
    server_ask >"$WORK/usual" 2>&1
    before=$(descriptors)
    status "... and attached to" 0 attach "$kind"
    server_ask >"$WORK/answer" 2>&1
    ok '... and answers as before' cmp "$WORK/answer" "$WORK/usual"
    server_ask >/dev/null 2>&1
    status '... and is let go of' 0 detach
    state >"$WORK/state"
    server_ask >"$WORK/answer" 2>&1
    ok '... and answers' cmp "$WORK/answer" "$WORK/usual"
    "$LIFEGUARD" info "$WORK/$kind" >"$WORK/info"
    ok "... at least $pools pools were there" \
        [ "$(sed -n 's/^attached .* \([0-9,]*\) pools\? w.*/\1/p' "$WORK/info" | tr -d ,)" -ge "$pools" ]
    ok "... with the names of $named" [ "$(named "$kind")" -ge "$named" ]
    report "$WORK/$kind"
    is '... nothing is lost' "$(json .recording.lost_events)" 0
    is '... or odd' "$(grep '^odd' "$WORK/info")" ''
    is '... all that the pools hold was seen' "$(json .recording.coverage.mismatches)" 0
    is '... none of what was there is an error' \
        "$(json '[.findings[] | select(.severity == "error") | [.rule, .pool.tag]]')" '[]'
    cycles
    ok '... with no descriptor more' wait_until no_more "$before"
    is '... threads, signals and what is mapped are as they were' "$(state | diff "$WORK/state" -)" ''
    server_end
    is '... and it ends as ever' "$?" "$(server_status "$kind")"
}

work
# ProFTPD has tests of its own, too, see attach_proftpd.sh.
[ "${SOAK:-0}" = 0 ] || { serves proftpd 100 100 && serves session 100 100; }
serves freeradius 4000 4000
serves smbd 400 400
serves postgresql 20 20
serves prefork 5 4
serves event 5 4
serves nginx 1 0 # it has none
done_testing
