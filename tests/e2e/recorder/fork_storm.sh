#!/usr/bin/env bash
# A master that forks a thousand sessions (SOAK=1: ten thousand): one recording, every session's
# tree starts as its parent's was, nothing is left behind in the master, and the analysis takes
# twice as long for twice as many.
# SPDX-License-Identifier: MIT
. "$(dirname "$0")/../lib.sh"
sessions=$((${SOAK:-0} ? 10000 : 1000))
logins=$((${SOAK:-0} ? 500 : 60))

count_traces()
{
    find "$1" -name '*.trace.zst' | wc -l
}

# "PID POOLS BYTES" of each session at its end.
trees()
{
    "$LIFEGUARD" tree --at exit --format=json "$1" |
        jq -r --argjson master "$2" '.processes[] | select(.pid != $master)
            | [.pid, ([.pools[] | recurse(.children[])] | length, (map(.bytes) | add))]
            | "\(.[0]) \(.[1]) \(.[2])"'
}

compare_trees()
{
    sed -n 's/^session //p' "$WORK/said" | sort >"$WORK/at_fork"
    trees "$WORK/recording" "$(json '.processes[0].pid')" |
        sort >"$WORK/at_start"
    diff "$WORK/at_fork" "$WORK/at_start" >"$WORK/differences" || head -n 20 "$WORK/differences"
    [ ! -s "$WORK/differences" ]
}

# What the master holds: descriptors, mappings, kB of address space; then kB of its own memory,
# which may move by a little.
held()
{
    awk -v sessions="$1" '$1 == "self" && $2 == sessions { print $3, $4, $5 }' "$WORK/said"
}

anonymous()
{
    awk '$1 == "self" { n = $6 - first; if (!first) first = $6 } END { print n }' "$WORK/said"
}

fork_time()
{
    awk -v field="$2" '$1 == "fork" { printf "%.0f", $field / 1000 }' "$1"
}

# Microseconds of processor time that two reports on $1 take.
analysis_time()
{
    local TIMEFORMAT='%U %S' round
    { time for round in 1 2; do
        "$LIFEGUARD" report "$1" >"$WORK/out"
    done; } 2>&1 | awk '{ printf "%d", ($1 + $2) * 1000000 }'
}

# Leaves in $half and $whole the least that they take, by turns: what else runs makes it more, if it
# takes the caches for a while even that. Some more rounds tell, where three were too few.
compare_times()
{
    local round one
    half='' whole=''
    for round in {1..15}; do
        ((round <= 3 || whole > half * 26 / 10)) || break
        one=$(analysis_time "$WORK/$((sessions / 2))")
        half=$((${half:-one} < one ? half : one))
        one=$(analysis_time "$WORK/$sessions")
        whole=$((${whole:-one} < one ? whole : one))
    done
}

record_sessions()
{
    "$LIFEGUARD" record -f -o "$2" -- "$BUILD/samples/poold" --drive "$1x3"
}

work
status "a program forks $sessions sessions, recorded" 0 \
    "$LIFEGUARD" record -o "$WORK/recording" -- "$BUILD/e2e/fork_storm" "$sessions"
mv "$WORK/out" "$WORK/said"
is "... as many traces, and the master's" "$(count_traces "$WORK/recording")" $((sessions + 1))
ok "... in one recording" report "$WORK/recording"
is "... with nothing lost or different" \
    "$(json '.recording | [.lost_events, .coverage.mismatches]')" '[0,0]'
ok "each session's tree starts with its parent's pools and bytes at the fork" compare_trees
is "the master's descriptors, mappings and size stay the same" "$(held "$sessions")" "$(held 100)"
ok "... and its memory" test "$(anonymous)" -le 64
"$BUILD/e2e/fork_storm" "$sessions" >"$WORK/unrecorded"
for who in parent:2 child:3; do
    echo "# fork() takes $(fork_time "$WORK/unrecorded" "${who#*:}") us in the ${who%:*}," \
        "recorded $(fork_time "$WORK/said" "${who#*:}") us (median)"
done
rm -rf "$WORK/recording"

for n in $((sessions / 2)) "$sessions"; do
    status "poold with $n sessions, recorded" 0 record_sessions "$n" "$WORK/$n"
    is "... as many traces, and the master's" "$(count_traces "$WORK/$n")" $((n + 1))
done
ok "... all in the report" report "$WORK/$sessions"
is "... children of the master" \
    "$(json '(.processes[0].pid) as $master | [.processes[1:][] | .parent == $master] | all')" true
is "... as many sessions" "$(json '[.processes[] | select(.kind == "session")] | length')" "$sessions"
is "... with nothing lost or different" \
    "$(json '.recording | [.lost_events, .coverage.mismatches]')" '[0,0]'
compare_times
echo "# two reports take $((half / 1000)) ms and, on twice the sessions, $((whole / 1000)) ms"
ok "the analysis takes at most 2.6 times as long for twice the sessions" \
    test "$whole" -le $((half * 26 / 10))
rm -rf "$WORK/$sessions" "$WORK/$((sessions / 2))"

need_proftpd
master_descriptors()
{
    find "/proc/$PROFTPD_PID/fd" -type l | wc -l
}

# It listens and has let go of the last session: it has a descriptor of each.
master_rests()
{
    local descriptors round
    descriptors=$(master_descriptors)
    proftpd_listens && ! pgrep -P "$PROFTPD_PID" >/dev/null || return
    for round in 1 2 3 4; do
        sleep 0.2
        [ "$(master_descriptors)" = "$descriptors" ] || return
    done
}

# Descriptors, mappings and size of ProFTPD's master, and its own memory.
master_holds()
{
    proftpd_wait master_rests || return
    echo "$(master_descriptors) $(wc -l <"/proc/$PROFTPD_PID/maps")" \
        "$(awk '/^VmSize/ { print $2 }' "/proc/$PROFTPD_PID/status")"
    awk '/^RssAnon/ { print $2 }' "/proc/$PROFTPD_PID/status" >>"$WORK/anonymous"
}

# No more than after the first sessions. What it has of a session that ended it may keep until it
# is woken.
holds_no_more()
{
    local round now i
    for round in 1 2 3 4; do
        kill -CHLD "$PROFTPD_PID"
        read -ra now <<<"$(master_holds)"
        for i in 0 1 2; do
            ((${now[i]:-first[i] + 1} <= first[i])) || continue 2
        done
        return 0
    done
    echo "first ${first[*]}, now ${now[*]}"
    ls -l "/proc/$PROFTPD_PID/fd"
    return 1
}

# Ten at a time: the daemon is slow to answer who comes right after another has gone.
log_in()
{
    local n clients=()
    for ((n = 1; n <= $1; n++)); do
        ftp_curl --output /dev/null --ftp-port 127.0.0.1 @/download &
        clients+=($!)
        ((n % 10)) || { wait "${clients[@]}" && clients=(); } || return
    done
}

status "ProFTPD, recorded" 0 record_proftpd
status "... is logged in to 20 times" 0 log_in 20
read -ra first <<<"$(master_holds)"
status "... and up to $logins times" 0 log_in $((logins - 20))
if [ "$(id -u)" -eq 0 ]; then
    ok "its descriptors, mappings and size do not grow" holds_no_more
    ok "... and its memory" awk '{ n = $1 - first; if (!first) first = $1 } END { exit n > 64 }' \
        "$WORK/anonymous"
else
    skip "its descriptors, mappings and size do not grow" "only root may look"
fi
status "... it ends" 0 proftpd_stop
ok "... in one recording" report "$WORK/recording"
is "... with every session" "$(json '[.processes[] | select(.kind == "session")] | length')" "$logins"
is "... and nothing lost or different" \
    "$(json '.recording | [.lost_events, .coverage.mismatches]')" '[0,0]'
done_testing
