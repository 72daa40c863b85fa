#!/usr/bin/env bash
# ProFTPD closes every descriptor, forks, jails its sessions, drops its privileges and ends with
# _exit(): all of it is recorded, and none of it is changed.
. "$(dirname "$0")/../lib.sh"

# What is seen of process $1 from outside: its signals, privileges and threads, where it is, and the
# descriptors that it holds, by what they are.
state()
{
    grep -E '^(State|Umask|[UG]id|Groups|Threads|Sig[PBIC]|ShdPnd|Cap|NoNewPrivs|Seccomp)' \
        "/proc/$1/status"
    tr '\0' '\n' <"/proc/$1/environ" | grep -vE '^((LD_PRELOAD|LIFEGUARD_DIR|_)=|$)'
    find "/proc/$1/cwd" "/proc/$1/root" "/proc/$1/fd" -type l -printf '%f %l\n' |
        sed 's/\[[0-9]*\]//' | sort
}

# Of the master and of a session that waits for a command, when both have come to rest: the master
# blocks signals while it forks, and pauses for 0.4 seconds when a session has ended.
states()
{
    local tries now same=0 before=
    open_session || return
    for ((tries = 0; tries < 100 && same < 8; tries++)); do
        now=$(state "$PROFTPD_PID" && state "$session")
        [ "$now" = "$before" ] && same=$((same + 1)) || same=0
        before=$now
        sleep 0.1
    done
    echo "$now"
    close_session
}

# What ProFTPD printed, without times, pids and ports.
log()
{
    grep -v '^lifeguard: \|^  lifeguard ' "$PROFTPD_DIR/log" |
        sed -E -e 's/^[-0-9]+ [0-9:,]+ //' -e 's/\[[0-9]+\]/[PID]/' -e 's/PID [0-9]+/PID/' \
            -e "s/$PROFTPD_PORT/PORT/"
}

run_plain()
{
    proftpd_prepare "$WORK/proftpd" && proftpd_start && ftp_transcript >"$WORK/plain" &&
        states >"$WORK/plain.state" && proftpd_stop && log >"$WORK/plain.log" && rm -r "$WORK/proftpd"
}

run_recorded()
{
    record_proftpd && ftp_transcript >"$WORK/recorded" && states >"$WORK/recorded.state" &&
        master=$PROFTPD_PID && proftpd_stop && log >"$WORK/recorded.log" && report "$WORK/recording"
}

sessions='.processes[] | select(.kind == "session")'

need_proftpd
work
status "ProFTPD works and ends with status 0, unrecorded" 0 run_plain
run_recorded >"$WORK/out" 2>&1
is "... and recorded" "$?" 0
ok "its clients see no difference" diff "$WORK/plain" "$WORK/recorded"
ok "... and they saw much" test "$(wc -l <"$WORK/plain")" -gt 60
if [ "$(id -u)" -eq 0 ]; then
    ok "master and session have the same descriptors, signals, privileges and environment" \
        diff "$WORK/plain.state" "$WORK/recorded.state"
else
    skip "master and session have the same descriptors" "only root may look"
fi
ok "ProFTPD prints the same" diff "$WORK/plain.log" "$WORK/recorded.log"

is "there is one master" "$(json '[.processes[] | select(.kind == "master") | .pid]')" "[$master]"
is "... and three sessions, its children" "$(json "[$sessions | .parent]")" \
    "[$master,$master,$master]"
is "all ended with status 0" "$(json '[.processes[].exit] | unique')" '[0]'
is "every session was recorded at work" "$(json "[$sessions | .events > 500] | unique")" '[true]'
session=$(json "[$sessions | .pid] | min")
status "the tree of a session at its end" 0 \
    "$LIFEGUARD" tree --pid "$session" --at exit --format=json "$WORK/recording"
is "... has what is made after the login" \
    "$(jq -c '[.. | objects | .tag? // empty | select(. == "Session Pool")] | unique' "$WORK/out")" \
    '["Session Pool"]'
if [ "$(id -u)" -eq 0 ]; then
    ok "... in the jail" grep -q '257 "/" is the current directory' "$WORK/recorded"
else
    skip "... in the jail" "only root can make one"
fi
done_testing
