#!/usr/bin/env bash
# What the recorder leaves in a process's memory: the process's own trace and no other's, and no
# page that is both writable and executable.
# SPDX-License-Identifier: MIT
. "$(dirname "$0")/../lib.sh"

# Mappings of process $1 that are both writable and executable, or of a trace not its own.
forbidden_mappings()
{
    awk -v own="/$1.trace" '$2 ~ /^.wx/ { print }
        /\.trace/ && substr($6, length($6) - length(own) + 1) != own { print }' "/proc/$1/maps"
}

own_trace()
{
    grep -o "/$1\.trace$" "/proc/$1/maps" | sort -u
}

need_proftpd
work
status "forked in all ways, no process has another's trace mapped" 0 env \
    LD_PRELOAD="$BUILD/liblifeguard.so" LIFEGUARD_DIR="$WORK/forks" "$BUILD/e2e/host_maps"
is "... but its own, and no page to write code to" "$(sed 's/.*: //' "$WORK/out" | sort | uniq -c |
    sed 's/^ *//')" "9 its own, 0 of its parent, 0 others, 0 writable and executable
1 no own, 0 of its parent, 0 others, 0 writable and executable
1 where its parent's was there is nothing"


record_proftpd >"$WORK/out" 2>&1
is "ProFTPD is recorded" "$?" 0
open_session
is "... and has a session" "$?" 0
if [ -r "/proc/$session/maps" ] && head -c 1 "/proc/$session/maps" >/dev/null 2>&1; then
    is "the master has its own trace mapped, and no page to write code to" \
        "$(own_trace "$PROFTPD_PID") $(forbidden_mappings "$PROFTPD_PID")" "/$PROFTPD_PID.trace "
    is "so does the session, and nothing of its master's" \
        "$(own_trace "$session") $(forbidden_mappings "$session")" "/$session.trace "
else
    skip "what master and session have mapped" "only root may look"
fi
ok "... in a process that is the master's child" grep -q "^PPid:.$PROFTPD_PID$" \
    "/proc/$session/status"
close_session
proftpd_stop
is "ProFTPD ends" "$?" 0
done_testing
