#!/usr/bin/env bash
# A recording that is kept takes a bounded part of the disk, however long it goes on, and is that of
# all of it: beside one that is not kept, in both modes (SOAK=1: of more than 10^9 pool events each, in
# a session that lives as long as the daemon and 75 others, at 32,000 commands a second).
# SPDX-License-Identifier: MIT
. "$(dirname "$0")/../lib.sh"

# Sessions of so many commands beside one that lives on; commands a second of each where all events
# are kept, 0 for as fast as they can. MB, of all traces together; daemons wait where they have more
# than ROOM: who sees to that has two seconds at these rates.
SESSIONS=4 COMMANDS=50000 LONG=0 RATE=50000 LONG_RATE=0 LIMIT=14 ROOM=5
((!${SOAK:-0})) ||
    SESSIONS=75 COMMANDS=500000 LONG=10000000 RATE=25500 LONG_RATE=6800 LIMIT=64 ROOM=56

# Tenths of a second: what is thinned is read as a whole, by who lets all others go first.
PATIENCE=6000

# Of what is there: files go while they are counted.
megabytes()
{
    local taken
    taken=$(du -k -s "$WORK/$1" 2>/dev/null | cut -f1)
    echo $((${taken:-0} / 1024))
}

# Two daemons, one for those sessions.
daemons()
{
    local faults="--fault=growing-pool --fault=growing-pool-restart"
    echo "\$0 --drive 1x$LONG@$long_rate $faults & \$0 --drive ${SESSIONS}x$COMMANDS,20@$rate $faults; wait"
}

# drive NAME OPTION...: recorded into $WORK/NAME with these.
drive()
{
    exec "$LIFEGUARD" record "${@:2}" -o "$WORK/$1" -- sh -c "$(daemons)" "$BUILD/samples/poold"
}

# What it came to: all but times and the numbers of processes. How much survivors have written of
# what is young, and so compared, is not the same in any two recordings; what is thinned has less.
came_to()
{
    "$LIFEGUARD" report --format=json "$WORK/$1" | jq -S --argjson less "$less" '
        if $less then .recording.coverage |= {mismatches} | del(.processes[].events)
        else . end |
        (.recording | .lost_events, .distinct_stacks, .coverage, .work, .doubts),
        ([.processes[] | [.kind, .events, .exit]] | sort),
        [.findings[] | [.rule, .severity, .kind, .pool, .stack, .count, .bytes, .held_bytes,
            (.per_unit | del(.pid, .label)), .fingerprint, .advice]]'
}

# Those of that name which have one of these as their parent.
children()
{
    local IFS=,
    pgrep -P "${*:2}" "$1" 2>/dev/null
}

# STOP, CONT or KILL for the daemons and their sessions.
signal_daemons()
{
    local shells masters sessions
    mapfile -t shells < <(children sh "$recorder")
    mapfile -t masters < <(children poold "${shells[@]}")
    mapfile -t sessions < <(children poold "${masters[@]}")
    kill "-$1" "${masters[@]}" "${sessions[@]}" 2>/dev/null
}

has_room()
{
    test "$(megabytes kept)" -lt $ROOM || ! kill -0 "$recorder" 2>/dev/null
}

# It waits for the disk, as it goes on faster than any that serves clients.
wait_for_room()
{
    local waited
    while kill -0 "$recorder" 2>/dev/null; do
        taken=$(megabytes kept)
        ((taken <= most)) || most=$taken
        if ((taken >= ROOM)); then
            for ((waited = 0; waited < PATIENCE; waited++)); do
                signal_daemons STOP # a session may have begun meanwhile
                ! has_room || break
                sleep 0.1
            done
            signal_daemons CONT
            ((waited < PATIENCE)) || return
        fi
        sleep 0.05
    done
}

# bounded MODE OPTION...: recorded with these.
bounded()
{
    local mode=$1 most=0 keeper less=false
    [ "$mode" = full ] || less=true
    ((!${SOAK:-0})) || less=true
    (drive whole "${@:2}") 2>"$WORK/err"
    is "a daemon works ($1)" $? 0
    came_to whole >"$WORK/came_to"
    rm -rf "$WORK/whole"
    [ "$mode" != full ] || rate=$RATE long_rate=$LONG_RATE
    drive kept --max-total=${LIMIT}M "${@:2}" 2>"$WORK/err" &
    recorder=$!
    at_exit eval "kill $recorder 2>/dev/null"
    at_exit signal_daemons KILL
    wait_until [ -d "$WORK/kept" ]
    "$LIFEGUARD" keep -d 0.5 "$WORK/kept" >"$WORK/told" 2>"$WORK/keep.err" &
    keeper=$!
    at_exit eval "kill $keeper 2>/dev/null"
    wait_for_room
    is "... as it does where it is kept, and has room" $? 0
    rate=0 long_rate=0
    wait "$recorder"
    is "... and ends" $? 0
    wait "$keeper"
    is "... as does who keeps it" $? 0
    echo "# $most MB at most, $(megabytes kept) in the end"
    is "... with nothing said" "$(cat "$WORK/err" "$WORK/keep.err" |
        grep -v '^lifeguard: .* recorded\|^  lifeguard report\|of events kept in\|of them still running')" ''
    ok "... with no more than $LIMIT MB at any time" test "$most" -le "$LIMIT"
    ok "... and the report is that of all of it" diff "$WORK/came_to" <(came_to kept)
    grep -E '^events|^ +in .* commands' <("$LIFEGUARD" info "$WORK/kept") | sed 's/^/# /'
    rm -rf "$WORK/kept"
}

recorder=none rate=0 long_rate=0
work
(drive stopped --max-total=${LIMIT}M) 2>"$WORK/err"
ok "all that a daemon does has no room in $LIMIT MB" \
    grep -q 'have reached their limit' <("$LIFEGUARD" info "$WORK/stopped")
rm -rf "$WORK/stopped"
bounded full
bounded survivors --survivors
done_testing
