#!/usr/bin/env bash
# A program that limits its address space while it runs, or is limited from outside, has what it
# would have without the recorder, but for a quarter at most.
# SPDX-License-Identifier: MIT
. "$(dirname "$0")/../lib.sh"
work
program=$BUILD/e2e/limits_space

export LIFEGUARD_QUIET=1 # what the program says is compared

recorded()
{
    rm -rf "$WORK/recording"
    env LD_PRELOAD="$BUILD/liblifeguard.so" LIFEGUARD_DIR="$WORK/recording" "$@"
}

for how in setrlimit prlimit child before-fork; do
    is "$how: the program ends as ever" "$(recorded "$program" "$how" 64 2>&1)" 'done'
    status '... info has an account of it' 0 "$LIFEGUARD" info "$WORK/recording"
done

limited_from_outside()
{
    local pid
    rm -rf "$WORK/recording"
    LD_PRELOAD="$BUILD/liblifeguard.so" LIFEGUARD_DIR="$WORK/recording" timeout --foreground 100 \
        "$program" outside 64 >"$WORK/said" 2>&1 &
    while ! pid=$(pgrep -P $! -x limits_space); do
        sleep 0.05
    done
    prlimit --pid="$pid" --as=$((64 << 20))
    wait $! && cat "$WORK/said"
}
is 'from outside: the program ends as ever' "$(limited_from_outside)" 'done'

# Much recorded in little space: what cannot be mapped is counted, not taken from the program.
ok 'a recording that is longer than its part' recorded "$program" setrlimit 34
status '... gives no verdict' 3 "$LIFEGUARD" check "$WORK/recording"
ok '... and says why' grep -q 'limit on its address space' "$WORK/out"

need_proftpd
for what in session daemon; do
    proftpd_prepare "$WORK/proftpd"
    echo "RLimitMemory $what 256M" >>"$PROFTPD_DIR/proftpd.conf"
    rm -rf "$WORK/recording"
    proftpd_start "$LIFEGUARD" record -o "$WORK/recording" --
    ok "ProFTPD with RLimitMemory $what: a session lists" ftp_curl -o "$WORK/listing" @/
    ok '... something' test -s "$WORK/listing"
    proftpd_restart
    ok '... and after a restart' ftp_curl -o "$WORK/again" @/
    is '... the same' "$(awk '{ print $NF }' "$WORK/again")" "$(awk '{ print $NF }' "$WORK/listing")"
    proftpd_stop
    is '... and it ends with success' $? 0
    ok '... recorded' report "$WORK/recording"
    is '... with nothing lost' "$(json .recording.lost_events)" 0
done
done_testing
