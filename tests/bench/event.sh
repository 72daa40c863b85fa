#!/usr/bin/env bash
# What an event with its whole backtrace costs. Added CPU time in ns, over pairs of runs; for
# heaptrack, what it adds to a call of malloc() at the end of the same calls.
. "$(dirname "$0")/lib.sh"

rounds=${ROUNDS:-11}
bar=30

# run VARIABLE COMMAND...: leaves the CPU time in VARIABLE, the counts in $allocations and $events.
run()
{
    local -n cpu=$1
    shift
    "$@" -o "$WORK/line" || exit 1
    read -r cpu allocations events <"$WORK/line"
}

# One round of the four runs of one call tree, and the sample from it.
event_round()
{
    local plain recorded malloc heaptracked
    run plain "${plainly[@]}" "$BENCH/tree" "$@"
    fresh_recording
    run recorded "${recorder[@]}" "$BENCH/tree" "$@"
    local each=$events
    run malloc "$BENCH/tree_malloc" "$@"
    rm -f "$WORK"/heap.*
    ! have_heaptrack || run heaptracked heaptracked "$WORK/heap" "$BENCH/tree_malloc" "$@"
    sample "$(awk -v plain="$plain" -v recorded="$recorded" -v events="$each" \
        -v malloc="$malloc" -v heaptracked="${heaptracked-}" -v allocations="$allocations" 'BEGIN {
            added = (recorded - plain) / events
            printf "plain=%f recorded=%f added=%f", plain / events, recorded / events, added
            if (heaptracked == "") exit
            theirs = (heaptracked - malloc) / allocations
            printf " heaptrack=%f ratio=%f", theirs, added / theirs
        }')"
}

# events WHAT BAR RATIO ARG...: a row each for the time and for the ratio to heaptrack's.
events()
{
    local what=$1 bar=$2 ratio=$3 i kept
    shift 3
    for ((i = 0; i < rounds; i++)); do
        event_round "$@"
    done
    kept=("${samples[@]}")
    row "$what" ns added "$bar"
    [ -n "$ratio" ] || return 0
    samples=("${kept[@]}")
    have_heaptrack && row "  of heaptrack's" '' ratio "$ratio" ||
        missing "  of heaptrack's" "heaptrack is not installed"
}

section event "An event with its whole backtrace (heaptrack: ns added to a malloc at the end of the same calls)"
events "16 frames, 1 stack" $bar 0.05 -f 16 -s 1
events "16 frames, 64 stacks" $bar 0.05 -f 16 -s 64
events "16 frames, 4,096 stacks" $bar 0.05 -f 16 -s 4096
events "8 frames, 16 stacks" '' 0.05 -f 8 -s 16
events "32 frames, 64 stacks" $bar 0.05 -f 32 -s 64
events "64 frames, 64 stacks" $bar 0.05 -f 64 -s 64
events "16 frames, 64 stacks, 2 threads" $bar 0.05 -f 16 -s 64 -t 2
events "16 frames, 65,536 stacks at random" 250 '' -f 16 -s 65536 -c
