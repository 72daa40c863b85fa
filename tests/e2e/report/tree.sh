#!/usr/bin/env bash
# The tree of the recording is what lies in the daemon's memory, pool by pool, byte by byte: the
# daemon is killed right after its memory was read.
# SPDX-License-Identifier: MIT
. "$(dirname "$0")/../lib.sh"

record_and_kill()
{
    record_proftpd modules && proftpd_restart && ftp_curl --output /dev/null @/ || return
    # The master has work to do when a session has ended, and pauses meanwhile.
    proftpd_wait has_no_session && sleep 1 && proftpd_wait has_no_session || return
    master=$PROFTPD_PID
    daemon_pools >"$WORK/memory"
    kill -KILL "$PROFTPD_PID"
    wait "$PROFTPD_JOB"
    [ $? -eq 137 ] && PROFTPD_PID= PROFTPD_JOB=
}

recorded_pools()
{
    "$LIFEGUARD" tree --pid "$1" --at exit --format=json "$WORK/recording" |
        jq -r '.processes[0].pools[] | recurse(.children[]) | "\(.bytes)\t\(.tag // .role // "")"' | sort
}

need_proftpd
[ "$(id -u)" -eq 0 ] || skip_all "only root may read the daemon's memory"
work
record_and_kill >"$WORK/out" 2>&1
is "ProFTPD is recorded, read and killed" "$?" 0
recorded_pools "$master" >"$WORK/tree"
ok "hundreds of pools are alive" test "$(wc -l <"$WORK/memory")" -gt 500
ok "the tree has the same, with the same names and bytes" diff "$WORK/memory" "$WORK/tree"
ok "nothing was lost" sh -c "'$LIFEGUARD' info '$WORK/recording' | grep -qi '0 .*lost\|no event.* lost\|lost.* 0'"

"$LIFEGUARD" record -f -o "$WORK/many" "$BUILD/samples/poold" --drive 20x3,1 >/dev/null 2>&1
"$LIFEGUARD" tree "$WORK/many" >"$WORK/out"
is "of many processes that are alike the largest is shown" "$(grep -c '^process' "$WORK/out")" 2
ok "... and what all come to" grep -q '^and 19 more sessions like it: .* in all 20; ' "$WORK/out"
is "... or each, where that is asked for" "$("$LIFEGUARD" tree --all "$WORK/many" | grep -c '^process')" 21
is "... as in JSON" "$("$LIFEGUARD" tree --format=json "$WORK/many" | jq '.processes | length')" 21
is "one process is shown alone" \
    "$("$LIFEGUARD" tree --pid="$(sed -n 's/^process \([0-9]*\), session.*/\1/p' "$WORK/out")" "$WORK/many" |
        grep -cE '^process|^and ')" 1
done_testing
