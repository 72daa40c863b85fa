#!/usr/bin/env bash
# Signal handlers that use pools interrupt the recorder, threads and each other at random: nothing
# waits for ever, and every event is in the trace or counted as lost.
# SPDX-License-Identifier: MIT
. "$(dirname "$0")/../lib.sh"
time=$((${SOAK:-0} ? 60000 : 1000)) # milliseconds of the processor's time a run

# What the program says it did: its count of $1.
did()
{
    sed -n "s/.*\b$1 \([0-9]*\).*/\1/p" "$WORK/counts"
}

# Runs the program with arguments $@ and reads its recording.
record()
{
    rm -rf "$WORK/recording"
    timeout "$((280 + time / 50))" "$LIFEGUARD" record -o "$WORK/recording" -- \
        "$BUILD/e2e/signals" "$@" "$time" >"$WORK/counts" 2>"$WORK/err" &&
        "$LIFEGUARD" info "$WORK/recording" >"$WORK/info" && report "$WORK/recording"
}

# The pool events of the program, the tag of its shared pool included.
events_done()
{
    echo $(($(did pools) + $(did destroyed) + $(did allocations) + 1))
}

events_told()
{
    json '.processes[0].events + .recording.lost_events'
}

# How many stacks of handlers' allocations there are, and how many of them do not lead through what
# was interrupted to the beginning of the thread (or of the program). The C library, which begins a
# thread, may have no names for it.
handler_stacks()
{
    json '[.findings[] | (.stack, .places[]?.stack) | select(any(.function == "on_signal")) |
        (map(.function == "on_signal") | rindex(true)) as $last | .[$last + 2:] as $below |
        ($below | length > 1 and .[-1].module == "libc.so.6" and
            (any(.function == "run_worker" or .function == "main") or
                all(.module == "libc.so.6")))] | "\(length) \(map(select(not)) | length)"' | tr -d '"'
}

# How many of those stacks $1 selects.
through()
{
    json "[.findings[] | (.stack, .places[]?.stack) | map(.function // \"?\") | select($1)] | length"
}

expect_all()
{
    is "... every event is told or counted" "$(events_told)" "$(events_done)"
    ok "... of which there are many" test "$(events_done)" -gt $((time * 20))
    ok "... in and out of handlers" test "$(did handlers)" -gt $((time / 10))
    ok "... and in handlers that interrupted others" test "$(did nested)" -gt 50
    is "... nothing is damaged or refers to what is gone" \
        "$(json '[.findings[].rule | select(. == "use-after-destroy" or . == "double-destroy")]')" '[]'
}

work
for how in "" onstack; do
    ok "interrupted by handlers ${how:-on the same stack}" record $how
    comment <"$WORK/counts"
    expect_all
    if [ "$(json .recording.lost_events)" = 0 ]; then
        is "... the pools made" "$(told 'pools made')" "$(did pools)"
        is "... the pools destroyed" "$(told destroyed)" "$(did destroyed)"
        is "... the allocations" "$(told allocations)" "$(did allocations)"
        is "... and no byte is missing" "$(json .recording.coverage.mismatches)" 0
    fi
    read -r stacks short <<<"$(handler_stacks)"
    echo "# $stacks stacks of handlers"
    is "... backtraces of handlers that do not reach what they interrupted" "$short" 0
    ok "... be it the program" test "$(through 'index("work")')" -gt 10
    ok "... or another handler" \
        test "$(through 'map(select(. == "on_signal")) | length > 1')" -gt 10

    ok "handlers that jump away ${how:-on the same stack}" record $how jump
    comment <"$WORK/counts"
    ok "... many do" test "$(did jumps)" -gt 5
    ok "... every event that came to its end is told or counted" \
        test "$(events_told)" -ge "$(events_done)"
    ok "... and no more than these and those that were jumped from" \
        test "$(events_told)" -le $(($(events_done) + $(did jumps)))
    ok "... what is left of the others takes no streams for ever" \
        test "$(json .recording.lost_events)" -lt $(($(events_done) / 100))

    export LIFEGUARD_VERIFY=1
    ok "with every backtrace compared with libunwind's ${how:-on the same stack}" record $how
    unset LIFEGUARD_VERIFY
    grep -A 1 '^backtraces' "$WORK/info" | comment
    is "... none differs" "$(told different)" 0
    is "... none was left out" \
        $(($(told 'compared with') + $(told 'of them by libunwind'))) "$(told taken)"
    ok "... and they are many" test "$(told 'compared with')" -gt $((time * 5))
done
done_testing
