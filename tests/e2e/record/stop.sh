#!/usr/bin/env bash
# lifeguard stop: a recording ends while its processes go on. What was recorded is judged, what comes
# later is neither recorded nor lost, in children and in programs that are started then, too.
# SPDX-License-Identifier: MIT
. "$(dirname "$0")/../lib.sh"

API=$SOURCE/tests/e2e/programs/memory.api

# tell LINE [TIMES]: the program does that, so often.
tell()
{
    local i answer
    for ((i = 0; i < ${2-1}; i++)); do
        echo "$1" >&"${program[1]}" && read -r -t 60 answer <&"${program[0]}" || return
    done
}

# What the report says of the work and of losses.
work_of()
{
    "$LIFEGUARD" report --format=json "$1" |
        jq -c '[.recording.work.command, .recording.lost_events, .recording.doubts]'
}

traces()
{
    find "$WORK/recording" -name '*.trace*' | wc -l
}

work
status "a directory without a recording is none to stop" 2 "$LIFEGUARD" stop "$WORK"
ok "... which is said" grep -q 'no process is recorded into it now' "$WORK/err"
ok "... and is left as it was" test ! -e "$WORK/stopped"
coproc program { LIFEGUARD_QUIET=1 LIFEGUARD_DIR="$WORK/recording" LIFEGUARD_API="$API" \
    LD_PRELOAD="$BUILD/liblifeguard.so" exec "$BUILD/e2e/memory" obey; }
pid=$program_PID
at_exit eval "kill $pid 2>/dev/null"
ok "a daemon works" tell round 20
ok "... with children" tell fork
is "two processes are recorded" "$(traces)" 2
sleep 0.1 # what was done in the last few milliseconds is not part of it
status "the recording is ended" 0 "$LIFEGUARD" stop "$WORK/recording"
ok "... in the process that runs" grep -q 'the recording of 1 process has ended' "$WORK/err"
before=$(work_of "$WORK/recording")
is "all up to then is there, and nothing is doubtful" "$before" '[30,0,[]]'
ok "the daemon goes on" tell round 500
ok "... and forks" tell fork 3
is "no process began another trace" "$(traces)" 2
is "nothing of that was recorded or lost" "$(work_of "$WORK/recording")" "$before"
status "there is a verdict" 1 "$LIFEGUARD" check "$WORK/recording"
ok "info says that it was stopped, and when" grep -qE \
    '^stopped +at [0-9]{4}-[0-9-]+ [0-9:]+ by lifeguard stop, in 1 process, which went on' \
    <("$LIFEGUARD" info "$WORK/recording")
ok "processes has it in its column" grep -qE ' stopped  ' <("$LIFEGUARD" processes "$WORK/recording")
is "JSON, too" "$("$LIFEGUARD" report --format=json "$WORK/recording" |
    jq -c '.recording.stopped | [.processes, (.at | test("^20"))]')" '[1,true]'
status "ended once more, nothing changes" 0 "$LIFEGUARD" stop "$WORK/recording"
exec {program[1]}>&-
wait "$pid"
is "the daemon ends as it would" $? 0
is "... and that is not recorded" "$(work_of "$WORK/recording")" "$before"
LIFEGUARD_QUIET=1 LIFEGUARD_DIR=$WORK/recording LIFEGUARD_API=$API \
    LD_PRELOAD=$BUILD/liblifeguard.so "$BUILD/e2e/memory" pools 3
is "a program that is started later is not recorded" "$(traces)" 2
status "record makes a new recording of it" 0 "$LIFEGUARD" record -f --api="$API" \
    -o "$WORK/recording" -- "$BUILD/e2e/memory" pools 3
is "... with that program alone" "$(work_of "$WORK/recording" | jq -c '.[0:2]')" '[3,0]'
done_testing
