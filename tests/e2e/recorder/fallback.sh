#!/usr/bin/env bash
# A description knows the internal functions by a jump alone, and built without optimization palloc()
# and destroy_pool() jump nowhere: the exported functions are hooked instead, and the record says what
# that costs.
# SPDX-License-Identifier: MIT
. "$(dirname "$0")/../lib.sh"

build()
{
    ${CC:-cc} -std=gnu11 -O0 -g -rdynamic -s "$SOURCE"/samples/poold/*.c -o "$WORK/poold"
}

# The description that comes with the recorder, with one place for each internal function.
write_description()
{
    sed -E -e '/^inlined/d' -e 's/^(destroy|tail\(destroy_pool\)).*/tail(destroy_pool) = destroy pool=a0 else=destroy_pool/' \
        -e 's/^alloc_pool .*/tail(palloc) = alloc pool=a0 size=a1 else=palloc,pallocsz,pcalloc,pcallocsz cost="arrays are not seen"/' \
        "$SOURCE/preload/api/proftpd.api" \
        >"$WORK/jumps.api" && grep -q '^tail(palloc) *=' "$WORK/jumps.api"
}

work
ok "a description by jumps alone" write_description
ok "a daemon without tail jumps" build
status "... is recorded" 0 "$LIFEGUARD" record -o "$WORK/recording" --api "$WORK/jumps.api" -- "$WORK/poold" \
    --drive 2x10,20 --fault=leaked-subpool-restart
status "the record tells" 0 "$LIFEGUARD" info "$WORK/recording"
ok "... what is not seen of allocations" grep -q 'arrays are not seen' "$WORK/out"
ok "the report is made" report "$WORK/recording"
is "the exported functions are hooked" \
    "$(json '[.recording.hooks[].function | select(test("^(p?c?alloc(sz)?|destroy_pool)$"))] | sort')" \
    '["destroy_pool","palloc","pallocsz","pcalloc","pcallocsz"]'
is "the leak is found all the same" \
    "$(json '[.findings[] | select(.rule == "leaked-subpool") | .pool.tag]')" '["leaked restart pool"]'
done_testing
