#!/usr/bin/env bash
# ProFTPD closes every descriptor, forks, jails its sessions, drops its privileges and ends with
# _exit(): all of it is recorded, and none of it is changed.
# SPDX-License-Identifier: MIT
. "$(dirname "$0")/../lib.sh"

# What is seen of process $1 from outside: its signals, privileges and threads, where it is, and the
# descriptors that it holds, by what they are.
state()
{
    grep -E '^(State|Umask|[UG]id|Groups|Threads|Sig[PBIC]|ShdPnd|Cap|NoNewPrivs|Seccomp)' \
        "/proc/$1/status"
    tr '\0' '\n' <"/proc/$1/environ" | grep -vE '^((LD_PRELOAD|LIFEGUARD_DIR|LIFEGUARD_QUIET|_)=|$)'
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

# What ProFTPD printed, without times and ports, process by process: a session may print its last line
# when the next one has begun. In place of its pid each has a number, in the order of their first lines.
log()
{
    grep -v '^lifeguard: \|^  lifeguard ' "$PROFTPD_DIR/log" |
        awk '{
            pid = match($0, /\[[0-9]+\]/) ? substr($0, RSTART, RLENGTH) : "none"
            if (!(pid in number)) number[pid] = ++processes
            sub(/\[[0-9]+\]/, "[" number[pid] "]")
            said[number[pid]] = said[number[pid]] $0 "\n"
        }
        END { for (i = 1; i <= processes; i++) printf "%s", said[i] }' |
        sed -E -e 's/^[-0-9]+ [0-9:,]+ //' -e 's/PID [0-9]+/PID/' -e "s/$PROFTPD_PORT/PORT/"
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
session=$(json "[$sessions | .pid] | first")
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

# --- the directory's name may tell of the process; what it starts records into the same
env -u LIFEGUARD_DIR INVOCATION_ID=run/42 LD_PRELOAD="$BUILD/liblifeguard.so" \
    LIFEGUARD_DIR="$WORK/{host}-{invocation}-{time}-{pid}-{what}" \
    sh -c '"$0" --drive 1x2 >/dev/null; echo "$$ $LIFEGUARD_DIR"' "$BUILD/samples/poold" >"$WORK/out" 2>/dev/null
read -r pid named <"$WORK/out"
ok "the directory is named by the first process: $named" \
    grep -qE "/$(uname -n | tr / -)-run-42-20[0-9]{6}T[0-9]{6}Z-$pid-\{what\}\$" <<<"$named"
is "... by the time as it was" "$(("$(date +%s)" - $(date +%s -d "$(sed -E \
    's/.*-(....)(..)(..)T(..)(..)(..)Z-.*/\1-\2-\3T\4:\5:\6Z/' <<<"$named")") < 60))" 1
is "... and what it starts is recorded there" \
    "$("$LIFEGUARD" processes --format=json "$named" | jq '[.processes[] | select(.units.command == 3)] | length')" 1

# --- the recorder says one line, where somebody reads that
spoken() # DIR COMMAND...: what it says into a pipe
{
    env -u LIFEGUARD_QUIET LD_PRELOAD="$BUILD/liblifeguard.so" LIFEGUARD_DIR="$@" 2>&1 >/dev/null |
        grep '^lifeguard: '
}
poold=$BUILD/samples/poold
is "it says into what it records" "$(spoken "$WORK/said" "$poold" --drive 3x2)" \
    "lifeguard: records the pools of $poold into $WORK/said"
is "... not where it has no pools" "$(spoken "$WORK/none" true)" ''
is "... not in what a recorded program starts" \
    "$(spoken "$WORK/again" "$poold" --drive 1x2 | wc -l)" 1
is "... not if it is to be quiet" "$(spoken "$WORK/quiet" env LIFEGUARD_QUIET=1 "$poold" --drive 1x2)" ''
is "... not under record" "$("$LIFEGUARD" record -o "$WORK/supervised" "$poold" --drive 1x2 2>&1 >/dev/null |
    grep -c 'records the pools')" 0
env LD_PRELOAD="$BUILD/liblifeguard.so" LIFEGUARD_DIR="$WORK/filed" "$poold" --drive 1x2 2>"$WORK/err" >/dev/null
is "... not into a file" "$(cat "$WORK/err")" ''
is "a relative directory is refused" "$(spoken said "$poold" --drive 1x2)" \
    'lifeguard: nothing is recorded: said is a relative path'
mkdir -m 777 "$WORK/open" && chmod 777 "$WORK/open"
is "... one that others may write" "$(spoken "$WORK/open" "$poold" --drive 1x2)" \
    "lifeguard: nothing is recorded: $WORK/open is writable by others"
is "... one that is missing" "$(spoken "$WORK/no/where" "$poold" --drive 1x2)" \
    "lifeguard: nothing is recorded: $WORK/no/where could not be made: the directory above it is missing, or not to be written"
env LD_PRELOAD="$BUILD/liblifeguard.so" LIFEGUARD_DIR="$WORK/gone" sh -c 'trap "" PIPE; trap - PIPE
    "$0" --drive 1x2 >/dev/null; echo $? >"$1"' "$poold" "$WORK/rc" 2>&1 | true
is "a reader that has gone is no fault" "$(cat "$WORK/rc")" 0
done_testing
