#!/usr/bin/env bash
# What programs do that is seldom seen: in both modes they print and end as without the recorder, and
# all that they do with pools is recorded.
# SPDX-License-Identifier: MIT
. "$(dirname "$0")/../lib.sh"
work
children=$((${SOAK:-0} ? 1000 : 30))

echo 'int plugin_work(int n) { return 3 * n; }' | cc -x c -O2 -shared -fPIC -o "$WORK/plugin.so" -

# expect_same POOLS COMMAND...: POOLS are made in its first process, as far as is known from here.
expect_same()
{
    local pools=$1 plain mode
    shift
    LD_PRELOAD='' "$@" >"$WORK/plain" 2>"$WORK/err"
    plain=$?
    if [ $plain -eq 77 ]; then
        skip "$*" "it cannot be done here"
        return
    fi
    for mode in full survivors; do
        rm -rf "$WORK/recording"
        LIFEGUARD_RECORD=$mode LIFEGUARD_QUIET=1 LIFEGUARD_DIR=$WORK/recording \
            LD_PRELOAD=$BUILD/liblifeguard.so "$@" >"$WORK/out" 2>"$WORK/err"
        is "${*##*/}, $mode: ends as ever" $? $plain
        ok "... says the same" cmp "$WORK/out" "$WORK/plain"
        report "$WORK/recording"
        is "... nothing is lost" "$(json .recording.lost_events)" 0
        "$LIFEGUARD" info "$WORK/recording" >"$WORK/info"
        ok "... at least $pools pools are told" test "$(told 'pools made')" -ge "$pools"
    done
}

host=$BUILD/e2e/odd_hosts
expect_same 420 "$host" ifunc
expect_same 60 "$host" deepbind "$WORK/plugin.so"
expect_same 60 "$host" namespace "$WORK/plugin.so"
expect_same 60 "$host" coroutine
if [ "$(id -u)" = 0 ] && unshare --pid --fork --mount-proc true 2>"$WORK/err"; then
    expect_same 50 unshare --pid --fork --mount-proc "$host" pid "$children"
    is "... each child of the same pid has a trace" \
        "$(json '[.processes[] | select(.pid == 500)] | length')" "$children"
else
    skip "children of the same pid" "only root can have the kernel give it again"
fi
done_testing
