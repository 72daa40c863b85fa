#!/usr/bin/env bash
# The tree of the recording is what lies in the daemon's memory, pool by pool, byte by byte: the
# daemon is killed right after its memory was read.
. "$(dirname "$0")/../lib.sh"

record_and_kill()
{
    record_proftpd modules && proftpd_restart && ftp_curl --output /dev/null @/ || return
    # The master has work to do when a session ends.
    sleep 1
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
master=$(find "$WORK/recording" -name '*.trace*' -printf '%f\n' | sort -n | head -n 1)
recorded_pools "${master%%.*}" >"$WORK/tree"
ok "hundreds of pools are alive" test "$(wc -l <"$WORK/memory")" -gt 500
ok "the tree has the same, with the same names and bytes" diff "$WORK/memory" "$WORK/tree"
ok "nothing was lost" sh -c "'$LIFEGUARD' info '$WORK/recording' | grep -qi '0 .*lost\|no event.* lost\|lost.* 0'"
done_testing
