#!/usr/bin/env bash
# lifeguard attach and detach on Debian's ProFTPD: its master, and a session that is logged in, in
# its chroot, as another user.
# SPDX-License-Identifier: MIT
. "$(dirname "$0")/../lib.sh"
need_proftpd
work

# As many as FD/PID has, and its mappings without the recorder's.
descriptors()
{
    find "/proc/$1/fd" -mindepth 1 | wc -l
}

attach()
{
    "$LIFEGUARD" attach -o "$WORK/$1" "${@:3}" "$2"
}

detach()
{
    "$LIFEGUARD" detach "$1"
}

read_report()
{
    "$LIFEGUARD" report --format=json "$WORK/$1" >"$WORK/report.json"
    "$LIFEGUARD" info "$WORK/$1" >"$WORK/info"
}

ids()
{
    jq -r '.findings[] | select(.severity == "error" and .rule != "unreachable-subpool") |
        .fingerprint, .places[].fingerprint' "$WORK/report.json" | sort
}

# Sixty commands.
work_in_session()
{
    local i n
    for i in {1..12}; do
        printf 'MKD d%s\r\nRMD d%s\r\nCWD /sub\r\nCWD /\r\nPWD\r\n' "$i" "$i" >&"$control"
        for ((n = 0; n < 5; n++)); do
            read -r -t 60 line <&"$control"
        done
    done
}

restarts()
{
    local i
    for ((i = 0; i < $1; i++)); do
        proftpd_restart
    done
}

proftpd_prepare "$WORK/proftpd" modules
at_exit proftpd_kill
proftpd_start
restarts 2
before=$(descriptors "$PROFTPD_PID")
began=$(date +%s%3N)
status 'the master is attached to' 0 attach master "$PROFTPD_PID"
is 'it has no descriptor more' "$(descriptors "$PROFTPD_PID")" "$before"
status 'not twice' 2 attach twice "$PROFTPD_PID"
ok 'and that is said' grep -q 'recorded already' "$WORK/err"
ended=$(date +%s%3N)
restarts 6
status 'top knows it by its pid' 0 "$LIFEGUARD" top -b -n 1 --sort=growth "$PROFTPD_PID"
ok '... with what it did since' grep -q '^1 of 1 processes run; 6 restarts' "$WORK/out"
ok '... and what grows' grep -Eq "^ *$PROFTPD_PID master .* Event Pool\$" "$WORK/out"
status 'it is let go of' 0 detach "$PROFTPD_PID"
is 'it still has no descriptor more' "$(descriptors "$PROFTPD_PID")" "$before"
ok 'and none of the trace is mapped' [ "$(grep -c '\.trace$' "/proc/$PROFTPD_PID/maps")" = 0 ]
read_report master
ids >"$WORK/attached.ids"
ok 'pools were there before' grep -Eq '^attached .* 6[0-9][0-9] pools were there before' "$WORK/info"
is 'nothing is odd' "$(grep -c '^odd' "$WORK/info")" 0
covered bytes 2000
ok 'all restarts are counted' grep -q ' 6 restarts' "$WORK/info"
is 'nothing of it is its start-up' "$(json '[.findings[] | select(.phase == "start-up")] | length')" 0
ln -s master "$WORK/recording"
status 'there is a page of it' 0 write_page
is '... which begins with the attach' "$(page ".start_ms >= $began and .start_ms <= $ended")" true
# A change is four numbers: which pools, their bytes, how many, what their blocks take. Moments are a
# part of the time from each other.
is '... with the pools, since that was done' "$(page "($ended - .start_ms) as \$done | .rows[1] | . as \$row
    | (\$done + (.times | last) / 20) as \$by | [range(0; .changes | length) |
    select(\$row.times[.] <= \$by) | \$row.changes[.] | range(2; length; 4) as \$i | .[\$i]] | add >= 600")" true
is '... and has the restarts' "$(page .restarts)" 6
status 'it can be attached to again' 0 attach again "$PROFTPD_PID"
restarts 4
status '... and be let go of' 0 detach "$PROFTPD_PID"
read_report again
ids >"$WORK/again.ids"
is '... with the same findings' "$(<"$WORK/again.ids")" "$(<"$WORK/attached.ids")"

open_session
before=$(descriptors "$session")
status 'a session in its chroot is attached to' 0 attach session "$session"
work_in_session
is 'it works as before' "${line%%/*}" '257 "'
status '... and is let go of' 0 detach "$session"
is '... with no descriptor more' "$(descriptors "$session")" "$before"
printf 'NOOP\r\n' >&"$control"
read -r -t 60 line <&"$control"
is '... and works on' "${line%% *}" 200
status 'it is attached to again, as survivors' 0 attach survivors "$session" --survivors
work_in_session
status '... let go of' 0 detach "$session"
status '... and attached to in full' 0 attach full "$session"
work_in_session
status '... and let go of' 0 detach "$session"
close_session
for mode in survivors full; do
    read_report $mode
    is "$mode: nothing odd" "$(grep -c '^odd' "$WORK/info")" 0
    ok '... with its commands' grep -q 'in 60 commands' "$WORK/info"
    is '... and its mode' "$(json '.recording.mode | [.name, .ended_young > 100]')" \
        "[\"$mode\",$([ $mode = survivors ] && echo true || echo false)]"
done
"$LIFEGUARD" tree "$WORK/survivors" >"$WORK/tree"
ok 'a tree of survivors says what is not in it' grep -q 'but young ones (survivors)' "$WORK/tree"
read_report session
"$LIFEGUARD" processes "$WORK/session" >"$WORK/processes"
ok 'whose title tells who it serves' grep -q 'proftpd: alice - 127.0.0.1$' "$WORK/processes"
ok 'it was a session' grep -q '0 masters, 1 session' "$WORK/info"
ok 'with its commands' grep -q 'in 60 commands' "$WORK/info"
is 'and nothing odd' "$(grep -c '^odd' "$WORK/info")" 0
covered bytes 100

# What it forks.
"$LIFEGUARD" attach -o "$WORK/children" --children "$PROFTPD_PID" 2>"$WORK/children.err" &
attacher=$!
wait_until grep -q 'detach\|lifeguard top' "$WORK/children.err"
open_session
close_session
ftp_curl @/sub/ >/dev/null
kill -INT "$attacher"
wait "$attacher"
is 'who stays lets go when it is asked to' $? 0
read_report children
ok 'sessions that came later are recorded' grep -q '1 master, 2 sessions' "$WORK/info"
is 'all of them' "$(grep -c 'left no trace' "$WORK/info")" 0
ok 'and it says so' [ -z "$(grep 'not recorded' "$WORK/children.err")" ]
proftpd_stop

# The same work, recorded from the start.
proftpd_prepare "$WORK/preloaded" modules
proftpd_start "$LIFEGUARD" record -o "$WORK/whole" --
restarts 8
status 'a process that was recorded from its start is let go of, too' 0 detach "$PROFTPD_PID"
status '... and attached to' 0 attach taken "$PROFTPD_PID"
restarts 3
proftpd_stop
read_report whole
ids >"$WORK/whole.ids"
ok 'findings have the ids of a recording from the start' \
    [ -z "$(comm -23 "$WORK/attached.ids" "$WORK/whole.ids")" ]
read_report taken
ok 'the end of a process that was attached to is seen' grep -q 'master, .* exit status 0' "$WORK/info"
done_testing
