#!/usr/bin/env bash
# What an event with its whole backtrace costs: CPU ns added, over pairs of runs. Beside it, what
# heaptrack adds to a malloc() at the end of the same calls: in the program, and with the processes
# that interpret and compress what the program sends them.
# SPDX-License-Identifier: MIT
. "$(dirname "$0")/lib.sh"

rounds=${ROUNDS:-11}
bar=30
heaptrack_bar=0.05
raw= # or --raw
tree=tree

# run VARIABLE COMMAND...: leaves the CPU time in VARIABLE, the counts in $allocations and $events.
run()
{
    local -n cpu=$1
    shift
    "$@" -o "$WORK/line" || return 1
    read -r cpu allocations events <"$WORK/line"
}

# The same under heaptrack; leaves the CPU time of all processes in $all.
run_with_heaptrack()
{
    rm -f "$WORK"/heap.*
    run "$1" "$BENCH/usage" "$WORK/usage" heaptrack $raw -o "$WORK/heap" "${@:2}" >"$WORK/log" 2>&1 ||
        return 1
    read -r all _ <"$WORK/usage"
}

# Of the same calls that end in malloc(): sets $theirs and $theirs_all, ns an allocation.
heaptrack_round()
{
    local plain program all started
    run plain "$BENCH/tree_malloc" "$@"
    run_with_heaptrack program "$BENCH/tree_malloc" "$@" -n 1 || return 1
    started=$all
    run_with_heaptrack program "$BENCH/tree_malloc" "$@" || return 1
    theirs=$(((program - plain) / allocations))
    [ -n "$raw" ] || theirs_all=$(((all - started - plain) / allocations))
}

# Whether there are calls that end in malloc() where these end, and heaptrack to record them.
has_match()
{
    [ $tree = tree ] && have_heaptrack
}

# One round of the runs of one call tree, and the sample from it.
event_round()
{
    local plain recorded theirs=0 theirs_all=0 each
    run plain "${plainly[@]}" "$BENCH/$tree" "$@" || exit 1
    fresh_recording
    run recorded "${recorder[@]}" "$BENCH/$tree" "$@" || exit 1
    each=$events
    has_match && { heaptrack_round "$@" || exit 1; }
    sample "$(awk -v plain="$plain" -v recorded="$recorded" -v events="$each" -v theirs="$theirs" \
        -v all="$theirs_all" 'BEGIN {
            added = (recorded - plain) / events
            printf "plain=%f recorded=%f added=%f", plain / events, recorded / events, added
            if (theirs > 0) printf " heaptrack=%f ratio=%f", theirs, added / theirs
            if (all > 0) printf " of_all=%f", added / all
        }')"
}

# events WHAT BAR ARG...: rows for the time and for its part of heaptrack's.
events()
{
    local what=$1 bar=$2 i kept
    shift 2
    for ((i = 0; i < rounds; i++)); do
        event_round "$@"
    done
    kept=("${samples[@]}")
    row "$what" ns added "$bar"
    if has_match; then
        samples=("${kept[@]}")
        row "  part of heaptrack's, in the program" '' ratio $heaptrack_bar
    elif [ $tree = tree ]; then
        missing "  part of heaptrack's" "heaptrack is not installed"
    fi
    if [[ ${kept[*]} == *of_all=* ]]; then
        samples=("${kept[@]}")
        row "  part of heaptrack's, all its processes" '' of_all $heaptrack_bar
    fi
}

# pool_event WHAT COLUMN: a row for one of what pool_events.c prints.
pool_event()
{
    local i plain recorded
    for ((i = 0; i < rounds; i++)); do
        plain=$("${plainly[@]}" "$BENCH/pool_events") || exit 1
        fresh_recording
        recorded=$("${recorder[@]}" "$BENCH/pool_events") || exit 1
        sample "$(awk -v column="$2" '{ took[NR] = $column }
            END { printf "plain=%f recorded=%f added=%f", took[1], took[2], took[2] - took[1] }' \
            <<<"$plain"$'\n'"$recorded")"
    done
    row "$1" ns added $bar
}

section event "An event with its whole backtrace (heaptrack: added to a malloc, in the program)"
events "16 frames, 1 stack" $bar -f 16 -s 1
events "16 frames, 64 stacks" $bar -f 16 -s 64
events "16 frames, 4,096 stacks" $bar -f 16 -s 4096
events "8 frames, 16 stacks" '' -f 8 -s 16
events "32 frames, 64 stacks" $bar -f 32 -s 64
events "64 frames, 64 stacks" $bar -f 64 -s 64
events "16 frames, 64 stacks, 2 threads" $bar -f 16 -s 64 -t 2
pool_event "a pool is made" 1
pool_event "... named" 2
pool_event "... ended, and its blocks looked at" 3
# heaptrack 1.4 aborts when it interprets these.
raw=--raw
events "16 frames, 65,536 stacks at random" 250 -f 16 -s 65536 -c

tree=tree_chunk
recorder+=(LIFEGUARD_API="$SOURCE/tests/bench/chunks.api")
events "chunks, 16 frames, 1 stack" $bar -f 16 -s 1
events "chunks, 16 frames, 64 stacks" $bar -f 16 -s 64
events "chunks, 16 frames, 1,024 stacks" '' -f 16 -s 1024
events "chunks, 16 frames, 64 stacks, 2 threads" $bar -f 16 -s 64 -t 2
