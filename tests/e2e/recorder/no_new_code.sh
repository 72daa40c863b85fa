#!/usr/bin/env bash
# Where a process may not run what it has written (PR_SET_MDWE, systemd's MemoryDenyWriteExecute=),
# functions are patched all the same, and as elsewhere.
# SPDX-License-Identifier: MIT
. "$(dirname "$0")/../lib.sh"

# WAY: leaves $WORK/found and $WORK/info.
record()
{
    "$BUILD/e2e/no_new_code" "$1" "$LIFEGUARD" record -f -o "$WORK/recording" -- \
        "$BUILD/samples/poold" --drive 4x20,20 --fault=permanent-alloc --fault=leaked-subpool-restart \
        2>"$WORK/err" && report "$WORK/recording" || return
    json '.findings[] | [.rule, .severity, .pool.tag, .count, .bytes]' >"$WORK/found"
    "$LIFEGUARD" info "$WORK/recording" >"$WORK/info"
}

work
"$LIFEGUARD" record -o "$WORK/plain" -- "$BUILD/samples/poold" --drive 4x20,20 \
    --fault=permanent-alloc --fault=leaked-subpool-restart 2>"$WORK/err"
report "$WORK/plain"
json '.findings[] | [.rule, .severity, .pool.tag, .count, .bytes]' >"$WORK/plain.found"
for way in mdwe seccomp; do
    "$BUILD/e2e/no_new_code" $way true
    [ $? -ne 77 ] || { skip "$way" 'the kernel has no such thing'; continue; }
    ok "$way: a program is recorded" record $way
    is "$way: ... with the findings that it has elsewhere" "$(cat "$WORK/found")" "$(cat "$WORK/plain.found")"
    ok "$way: ... as functions are hooked" grep -q '^hooked *[1-9]' "$WORK/info"
    ok "$way: ... in which nothing is lost" grep -q '0 mismatches' "$WORK/info"
    "$BUILD/e2e/no_new_code" $way "$LIFEGUARD" record --guard=all --crash -f -o "$WORK/recording" -- \
        "$BUILD/e2e/host_guard" calls >"$WORK/out" 2>&1
    report "$WORK/recording"
    is "$way: ... and allocations are guarded" \
        "$(json '[.findings[] | select(.access) | .rule] | group_by(.) | map("\(.[0]) \(length)")')" \
        '["data-after-destroy 4","overflow 1"]'
done
done_testing
