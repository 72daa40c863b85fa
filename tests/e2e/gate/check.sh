#!/usr/bin/env bash
# The gate: 0 nothing found, 1 found, 2 not to be read, 3 no verdict.
# SPDX-License-Identifier: MIT
. "$(dirname "$0")/../lib.sh"

record_poold()
{
    "$LIFEGUARD" record -f -o "$WORK/recording" -- "$BUILD/samples/poold" "$@"
}

# The same, where nothing tells of units of work.
record_tool()
{
    "$LIFEGUARD" api show proftpd |
        sed -E '/^(command|restart|connection|startup|shutdown|label) +=/d' >"$WORK/tool.api"
    "$LIFEGUARD" record -f -o "$WORK/recording" --api "$WORK/tool.api" -- \
        "$BUILD/samples/poold" --drive 1x1
}

# The first trace of the recording, cut in its middle.
cut_trace()
{
    local trace
    zstd -dq --rm "$WORK"/recording/*.trace.zst
    trace=$(find "$WORK/recording" -name '*.trace' | head -n 1)
    truncate -s "$(($(stat -c %s "$trace") / 2 / 4096 * 4096 + 100))" "$trace"
}

work
ok "a daemon without faults is recorded" record_poold --drive 3x50,20
status "nothing found: 0" 0 "$LIFEGUARD" check "$WORK/recording"
status "... and the report says on what basis" 0 "$LIFEGUARD" report "$WORK/recording"
ok "... of how many restarts" grep -q '20 restarts' "$WORK/out"

ok "one that leaves a pool behind at each restart is recorded" \
    record_poold --drive 3x50,20 --fault=leaked-subpool-restart
status "found: 1" 1 "$LIFEGUARD" check "$WORK/recording"
status "... --error-exitcode tells it otherwise" 42 "$LIFEGUARD" check --error-exitcode=42 \
    "$WORK/recording"
ok "... the pool is named" grep -q 'leaked restart pool' "$WORK/out"
status "... --json writes the report" 1 "$LIFEGUARD" check --json "$WORK/check.json" \
    "$WORK/recording"
report "$WORK/recording"
is "... the same as report --format=json" "$(jq -cS 'del(.gate)' "$WORK/check.json")" "$(jq -cS . "$WORK/report.json")"
is "... and the judgement" "$(jq -c '[.gate | .verdict, (.verdicts[] | .fails, .state)]' "$WORK/check.json")" \
    '["failed",true,"new"]'
status "the report's exit status is no verdict: 0" 0 "$LIFEGUARD" report "$WORK/recording"

ok "a fault in the sessions is recorded" record_poold --drive 3x50,20 --fault=leaked-subpool
status "... found: 1" 1 "$LIFEGUARD" check "$WORK/recording"
session_severities()
{
    report "$WORK/recording"
    json '[.findings[] | select(.rule == "permanent-pool-alloc" and .kind == "session")
        | .severity] | unique'
}

ok "sessions that take more from permanent_pool with each command are recorded" \
    record_poold --drive 3x50,20 --fault=permanent-alloc
status "... found: 1" 1 "$LIFEGUARD" check "$WORK/recording"
is "... an error, also in a session" "$(session_severities)" '["error"]'
ok "sessions that take from it once or twice are recorded" \
    record_poold --drive 3x2,20 --fault=permanent-alloc
status "... and a warning does not close the gate: 0" 0 "$LIFEGUARD" check "$WORK/recording"
ok "... but is named" grep -q ': warning: `permanent_pool`: 6 allocations' "$WORK/out"
ok "... and counted" grep -q '0 findings fail, 1 let pass: passed' "$WORK/out"
is "... as in the report" "$(session_severities)" '["warning"]'

status "no such directory: 2" 2 "$LIFEGUARD" check "$WORK/nowhere"
ok "... it is named" grep -q nowhere "$WORK/err"
status "an option that is not known: 2" 2 "$LIFEGUARD" check --frobnicate "$WORK/recording"
status "an exit status that is none: 2" 2 "$LIFEGUARD" check --error-exitcode=256 "$WORK/recording"
status "a report that cannot be written: 2" 2 "$LIFEGUARD" check --json "$WORK/nowhere/x.json" \
    "$WORK/recording"

ok "a damaged trace" cut_trace
status "... no verdict: 3" 3 "$LIFEGUARD" check "$WORK/recording"
ok "... and it says why" grep -qiE 'damage|truncated|cut' "$WORK/out" "$WORK/err"

# --- no work, no green
ok "a daemon that nobody asks for anything is recorded" record_poold --drive 0x0,0
status "... no verdict: 3" 3 "$LIFEGUARD" check "$WORK/recording"
ok "... for no unit of work was seen" grep -q '^no verdict: No unit of work was seen' "$WORK/out"
status "... nor has its report, " 0 "$LIFEGUARD" report "$WORK/recording"
ok "... which says so at its top" grep -q '^  ATTENTION No unit of work was seen' "$WORK/out"
report "$WORK/recording"
is "... also for programs" "$(json '.recording.doubts | length')" 1
status "... and for diff: 3" 3 "$LIFEGUARD" diff "$WORK/report.json" "$WORK/report.json"
ok "one that is asked for two things is recorded" record_poold --drive 1x1,2
status "... no verdict: 3" 3 "$LIFEGUARD" check "$WORK/recording"
ok "... as leaks cannot be told yet" grep -q '^no verdict: Leaks cannot be told yet: .* 3 or more' \
    "$WORK/out"
status "... nor has its report, " 0 "$LIFEGUARD" report "$WORK/recording"
ok "... which says so at its top" grep -q '^  ATTENTION Leaks cannot be told yet' "$WORK/out"
ok "one that is asked for the same once more is recorded" record_poold --drive 1x2,2
status "... passes: 0" 0 "$LIFEGUARD" check "$WORK/recording"
ok "what is found fails whatever else was not done" \
    record_poold --drive 1x1 --fault=use-after-destroy
status "... 1" 1 "$LIFEGUARD" check "$WORK/recording"
ok "a tool that does one thing is recorded" record_tool
status "... and judged by that: 0" 0 "$LIFEGUARD" check "$WORK/recording"
ok "one at work is recorded" record_poold --drive 3x50,20
required()
{
    status "--require $2: $1" "$1" "$LIFEGUARD" check --require "$2" "$WORK/recording"
}
required 0 command=150,restart=20,connection=3
required 3 command=200
ok "... what is missing is said" grep -q '153 commands were recorded, and 200 are required' "$WORK/out"
required 3 restart=21
required 2 restart=many
required 2 request=1
required 2 restart=1,
printf '[gate]\nrequire-restart = 21\n' >"$WORK/policy"
status "a policy that requires more: 3" 3 "$LIFEGUARD" check --policy "$WORK/policy" "$WORK/recording"
status "... the option takes its place: 0" 0 "$LIFEGUARD" check --policy "$WORK/policy" \
    --require restart=20 "$WORK/recording"
ok "one whose sessions do little each is recorded" record_poold --drive 40x1
required 3 command=60
ok "... it is said" grep -q 'No process had more than 2 commands: growth shows over 3' "$WORK/out"
required 0 command=2
ok "... and one with a fault" record_poold --drive 3x50,20 --fault=leaked-subpool
status "what fails, fails beside doubts: 1" 1 "$LIFEGUARD" check --require command=999 \
    --json "$WORK/check.json" "$WORK/recording"
ok "... which are said" grep -q '^in doubt: 153 commands' "$WORK/out"
is "... also for programs" "$(jq -c '[.gate.verdict, (.gate.doubts | length)]' "$WORK/check.json")" \
    '["failed",1]'
status "... and --error-exitcode=0 does not hide them: 3" 3 "$LIFEGUARD" check --require command=999 \
    --error-exitcode=0 "$WORK/recording"
done_testing
