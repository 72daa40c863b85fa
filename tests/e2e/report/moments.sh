#!/usr/bin/env bash
# The tree at a moment, and the findings that are asked for.
# SPDX-License-Identifier: MIT
. "$(dirname "$0")/../lib.sh"

restarts_told()
{
    grep -c 'read again' "$WORK/log"
}

# restart N: the sample daemon's Nth
restart()
{
    kill -HUP "$daemon" && wait_until eval '[ "$(restarts_told)" -ge '"$1"' ]'
}

wait_until_it_listens()
{
    wait_until grep -q listening "$WORK/log"
}

end_daemon()
{
    [ -z "$daemon" ] || kill "$daemon"
}

# A daemon that leaves a pool behind at each of six restarts; $moment is after the third, and a
# client comes then.
record_restarts()
{
    local i
    "$LIFEGUARD" record -o "$WORK/recording" -- "$BUILD/samples/poold" \
        --fault=leaked-subpool-restart --fault=growing-pool-restart >"$WORK/log" 2>&1 &
    daemon=$!
    at_exit end_daemon
    wait_until_it_listens || return
    for i in 1 2 3; do restart $i || return; done
    sleep 0.1
    moment=$(date +%Y-%m-%dT%H:%M:%S.%N)
    sleep 0.1
    exec 5<>"/dev/tcp/127.0.0.1/$(sed -n 's/.*127.0.0.1://p' "$WORK/log")"
    printf 'USER me\nQUIT\n' >&5
    cat <&5 >/dev/null
    exec 5>&-
    for i in 4 5 6; do restart $i || return; done
    kill -TERM "$daemon" && wait "$daemon" && daemon=
}

# leaked_at MOMENT [OPTION...]: leaked pools in each tree that is shown
leaked_at()
{
    "$LIFEGUARD" tree --at="$1" "${@:2}" --format=json "$WORK/recording" |
        jq -c '[.processes[] | [.kind, ([.pools[] | recurse(.children[])
            | select(.tag == "leaked restart pool")] | length)]]'
}

# selected OPTION...: the rules of the findings, and how many were left out
selected()
{
    "$LIFEGUARD" report --format=json "$@" "$WORK/recording" |
        jq -c '[[.findings[].rule], .summary.left_out]'
}

work
record_restarts >"$WORK/out" 2>&1
is "a daemon is recorded over six restarts" $? 0
is "at the exit six pools are left, three in the session" "$(leaked_at exit)" \
    '[["master",6],["session",3]]'
is "at a moment before the session there are three" "$(leaked_at "$moment")" '[["master",3]]'
is "the session was forked with three" "$(leaked_at fork)" '[["session",3]]'
is "... without a pool of its own" \
    "$("$LIFEGUARD" tree --at=fork --format=json "$WORK/recording" | grep -c 'Session Pool')" 0
is "the peak of the master is its end" "$(leaked_at peak | jq -c '.[0]')" '["master",6]'
master=$("$LIFEGUARD" tree --format=json "$WORK/recording" | jq '.processes[0].pid')
is "only one process" "$(leaked_at exit --pid="$master")" '[["master",6]]'
status "an hour later nothing was there: 2" 2 "$LIFEGUARD" tree --at=1h "$WORK/recording"
ok "... it tells what there is" grep -q 'the recording is of' "$WORK/err"
status "the master was not forked: 2" 2 "$LIFEGUARD" tree --at=fork --pid="$master" "$WORK/recording"

# A recording within one second, which is told as that: $second. On a busy machine few are.
record_in_a_second()
{
    local times
    rm -rf "$WORK/short"
    LD_PRELOAD=$BUILD/liblifeguard.so LIFEGUARD_DIR=$WORK/short LIFEGUARD_QUIET=1 \
        "$BUILD/samples/poold" --drive 1x1
    times=$("$LIFEGUARD" tree --at=1h "$WORK/short" 2>&1 |
        sed -nE 's/.* is of [^ ]+ ([0-9:]+) to [^ ]+ ([0-9:]+) .*/\1 \2/p')
    second=${times#* }
    [ -n "$second" ] && [ "$times" = "$second $second" ]
}
wait_until record_in_a_second
is "a second in which it all began and ended shows what was there" \
    "$("$LIFEGUARD" tree --at="$second" --format=json "$WORK/short" |
        jq '[.processes[] | .kind, (.pools | length > 0)]' -c)" '["master",true,"session",true]'

is "all findings" "$(selected)" '[["leaked-subpool","growing-pool"],0]'
is "the worst" "$(selected --top=1)" '[["leaked-subpool"],1]'
is "of one rule" "$(selected --rule=leaked-subpool)" '[["leaked-subpool"],1]'
is "of two" "$(selected --rule=growing-pool,leaked-subpool)" '[["leaked-subpool","growing-pool"],0]'
is "of a pool" "$(selected --pool='Event Pool')" '[["growing-pool"],1]'
is "of a pattern" "$(selected --pool='leaked*')" '[["leaked-subpool"],1]'
is "of a role" "$(selected --pool=session.pool)" '[[],2]'
is "in a process" "$(selected --pid="$master")" '[["leaked-subpool","growing-pool"],0]'
status "no such process: 2" 2 "$LIFEGUARD" report --pid=1 "$WORK/recording"
status "no such rule: 2" 2 "$LIFEGUARD" report --rule=leaked "$WORK/recording"
status "no number: 2" 2 "$LIFEGUARD" report --top=few "$WORK/recording"
report "$WORK/recording"
is "the growth's fit" \
    "$(json '.findings[] | select(.rule == "leaked-subpool") | .per_unit | [.unit, .units, .grew, .steady]')" \
    '["restart",6,6,true]'
ok "first before the moment, last after it" test "$(json "(\"$(date -u -d "$moment" +%Y-%m-%dT%H:%M:%S.%N)\") as \$m
    | .findings | all(.first < \$m and .last > \$m and .phase == \"steady\")")" = true
done_testing
