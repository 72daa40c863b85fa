#!/usr/bin/env bash
# As survivors, what a busy daemon's recording takes on disk is bounded by what its commands leave
# behind: less than 100 MB for 10^9 pool events (SOAK=1: so many), and all commands are counted.
# SPDX-License-Identifier: MIT
. "$(dirname "$0")/../lib.sh"

SESSIONS=2 COMMANDS=100000
((!${SOAK:-0})) || SESSIONS=6 COMMANDS=10000000

# took FAULT...: records it; sets $bytes, of its traces as they are written, and $events.
took()
{
    rm -rf "$WORK/recording"
    env LD_PRELOAD="$BUILD/liblifeguard.so" LIFEGUARD_DIR="$WORK/recording" LIFEGUARD_QUIET=1 \
        LIFEGUARD_RECORD=survivors "$BUILD/samples/poold" --drive "${SESSIONS}x$COMMANDS,20" "$@"
    is "a daemon works" $? 0
    bytes=$(du -c --block-size=1 "$WORK"/recording/*.trace | tail -n 1 | cut -f1)
    report "$WORK/recording"
    events=$(json '[.processes[].events] | add')
    echo "# $bytes bytes for $events pool events"
    is "... and its commands are counted, and nothing is lost" \
        "$(json '.recording | [.work.command, .lost_events, .doubts]')" \
        "[$((SESSIONS * (COMMANDS + 1))),0,[]]"
}

work
took
ok "10^9 pool events take less than 100 MB" test $((bytes * 10)) -lt "$events"
is "... and say that there is nothing to find" "$(json '.findings | length')" 0
took --fault=growing-pool-restart
is "... or what there is" "$(json '[.findings[] | .rule]')" '["growing-pool"]'
ok "... in no more" test $((bytes * 10)) -lt "$events"
done_testing
