#!/usr/bin/env bash
# The same findings recorded in full and as survivors: rows of the truth tables, with all that tells
# one finding from another; and that what cannot be recorded as survivors is told (SOAK=1: all rows,
# and the whole truth table recorded as survivors).
# SPDX-License-Identifier: MIT
. "$(dirname "$0")/../lib.sh"
. "$SOURCE/tests/truth/rows.sh"

# The findings of RECORDING, a line each.
all_told()
{
    report "$1" || return
    jq -r '.findings[] | [.rule, .severity, .kind, .pool.path, .count, .bytes, .fingerprint, .weak,
        .held_bytes,
        (.stack, .pool.created, .destroyed | [.[]? | "\(.function)+\(.offset)"] | join(" ")),
        (.per_unit | .unit, .count, .bytes, .grew, .units)] | tojson' "$WORK/report.json" | sort
}

# The row recorded in both ways, and what is left of it when it is thinned.
both()
{
    local full survivors thinned
    LIFEGUARD_RECORD=full record_poold "$1" "$WORK/full"
    LIFEGUARD_RECORD=survivors record_poold "$1" "$WORK/survivors"
    full=$(all_told "$WORK/full") || full="no report"
    survivors=$(all_told "$WORK/survivors") || survivors="no report, either"
    is "poold $1" "$survivors" "$full"
    "$LIFEGUARD" keep --full=0 -d 0.1 "$WORK/full" >"$WORK/out" 2>&1
    thinned=$(all_told "$WORK/full") || thinned="no report of that"
    is "... and thinned" "$thinned" "$full"
    left_out=$((left_out + $(json .recording.mode.ended_young)))
}

# Where time is the unit, it is never the same twice.
both_of_row()
{
    [[ $1 == *busy* ]] || both "$1"
}

young()
{
    json ".recording.mode | $1"
}

work
left_out=0
if ((${SOAK:-0})); then
    each_row poold both_of_row
else
    for fault in permanent-alloc leaked-subpool growing-pool use-after-destroy use-after-parent \
        parent-after-destroy double-destroy needless-subpool lifetime-contract hoard cleanup-alloc \
        hoard-in-command hoard-subpools; do
        both "--drive 1x60 --fault=$fault"
    done
fi
ok "pools were left out ($left_out)" test "$left_out" -gt 1000

# between FROM TO: a baseline made in one mode holds in the other, and nothing is new there.
between()
{
    rm -f "$WORK/baseline"
    "$LIFEGUARD" check --baseline "$WORK/baseline" --update-baseline "$WORK/$1" >"$WORK/out" 2>&1
    status "a baseline made of $1 holds for $2" 0 \
        "$LIFEGUARD" check --baseline "$WORK/baseline" "$WORK/$2"
    is "... and nothing is new" \
        "$("$LIFEGUARD" diff --format=json "$WORK/$1" "$WORK/$2" |
            jq -c '[(.came, .grew, .shrank, .went | length), (.same | length) > 1]')" \
        '[0,0,0,0,true]'
}

several="--drive 1x60 --fault=hoard --fault=needless-subpool --fault=growing-pool"
LIFEGUARD_RECORD=full record_poold "$several" "$WORK/full"
LIFEGUARD_RECORD=survivors record_poold "$several" "$WORK/survivors"
between full survivors
between survivors full

record_poold "--drive 1x200 --fault=needless-subpool" "$WORK/full"
report "$WORK/full"
is "without being asked, each event is written" "$(young '[.name, .young_pools]')" '["full",0]'
whole=$(json .recording.events)
LIFEGUARD_RECORD=survivors record_poold "--drive 1x200 --fault=needless-subpool" "$WORK/survivors"
report "$WORK/survivors"
is "most pools end young, and are told of in sums" \
    "$(young '[.name, .why_full, .young_pools > 500, .ended_young > 500, .young_at_end]')" \
    '["survivors",null,true,true,0]'
ok "... in half of the events" test "$(($(json .recording.events) * 2))" -lt "$whole"
is "... without a doubt" "$(json '[.recording.doubts, .recording.lost_events]')" '[[],0]'
"$LIFEGUARD" info "$WORK/survivors" >"$WORK/info"
ok "info says so" grep -q '^mode  *survivors, in 2 of 2 processes' "$WORK/info"
"$LIFEGUARD" report "$WORK/survivors" >"$WORK/out"
ok "... and report" grep -q '^  mode  *survivors: ' "$WORK/out"

"$LIFEGUARD" record --survivors -f -o "$WORK/survivors" -- "$BUILD/samples/poold" --drive 1x20 \
    >"$WORK/out" 2>&1
report "$WORK/survivors"
is "record --survivors asks for it" "$(young .name)" '"survivors"'
"$LIFEGUARD" record --survivors --poison -f -o "$WORK/survivors" -- "$BUILD/samples/poold" \
    --drive 1x20 >"$WORK/out" 2>&1
report "$WORK/survivors"
is "under --poison it cannot be had, and that is told" "$(young '[.name, .why_full]')" \
    '["full","what is poisoned, guarded, sampled or told with its address is told of one by one"]'

# What is young when something happens: all of it is known, and no more than that.
happens()
{
    LIFEGUARD_RECORD=survivors "$LIFEGUARD" record -f -o "$WORK/survivors" -- \
        "$BUILD/e2e/generations" "$1" >"$WORK/out" 2>&1
    report "$WORK/survivors"
    is "$1: $2" "$(json '[[.findings[].rule], .recording.lost_events, .recording.doubts]')" \
        "[[],0,[${3-}]]"
    is "... and pools were young" "$(young '.ended_young > 1000')" true
}

happens none "pools that are young"
happens fork "a child uses its parent's"
happens clone "one does that nobody told of" \
    '"The pools that 1 of 2 processes had from their parent are not known."'
status "children of handlers that interrupted calls on young pools go on with these" 0 env \
    LIFEGUARD_RECORD=survivors "$LIFEGUARD" record -f -o "$WORK/survivors" -- \
    "$BUILD/e2e/generations" children
happens thread "a thread uses those of another one"
is "... from where on all is written" "$(young '[.name, .why_full]')" \
    '["both","there are several threads"]'
happens kill "the process is killed"
is "... with what was young, by count" "$(young '.young_at_end > 10')" true
happens signal "handlers use what is being changed"

# of_one KIND: pools of which there is to be one at a time are young, up to where there are two.
of_one()
{
    local full
    LIFEGUARD_RECORD=full "$LIFEGUARD" record -f -o "$WORK/full" -- "$BUILD/e2e/generations" "$1" \
        >"$WORK/out" 2>&1
    full=$(all_told "$WORK/full")
    LIFEGUARD_RECORD=survivors "$LIFEGUARD" record -f -o "$WORK/survivors" -- \
        "$BUILD/e2e/generations" "$1" >"$WORK/out" 2>&1
    is "one of which there is to be one at a time is there still: $1" \
        "$(all_told "$WORK/survivors")" "$full"
    is "... which is told" "$(json '[.findings[].rule]')" '["lifetime-contract"]'
    "$LIFEGUARD" roles --format=json "$WORK/survivors" >"$WORK/roles.json"
    is "... and not each of them was written" \
        "$(jq '.roles[] | select(.role == "session.xfer.p") | .lived[0].pools < 200' "$WORK/roles.json")" true
}

of_one overdue
of_one two

# in_all_modes ROW: recorded in full and as survivors, and what is left of the former when it is thinned.
in_all_modes()
{
    local full
    LIFEGUARD_RECORD=full record_system "$1" "$WORK/full"
    LIFEGUARD_RECORD=survivors record_system "$1" "$WORK/survivors"
    full=$(all_told "$WORK/full") || full="no report"
    is "$1, as survivors" "$(all_told "$WORK/survivors")" "$full"
    left_out=$((left_out + $(young .ended_young)))
    [[ $1 == apr\ * ]] && return
    "$LIFEGUARD" keep --full=0 -d 0.1 "$WORK/full" >"$WORK/out" 2>&1
    is "... and thinned" "$(all_told "$WORK/full")" "$full"
}

in_all_modes_of_row()
{
    [[ $1 == *busy* || $1 == *stream* || $1 == talloc\ * || $1 == proftpd\ * ]] || in_all_modes "$1"
}

left_out=0
build_systems
if ((${SOAK:-0})); then
    each_row systems in_all_modes_of_row
    each_row growth in_all_modes_of_row
    each_row kinds in_all_modes_of_row
else
    for row in "nginx leak-some" "apr leak-some" "postgresql hoard-and-end" \
        "postgresql list-in-unit"; do
        [ ! -x "$WORK/growth-${row%% *}" ] || in_all_modes "$row"
    done
fi
ok "of these pools were left out, too ($left_out)" test "$left_out" -gt 80
# More pools live in its last unit than are kept in mind as young.
LIFEGUARD_RECORD=survivors record_system "postgresql stream-leak-few" "$WORK/survivors"
is "what piles up in a unit that goes on is found among survivors, too" \
    "$(findings "$WORK/survivors" | without_counts)" 'leaked-subpool master "leaked in a stream"'
if [ -x "$WORK/growth-talloc" ]; then
    LIFEGUARD_RECORD=survivors record_system "talloc leak" "$WORK/survivors"
    report "$WORK/survivors"
    is "where each allocation is a pool, each is written, and that is told" \
        "$(young '[.name, .why_full]')" '["full","each of its allocations is a pool"]'
fi

if ((${SOAK:-0})); then
    for table in truth truth_kinds; do
        LIFEGUARD_RECORD=survivors bash "$SOURCE/tests/e2e/report/$table.sh"
    done >"$WORK/truth" 2>&1
    is "the truth table, recorded as survivors" "$(grep '^not ok' "$WORK/truth")" ''
fi
done_testing
