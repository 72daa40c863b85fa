#!/usr/bin/env bash
# record --guard: data touched after its pool's end, and what is beyond an allocation, is told with
# its three stacks, and the program goes on as if nothing were guarded. What is no such touch, and
# the program's own handling of SIGSEGV, is as without the recorder.
# SPDX-License-Identifier: MIT
. "$(dirname "$0")/../lib.sh"
work

# "rule write offset size function of the touch, the allocation, the pool's end", a line each
touches()
{
    report "$1"
    json '.findings[] | select(.access) | "\(.rule) \(.access.write) \(.access.offset) \(.access.size) " +
        "\(.stack[0].function) \(.allocated[0].function) \(.destroyed[0].function) \(.count)"' |
        tr -d '"' | sort
}

poold()
{
    "$LIFEGUARD" record "$@" -f -o "$WORK/poold" -- "$BUILD/samples/poold" --drive 2x1 \
        --fault=stale-write --fault=stale-child --fault=overflow-write --fault=overflow-read \
        >"$WORK/out" 2>&1
}

for guard in --guard=all --guard=1 --guard; do
    ok "$guard: a daemon that touches what it must not goes on" poold $guard
    is "... each touch is told, with where it was allocated and where that ended" \
        "$(touches "$WORK/poold")" \
        "$(echo 'data-after-destroy false 7 22 read_data_of_ended_parent pstrdup read_data_of_ended_parent 2
data-after-destroy true 20 24 write_data_of_destroyed_pool pcalloc write_data_of_destroyed_pool 2
overflow false 32 32 read_behind_the_end pcalloc null 2
overflow true 16 16 write_behind_the_end write_behind_the_end null 2')"
    is "... everything is covered" "$(json '.recording.coverage.mismatches')" 0
done
"$LIFEGUARD" info "$WORK/poold" >"$WORK/info"
ok "info tells that it was on" grep -q 'guard (alloc).*pages of their own' "$WORK/info"
ok "... and how often" test "$(told 'allocations had a page of their own')" -gt 20
status "check fails" 1 "$LIFEGUARD" check --sarif "$WORK/sarif" --junit "$WORK/junit" "$WORK/poold"
is "... and SARIF has the stacks" \
    "$(jq -c '[.runs[0].results[] | select(.ruleId == "data-after-destroy") | .stacks[].message.text]
        | unique' "$WORK/sarif")" \
    '["allocated at","pool destroyed at","pool made at","read at","written at"]'
ok "a report says it in words" grep -q \
    'data-after-destroy: .*written at byte 20 of 24 bytes, after its end, 2 times in 2 sessions' \
    <("$LIFEGUARD" report "$WORK/poold")
ok "... and how far behind" grep -q 'overflow: .*read right behind the end of 32 bytes' \
    <("$LIFEGUARD" report "$WORK/poold")

status "with stop it ends there" 139 "$LIFEGUARD" record --guard=all,stop -f -o "$WORK/poold" -- \
    "$BUILD/e2e/host_guard" stale
ok "... which is said" grep -q 'exit status 139: signal 11 (Segmentation fault)' "$WORK/err"
is "... and it was told" "$(touches "$WORK/poold")" \
    'data-after-destroy true 3 24 use_stale_data pcalloc use_stale_data 1'
for wrong in 0 x all,go 10000000000 ,stop; do
    status "--guard=$wrong is refused" 2 "$LIFEGUARD" record --guard=$wrong -- true
done

# same KIND TOUCHES: a program that does as KIND says is the same with and without; what is told.
same()
{
    local what=$1 expected=$2
    # The shell tells who was killed.
    {
        "$BUILD/e2e/host_guard" "$what" >"$WORK/plain" 2>&1
        echo "status $?" >>"$WORK/plain"
        "$LIFEGUARD" record --guard=all -f -o "$WORK/host" -- "$BUILD/e2e/host_guard" "$what" \
            >"$WORK/guarded" 2>"$WORK/err"
        echo "status $?" >>"$WORK/guarded"
    } 2>/dev/null
    ok "$what: the same" diff "$WORK/plain" "$WORK/guarded"
    is "... and told" "$(touches "$WORK/host" | cut -d ' ' -f 1,4,8)" "$expected"
    is "... everything is covered" "$(json '[.recording.coverage.mismatches, .recording.lost_events]')" '[0,0]'
}

same handlers 'data-after-destroy 24 3'
same own ''
same killed ''
same stale 'data-after-destroy 24 1
overflow 40 1'
same calls 'data-after-destroy 24 1
data-after-destroy 24 1
data-after-destroy 24 1
data-after-destroy 24 1
overflow 40 1'
is "... by which calls" "$(json '.findings[] | select(.access) | "\(.stack[0].function) \(.access.write)"' |
    tr -d '"' | sed 's/^__//; s/^libc_//; s/64//' | sort)" 'open false
read true
write false
write false
writev false'
same threads 'data-after-destroy 64 200'
same fork 'data-after-destroy 32 2'
same locked 'data-after-destroy 24 1
overflow 40 1'
same room 'data-after-destroy 24 1
overflow 40 1'
same no-code 'data-after-destroy 24 1
overflow 40 1'
same chroot 'data-after-destroy 24 1
overflow 40 1'
same fill ''
"$LIFEGUARD" info "$WORK/host" >"$WORK/info"
ok "... what was too large, and what found no page, is counted" test \
    "$(told 'were larger than a page')" -ge 6000 -a "$(told 'were not guarded as no page was free')" -gt 0
done_testing
