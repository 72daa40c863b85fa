#!/usr/bin/env bash
# lifeguard export: all that was taken, by backtrace, and the sums are those of the recording.
# SPDX-License-Identifier: MIT
. "$(dirname "$0")/../lib.sh"

record_poold()
{
    "$LIFEGUARD" record -f -o "$WORK/recording" -- "$BUILD/samples/poold" --drive "$1" \
        --fault=growing-pool --fault=leaked-subpool-restart 2>/dev/null && report "$WORK/recording"
}

folded()
{
    "$LIFEGUARD" export --format=folded "$@" "$WORK/recording"
}

sum()
{
    awk '{ sum += $NF } END { print sum + 0 }'
}

# Over the processes one by one.
sum_by_process()
{
    local pid
    for pid in $(json '.processes[].pid'); do
        folded --pid="$pid"
    done | sum
}

# Lines that flame graph tools would not read: frames, one space, a number.
malformed()
{
    folded "$@" | grep -vcE '^[^;]+(;[^;]+)* [1-9][0-9]*$'
}

work
ok "one process, recorded" record_poold 0x0,10
is "all bytes" "$(folded | sum)" "$(json .recording.coverage.traced_bytes)"
ok "with sessions, recorded" record_poold 2x10,10
folded >"$WORK/folded"
"$LIFEGUARD" info "$WORK/recording" >"$WORK/info"
is "all allocations" "$(folded --cost=count | sum)" "$(told allocations)"
is "... those of one process after the other are all" "$(sum_by_process)" "$(sum <"$WORK/folded")"
is "... under the paths of pools, too" "$(folded --by-pool | sum)" "$(sum <"$WORK/folded")"
is "a backtrace, from main to the pool library" "$(grep leak_subpool "$WORK/folded")" \
    'main;master_drive;carry_out;pr_event_generate;faults_commit;leak_subpool_at_restart;pcalloc 960'
is "... under the pool's path, how often" "$(folded --by-pool --cost=count | grep leak_subpool)" \
    'permanent_pool;leaked restart pool;main;master_drive;carry_out;pr_event_generate;faults_commit;leak_subpool_at_restart;pcalloc 10'
is "each backtrace once" "$(sed 's/ [0-9]*$//' "$WORK/folded" | uniq -d)" ''
is "lines that tools read" "$(malformed) $(malformed --by-pool)" '0 0'
status "an unknown format" 2 "$LIFEGUARD" export --format=pictures "$WORK/recording"
status "an unknown cost" 2 "$LIFEGUARD" export --cost=money "$WORK/recording"
status "a process that was not recorded" 2 "$LIFEGUARD" export --pid=1 "$WORK/recording"
status "no recording" 2 "$LIFEGUARD" export "$WORK"
done_testing
