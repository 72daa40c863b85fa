#!/bin/bash
# A pool that leaks, in a daemon that recycles its pools' blocks. In each restart check_config()
# makes a pool and destroys it; then leak_subpool_at_restart() makes one in the same block and
# never destroys it, so the next check_config() takes a new block from malloc. malloc's callers
# are all that heaptrack sees: the leak is check_config()'s, to the last byte.
# SPDX-License-Identifier: MIT
. "$(dirname "$0")/../lib.sh"

restarts=2000
block=$((32 + 512)) # bytes that poold asks malloc for, for a small pool: header and space
blamed=check_config
guilty=leak_subpool_at_restart
poold=("$BUILD/samples/poold" --drive "0x0,$restarts" --fault=leaked-subpool-restart)

# Leaves the leaked bytes of each stack in $WORK/stacks. heaptrack adds .zst or .gz, as it was built.
record_with_heaptrack()
{
    heaptrack -o "$WORK/heap" "${poold[@]}" &&
        heaptrack_print --flamegraph-cost-type leaked -F "$WORK/stacks" \
            "$(find "$WORK" -name 'heap.*')" >"$WORK/heap-report"
}

# leaked_below FUNCTION: the leaked bytes of all stacks from restarts in which FUNCTION appears.
# What is set up once at the start is not freed either, and is no leak.
leaked_below()
{
    awk -v wanted="$1" '/;restart_server/ && index($0, wanted) { sum += $NF }
                        END { printf "%d\n", sum }' "$WORK/stacks"
}

leak()
{
    jq -r ".findings[] | select(.rule == \"leaked-subpool\") | $1" "$WORK/report.json"
}

command -v heaptrack >/dev/null && command -v heaptrack_print >/dev/null ||
    skip_all "heaptrack is not installed"
work

ok "heaptrack records the daemon" record_with_heaptrack
grown=$(leaked_below restart_server)
ok "... and sees its memory grow" test "$grown" -gt $((restarts / 2 * block))
is "... and blames all of it on the innocent" "$(leaked_below $blamed)" "$grown"
is "... where the guilty one never appears" "$(grep -c $guilty "$WORK/stacks")" 0
echo "# heaptrack saw $((grown / block)) of $restarts blocks: the daemon ends with _exit()"

status "lifeguard records the daemon" 0 "$LIFEGUARD" record -o "$WORK/recording" -- "${poold[@]}"
status "... and reports" 0 "$LIFEGUARD" report --format=json "$WORK/recording"
mv "$WORK/out" "$WORK/report.json"
is "... one leak, an error, in the master" "$(leak '"\(.severity) \(.kind)"')" "error master"
is "... and blames the guilty one" \
    "$(leak "[.pool.created[].function] | index(\"$guilty\") != null")" true
is "... and not the innocent one" \
    "$(leak "[(.stack, .pool.created)[]?.function] | index(\"$blamed\")")" null
is "... for one more pool of 96 bytes at each restart" \
    "$(leak '.per_unit | "\(.count) \(.bytes) \(.unit)"')" "1 96 restart"
is "... all of them still there" "$(leak .count)" "$restarts"
done_testing
