#!/usr/bin/env bash
# The gate: 0 nothing found, 1 found, 2 not to be read, 3 no verdict.
. "$(dirname "$0")/../lib.sh"

record_poold()
{
    "$LIFEGUARD" record -f -o "$WORK/recording" -- "$BUILD/samples/poold" "$@"
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
ok "a fault that ends with the session is recorded" \
    record_poold --drive 3x50,20 --fault=permanent-alloc
status "... and a warning does not close the gate: 0" 0 "$LIFEGUARD" check "$WORK/recording"
report "$WORK/recording"
is "... but is in the report" \
    "$(json '[.findings[] | select(.rule == "permanent-pool-alloc" and .kind == "session")
        | .severity] | unique')" '["warning"]'

status "no such directory: 2" 2 "$LIFEGUARD" check "$WORK/nowhere"
ok "... it is named" grep -q nowhere "$WORK/err"
status "an option that is not known: 2" 2 "$LIFEGUARD" check --frobnicate "$WORK/recording"
status "an exit status that is none: 2" 2 "$LIFEGUARD" check --error-exitcode=256 "$WORK/recording"
status "a report that cannot be written: 2" 2 "$LIFEGUARD" check --json "$WORK/nowhere/x.json" \
    "$WORK/recording"

ok "a damaged trace" cut_trace
status "... no verdict: 3" 3 "$LIFEGUARD" check "$WORK/recording"
ok "... and it says why" grep -qiE 'damage|truncated|cut' "$WORK/out" "$WORK/err"
done_testing
