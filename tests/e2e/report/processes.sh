#!/usr/bin/env bash
# lifeguard processes: a line a process, with whom it serves, what it did and what it held; sorted,
# and chosen by kind and time.
# SPDX-License-Identifier: MIT
. "$(dirname "$0")/../lib.sh"

# rows FILTER [OPTION...]: of what is listed with OPTIONs.
rows()
{
    "$LIFEGUARD" processes --format=json "${@:2}" "$WORK/recording" | jq -c "[.processes[] | $1]"
}

# Two short sessions of alice's, then one that lists often.
record()
{
    local i
    record_proftpd || return
    ftp_curl --output /dev/null @/ && ftp_curl --output /dev/null @/ || return
    for ((i = 0; i < 30; i++)); do
        ftp_transfer '' 'quote NOOP'
    done >"$WORK/rounds"
    ftp_curl --output /dev/null --config "$WORK/rounds" && proftpd_stop
}

work
"$LIFEGUARD" record -o "$WORK/recording" "$BUILD/samples/poold" --drive 3x10,2 \
    --fault leaked-subpool >/dev/null 2>&1
is "a row for each process, those that hold most first" "$(rows .kind)" \
    '["session","session","session","master"]'
is "... in the order of their start" "$(rows .kind --sort=start)" \
    '["master","session","session","session"]'
is "... with what they did" "$(rows '.units.command, .units.restart' --sort=start)" \
    '[0,2,11,0,11,0,11,0]'
is "... and how they ended" "$(rows .exit)" '[0,0,0,0]'
is "events and bytes are those of the report" "$(rows '[.pid, .events]' --sort=start)" \
    "$("$LIFEGUARD" report --format=json "$WORK/recording" | jq -c '[.processes[] | [.pid, .events]]')"
is "... and of the worst moments" "$(rows '.peak_bytes, .held_bytes, .end_bytes' --kind=master)" \
    "$("$LIFEGUARD" report --format=json "$WORK/recording" |
        jq -c '[.worst_moments[] | select(.kind == "master") | .peak_bytes, .held_bytes, .end_bytes]')"
pid=$(rows .pid --kind=session | jq '.[0]')
is "the report of one process is of it alone, in its head, too" \
    "$("$LIFEGUARD" report --pid="$pid" --format=json "$WORK/recording" |
        jq -c '[.processes[].pid, .recording.work.session, .recording.work.command, .recording.work.master]')" \
    "[$pid,1,11,0]"
ok "... for people" grep -qE '^  recorded  1 process \(1 session\)' \
    <("$LIFEGUARD" report --pid="$pid" "$WORK/recording")
is "those of one kind" "$(rows .kind --kind=master)" '["master"]'
is "those that ran late" "$(rows .kind --since=+1h)" '[]'
is "... or early" "$(rows .kind --until=+1h | jq length)" 4
is "... none before the first" "$(rows .kind --until=2001-01-01T00:00:00Z)" '[]'
is "a program without a title has none" "$(rows .title --kind=master)" '[null]'
status "another order is refused" 2 "$LIFEGUARD" processes --sort=pid "$WORK/recording"
ok "... by name" grep -q "cannot sort by 'pid'" "$WORK/err"
status "... another kind" 2 "$LIFEGUARD" processes --kind=worker "$WORK/recording"
ok "... and what kinds there are is said" grep -q 'master or session' "$WORK/err"
status "... what is no time" 2 "$LIFEGUARD" processes --since=yesterday "$WORK/recording"
status "... what is no recording" 2 "$LIFEGUARD" processes "$WORK"
ok "a line for each, for people" test \
    "$("$LIFEGUARD" processes "$WORK/recording" | grep -cE ' (session|master) .* exit 0 ')" -eq 4

# Of fifty sessions five leak, most of all 1011.
mkdir -m 700 "$WORK/many"
"$BUILD/e2e/write_recording" "$WORK/many" "$SOURCE/preload/api/proftpd.api" sessions 50
report "$WORK/many"
worst=$(json '.findings[0].worst | [.pid, .count, .bytes, .held_bytes]')
is "a finding names the process with most" "$(jq -c '.[:2]' <<<"$worst")" '[1011,22]'
is "... which is of several" "$(json '.findings[0] | [.pids, .count]')" '[[1001,1011,1021,1031,1041],80]'
"$LIFEGUARD" report "$WORK/many" >"$WORK/text"
ok "... for people, too, first" \
    grep -Eq '^    process  session 1011 with most: 7\.0 KB in 22 of 80; 1001, 1021, 1031, 1041$' "$WORK/text"
ok "... and in the summary" grep -q ' session 1011 and 4 more$' "$WORK/text"
is "the report of that process alone has the same figures" \
    "$("$LIFEGUARD" report --pid=1011 --format=json "$WORK/many" |
        jq -c '.findings[0] | [.pids[], .count, .bytes, .held_bytes]')" "$worst"
is "... and counts the backtraces that it used, its parent's among them" \
    "$(for pid in 1011 1002; do
        "$LIFEGUARD" report --pid=$pid --format=json "$WORK/many" | jq .recording.distinct_stacks
    done | jq -cs .)" '[3,2]'

# A daemon that still runs.
LIFEGUARD_QUIET=1 LIFEGUARD_DIR=$WORK/runs LD_PRELOAD=$BUILD/liblifeguard.so \
    "$BUILD/samples/poold" -p 0 >"$WORK/port" 2>/dev/null &
daemon=$!
end_daemon()
{
    [ -z "$daemon" ] || kill "$daemon"
    wait "$daemon" 2>/dev/null
    daemon=
}
at_exit end_daemon
wait_until test -s "$WORK/port"
ok "of a process that runs it is told what it has in memory now" sh -c \
    '"$1" report "$2" | grep -qE "; it runs, and has [0-9.]+ MB now$"' sh "$LIFEGUARD" "$WORK/runs"
end_daemon
ok "... and not when it has ended" sh -c '"$1" report "$2" | grep memory | grep -vq "it runs"' \
    sh "$LIFEGUARD" "$WORK/runs"

rm -rf "$WORK/recording"
if need_proftpd; then
    ok "ProFTPD serves three sessions" record
    is "each is told by user and client, not by what it asked for" \
        "$(rows .title --kind=session | jq -c 'map(sub(" - .*127.0.0.1.*"; " - HOST")) | unique')" \
        '["proftpd: alice - HOST"]'
    is "... by nothing of its commands" "$(rows .title | grep -cE 'LIST|NOOP|QUIT|IDLE')" 0
    ok "the one that did most comes first" test \
        "$(rows .units.command --sort=commands --kind=session | jq '.[0] > .[1]')" = true
fi
done_testing
