#!/usr/bin/env bash
# Built without optimization, palloc() and destroy_pool() jump nowhere: the exported functions are
# hooked instead, and the record says what that costs.
. "$(dirname "$0")/../lib.sh"

build()
{
    ${CC:-cc} -std=gnu11 -O0 -g -rdynamic "$SOURCE"/samples/poold/*.c -o "$WORK/poold"
}

work
ok "a daemon without tail jumps" build
status "... is recorded" 0 "$LIFEGUARD" record -o "$WORK/recording" -- "$WORK/poold" \
    --drive 2x10,20 --fault=leaked-subpool-restart
status "the record tells" 0 "$LIFEGUARD" info "$WORK/recording"
ok "... what is not seen of allocations" grep -q 'arrays and of cleanups are not seen' "$WORK/out"
ok "... and of destruction" grep -q 'subpools that end with their parent' "$WORK/out"
ok "the report is made" report "$WORK/recording"
is "the exported functions are hooked" \
    "$(json '[.recording.hooks[].function | select(test("^(p?c?alloc(sz)?|destroy_pool)$"))] | sort')" \
    '["destroy_pool","palloc","pallocsz","pcalloc","pcallocsz"]'
is "the leak is found all the same" \
    "$(json '[.findings[] | select(.rule == "leaked-subpool") | .pool.tag]')" '["leaked restart pool"]'
done_testing
