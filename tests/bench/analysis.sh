#!/usr/bin/env bash
# How fast a recording is read, beside heaptrack_print on as many events of the same calls, and
# how much memory that takes. EVENTS: in the recording, 100 million.
# SPDX-License-Identifier: MIT
. "$(dirname "$0")/lib.sh"

rounds=${ROUNDS:-3}
events=${EVENTS:-100000000}
first=() # or a command that runs another one before all others

# record_tree EVENTS ARG...: a recording of nearly as many events.
record_tree()
{
    local allocations=$(($1 * 64 / 65)) # the others: a batch's pool made, tagged, destroyed
    shift
    fresh_recording
    "${recorder[@]}" "$BENCH/tree" -n $allocations "$@" >"$WORK/line" || exit 1
    recorded=$("$LIFEGUARD" report --format=json "$WORK/recording" | jq .recording.events)
}

# record_sessions SESSIONS COMMANDS: in which four of ten events make, name or end a pool.
record_sessions()
{
    fresh_recording
    "${recorder[@]}" "$BUILD/samples/poold" --drive "$1x$2" >"$WORK/log" || exit 1
    recorded=$("$LIFEGUARD" report --format=json "$WORK/recording" | jq .recording.events)
}

record_heaptrack()
{
    heaptrack -o "$WORK/heap" "$BENCH/tree_malloc" -n $((events / 2)) -F -o "$WORK/line" \
        >"$WORK/log" 2>&1 || exit 1
    read -r _ _ heap_events <"$WORK/line"
}

# read_with CPUS COMMAND...: leaves $cpu and $elapsed in ns, $peak in bytes.
read_with()
{
    local cpus=$1
    shift
    "${first[@]}" "$BENCH/usage" "$WORK/usage" taskset -c "$cpus" "$@" >"$WORK/output" || exit 1
    read -r cpu elapsed peak <"$WORK/usage"
}

# What reads the recording, and says so.
reader=(report --format=json)

report_with()
{
    read_with "$1" "$LIFEGUARD" "${reader[@]}" "$WORK/recording"
}

million_per_second()
{
    awk -v events="$1" -v ns="$2" 'BEGIN { print events * 1e3 / ns }'
}

# One core: CPU time, which other work on the machine disturbs less.
speed_round()
{
    local ours theirs=
    report_with 0
    ours=$(million_per_second "$recorded" "$cpu")
    if have_heaptrack; then
        read_with 0 heaptrack_print "$(echo "$WORK"/heap.*)"
        theirs=$(million_per_second "$heap_events" "$cpu")
    fi
    sample "recorded=$ours ${theirs:+heaptrack=$theirs ratio=$(awk "BEGIN { print $ours / $theirs }")}"
}

speed()
{
    local i
    for ((i = 0; i < rounds; i++)); do
        speed_round
    done
    if have_heaptrack; then
        row "$1, times heaptrack_print's" 'M events/s' ratio '>5'
    else
        row "$1 (heaptrack is not installed)" 'M events/s' recorded
    fi
}

# Elapsed time, so before all else that wants a processor, where that is allowed.
two_cores()
{
    local one i
    ! chrt -f 1 true 2>/dev/null || first=(chrt -f 1)
    for ((i = 0; i < rounds; i++)); do
        report_with 0
        one=$elapsed
        report_with 0,1
        sample "$(awk -v one="$one" -v two="$elapsed" 'BEGIN { print "ratio=" one / two }')"
    done
    first=()
    row "$1, two cores against one" times ratio '>1.2'
}

# work_memory VARIABLE: peaks of nine runs of the reader, in bytes. What is resident of the libraries
# changes it by a few pages each time.
work_memory()
{
    local -n peaks=$1
    local i
    for ((i = 0; i < 9; i++)); do
        report_with 0
        peaks+=("$peak")
        sample "peak=$(awk "BEGIN { print $peak / 1048576 }")"
    done
    row "peak memory, $recorded events" MiB peak
}

section analysis "Reading a recording of $events events"
! have_heaptrack || record_heaptrack
record_tree $((events / 10))
work_memory tenth
record_tree "$events"
work_memory whole
for i in "${!whole[@]}"; do
    sample "ratio=$(awk "BEGIN { print ${whole[i]} / ${tenth[i]} }")"
done
row "... of that with a tenth of the events" times ratio 1.1
speed "report, one core"
if "$LIFEGUARD" pack "$WORK/recording" >"$WORK/log" 2>"$WORK/error"; then
    speed "report of a packed recording, one core"
else
    missing "report of a packed recording" "not packed: $(head -n 1 "$WORK/error")"
fi
record_tree $((events / 4)) -p 4
two_cores "4 processes"
record_sessions $((events / 100000)) 1000
speed "report of sessions in which pools come and go, one core"
two_cores "$((events / 100000)) sessions of 1,000 commands, and their master"
record_sessions 10000 $((events / 200000)) # about 21 events a command
speed "report of 10,000 sessions, $recorded events, one core"
work_memory sessions
reader=(processes)
speed "processes, the same, one core"
