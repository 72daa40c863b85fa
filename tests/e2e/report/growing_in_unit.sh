#!/usr/bin/env bash
# growing-in-unit: what one command takes is told as that, and pools are told with what they hold.
# SPDX-License-Identifier: MIT
. "$(dirname "$0")/../lib.sh"
work

# headline FAULT: of its only finding, without what differs from run to run.
headline()
{
    "$LIFEGUARD" record -f -o "$WORK/recording" -- "$BUILD/samples/poold" --drive 1x10 \
        --fault="$1" >"$WORK/out" 2>&1
    "$LIFEGUARD" report "$WORK/recording" >"$WORK/report"
    sed -n 's/^warning growing-in-unit: //p' "$WORK/report"
}

is "pools: how many, and what they hold" "$(headline hoard-subpools | sed 's/[0-9.]* KB/N KB/g')" \
    '`tree pool` under `Session Pool`: +600 pools, about N KB held, in one command; 600 pools, about N KB held in a session'
ok "... and in the table, in one command" grep -q ' KB in one command ' "$WORK/report"
"$LIFEGUARD" report --format=json "$WORK/recording" >"$WORK/json"
is "... and in JSON" "$(jq -c '.findings[] | [.counts_pools, .count, .peak_bytes > 100000]' "$WORK/json")" \
    '[true,600,true]'
is "allocations: their bytes" "$(headline hoard-in-command)" \
    '`listing pool` under `Session Pool`: +37.5 KB, 600 times, in one command; 600 allocations, 37.5 KB in a session'
is "nothing is per command" "$(grep -c 'per command' "$WORK/report")" 0
done_testing
