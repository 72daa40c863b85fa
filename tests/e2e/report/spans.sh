#!/usr/bin/env bash
# A part of a recording's time: report and html from one moment to another, diff of two moments. What
# was there before is there, and nobody's doing.
# SPDX-License-Identifier: MIT
. "$(dirname "$0")/../lib.sh"

# in_span FILTER OPTION...: jq -c on the report with OPTIONs.
in_span()
{
    "$LIFEGUARD" report --format=json "${@:2}" "$WORK/recording" | jq -c "$1"
}

# session N FIELD: of the Nth session, from 0.
session()
{
    jq -r "[.processes[] | select(.kind == \"session\")][$1].$2" "$WORK/processes"
}

leak='[.findings[] | select(.rule == "leaked-subpool")][0]'
# A session lasts longer than several periods of the kernel's timer, by which times lag at most.
commands_each=5000
work
"$LIFEGUARD" record --walk=off -o "$WORK/recording" "$BUILD/samples/poold" --drive "3x$commands_each,20" \
    --fault leaked-subpool --fault growing-pool-restart >/dev/null 2>&1
"$LIFEGUARD" processes --sort=start --format=json "$WORK/recording" >"$WORK/processes"
report "$WORK/recording"
since=$(session 1 started) until=$(session 1 last_event)

is "one session's time has its commands" \
    "$(in_span .recording.work.command --since="$since" --until="$until")" $((commands_each + 1))
is "... and its leak" "$(in_span "$leak | [.count, .pids]" --since="$since" --until="$until")" \
    "$(jq -c --argjson pid "$(session 1 pid)" "[($leak | .count / 3), [\$pid]]" "$WORK/report.json")"
is "... known by the same fingerprint" "$(in_span "$leak.fingerprint" --since="$since" --until="$until")" \
    "$(json "$leak.fingerprint")"
is "... without whom had ended before" \
    "$(in_span "[.processes[] | select(.pid == $(session 0 pid))]" --since="$since")" '[]'
is "... or started later" \
    "$(in_span "[.processes[] | select(.pid == $(session 2 pid))]" --until="$until")" '[]'
is "... and no restart" "$(in_span .recording.work.restart --until="$until")" 0
is "... of which none grew" \
    "$(in_span '[.findings[] | select(.rule == "growing-pool")]' --until="$until")" '[]'
is "nothing is doubted for that" "$(in_span '.recording.doubts' --since="$since" --until="$until")" '[]'
# Each process has the clock of its own trace: by a few microseconds they differ.
is "the end of it all has the restarts, and what grew" \
    "$(in_span '[.recording.work.restart >= 19,
        ([.findings[] | select(.rule == "growing-pool")] | length)]' \
        --since="$(session 2 last_event)")" '[true,1]'
is "all of the time is all" "$(in_span '.findings | length' --since=0 --until=1h)" \
    "$(json '.findings | length')"

# In the middle of a session: the pools that it had left behind by then are there before.
middle=$((($(date -d "$since" +%s%N) + $(date -d "$until" +%s%N)) / 2))
middle=$(date -u -d "@${middle::-9}.${middle: -9}" +%FT%T.%NZ)
half=$(in_span "$leak.count" --since="$middle" --until="$until")
commands=$(in_span .recording.work.command --since="$middle" --until="$until")
ok "half a session, from $middle: $half pools in $commands commands" test "$half" -le "$((commands + 1))" \
    -a "$half" -ge "$((commands - 1))" -a "$commands" -gt 0 -a "$commands" -le "$commands_each"

status "two moments of one recording, without new work between" 0 \
    "$LIFEGUARD" diff --at="$middle" --at="$until" "$WORK/recording"
status "... and with restarts, of which the first shows nothing" 3 \
    "$LIFEGUARD" diff --at="$until" --at=1h "$WORK/recording"
ok "... with what was done by then" \
    grep -q "^old .* at $until: 1 master, 2 sessions, 10,002 commands, 0 restarts" "$WORK/out"
status "one moment is not enough" 2 "$LIFEGUARD" diff --at=1 "$WORK/recording"
status "nothing was recorded before it began" 2 "$LIFEGUARD" report --until=2001-01-01T00:00:00Z \
    "$WORK/recording"
ok "... and that is said" grep -q 'nothing was recorded of that time' "$WORK/err"
status "what is no time is refused" 2 "$LIFEGUARD" report --since=noon "$WORK/recording"
status "the page of a part" 0 "$LIFEGUARD" html --since="$since" --until="$until" -o "$WORK/page.html" \
    "$WORK/recording"
done_testing
