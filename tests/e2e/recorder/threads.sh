#!/usr/bin/env bash
# Threads at once and threads that come and go: every event of every one is told, in order.
# SPDX-License-Identifier: MIT
. "$(dirname "$0")/../lib.sh"
rounds=$((${SOAK:-0} ? 50000 : 5000)) short=$((${SOAK:-0} ? 100000 : 10000))

did()
{
    sed -n "s/.*\b$1 \([0-9]*\).*/\1/p" "$WORK/counts"
}

record()
{
    rm -rf "$WORK/recording"
    timeout 120 "$LIFEGUARD" record -o "$WORK/recording" -- \
        "$BUILD/e2e/threads" "$@" >"$WORK/counts" 2>"$WORK/err" &&
        "$LIFEGUARD" info "$WORK/recording" >"$WORK/info" && report "$WORK/recording"
}

trace_bytes()
{
    zstd -dcq "$WORK"/recording/*.trace.zst | wc -c
}

# An event out of order is one on a pool that is gone or was not made, or bytes that do not fit.
expect_all()
{
    comment <"$WORK/counts"
    is "... no event is lost" "$(json .recording.lost_events)" 0
    is "... the pools made" "$(told 'pools made')" "$(did pools)"
    is "... the pools destroyed" "$(told destroyed)" "$(did destroyed)"
    is "... the allocations" "$(told allocations)" "$(did allocations)"
    is "... no byte is missing" "$(json .recording.coverage.mismatches)" 0
    ok "... of those in every pool" \
        test "$(json .recording.coverage.pools)" -ge "$(did destroyed)"
    is "... and nothing is used when it is gone" \
        "$(json '[.findings[].rule | select(. == "use-after-destroy" or . == "double-destroy")]')" '[]'
}

# record_many THREADS ROUNDS [KIB]: in an address space of so many KiB.
record_many()
{
    rm -rf "$WORK/recording"
    (ulimit -v "${3:-unlimited}" && timeout 120 "$LIFEGUARD" record -o "$WORK/recording" -- \
        "$BUILD/e2e/many_threads" "$1" "$2" >"$WORK/counts" 2>"$WORK/err") &&
        "$LIFEGUARD" info "$WORK/recording" >"$WORK/info" && report "$WORK/recording"
}

# More threads at once than there is room for: what they do is counted, and costs them next to nothing.
expect_many()
{
    local few many=$((${SOAK:-0} ? 10000 : 3000))
    ok "1000 threads at once" record_many 1000 100
    comment <"$WORK/counts"
    few=$(did milliseconds)
    is "... no event is lost" "$(json .recording.lost_events)" 0
    ok "$many threads at once" record_many $many 20
    comment <"$WORK/counts"
    is "... no event is lost" "$(json .recording.lost_events)" 0
    is "... each is recorded" "$(told 'on pools')" "$(did events)"
    ok "1600 threads at once, in little address space" record_many 1600 100 1500000
    comment <"$WORK/counts"
    is "... each event is recorded or counted" \
        $(($(told 'on pools') + $(json .recording.lost_events))) "$(did events)"
    ok "... and some are lost" test "$(json .recording.lost_events)" -gt 0
    ok "... they are not much slower" test "$(did milliseconds)" -lt $((1000 + 4 * few))
}

work
ok "16 threads with pools of their own and a shared one" record shared 16 "$rounds"
expect_all

ok "$short threads that come and go" record short "$short"
expect_all
ok "... use the room of those that ended" \
    test "$(trace_bytes)" -lt $((2000000 + 8 * $(json .recording.events)))
expect_many

# What the C library would allocate for a key may be what a handler has interrupted.
rm -rf "$WORK/recording"
record_keys()
{
    rm -rf "$WORK/recording"
    "$LIFEGUARD" record -o "$WORK/recording" -- "$BUILD/e2e/thread_keys" 2100 \
        >"$WORK/allocated" 2>"$WORK/err"
}
ok "2100 threads, one after the other, of a program without keys to spare" record_keys
is "... allocate nothing within a call" "$(<"$WORK/allocated")" "0 allocations"
report "$WORK/recording"
is "... and all is recorded" "$(json '[.recording.events >= 2100, .recording.lost_events]')" '[true,0]'
done_testing
