#!/usr/bin/env bash
# What a finding says, in every format: what it holds, which commands leak, where it is to be mended,
# where the others are destroyed and the one that leaked went another way, and where growth stops.
# SPDX-License-Identifier: MIT
. "$(dirname "$0")/../lib.sh"

build()
{
    "${CC:-cc}" -std=gnu11 -g -O1 -rdynamic "$SOURCE/tests/e2e/programs/turns.c" -o "$WORK/turns"
}

record()
{
    "$LIFEGUARD" record -f -o "$WORK/recording" -- "$WORK/turns" "$@" && report "$WORK/recording"
}

line()
{
    grep -n "$1" "$SOURCE/tests/e2e/programs/turns.c" | head -n 1 | cut -d: -f1
}

check()
{
    (cd "$SOURCE" && GITHUB_ACTIONS=true GITHUB_STEP_SUMMARY='' "$LIFEGUARD" check "$WORK/recording" \
        --json "$WORK/json" --sarif "$WORK/sarif" --junit "$WORK/junit" \
        --codequality "$WORK/codequality" >"$WORK/github" 2>&1)
}

# Each format has WORDS in the message of its first finding.
each_says()
{
    is "SARIF says: $1" "$(jq --arg w "$1" '.runs[0].results[0].message.text | contains($w)' \
        "$WORK/sarif")" true
    is "JUnit says: $1" "$(xmllint --xpath 'string(//failure/@message)' "$WORK/junit" |
        grep -cF -- "$1")" 1
    is "code quality says: $1" "$(jq --arg w "$1" '.[0].description | contains($w)' \
        "$WORK/codequality")" true
    is "GitHub says: $1" "$(grep -cF -- "$1" <<<"$(grep '^::error file' "$WORK/github")")" 1
}

work
ok "a program that leaks where a command fails is built" build
ok "... and recorded" record
is "most of one command leak, and few others" \
    "$(json '.findings[0].per_unit | [.label, .label_units]')" \
    '["SITE",{"grew":12,"others":48,"others_grew":4,"units":12}]'
is "... where it is to be mended" "$(json '.findings[0].where')" "\"turns.c:$(line 'work = make_sub')\""
is "... where the others are destroyed" "$(json '.findings[0].others_destroyed[:4] | map(.function)')" \
    '["destroy_pool","finish","serve","main"]'
is "... and at which event it went another way" \
    "$(json '.findings[0].divergence | [.event, .stack[0].function, .stack[1].function, .other_event,
        .other_stack[0].function, .other_stack[1].function]')" \
    '["allocated","palloc","note_failure","allocated","palloc","finish"]'
"$LIFEGUARD" report "$WORK/recording" >"$WORK/text"
ok "the report says so for people" grep -q '(12 of 12 `SITE`, 4 of 48 others)' "$WORK/text"
ok "... in the summary" grep -q '+1024 B per command SITE' "$WORK/text"
ok "... with the turn" grep -q 'command [0-9]*: allocated at note_failure < serve' "$WORK/text"

status "the gate fails" 1 check
each_says '(12 of 12 `SITE`, 4 of 48 others)'
each_says '; holds 16.0 KB; '
each_says "; at turns.c:$(line 'work = make_sub')"
is "SARIF has them as properties" "$(jq -c '.runs[0].results[0].properties | [.label, .peakBytes,
    .heldBytes, .heldEstimated, .stopsAt]' "$WORK/sarif")" '["SITE",16384,16384,false,null]'
is "... and JSON, with the judgement" "$(jq -c '.findings[0] | [.per_unit.label, .peak_bytes]' \
    "$WORK/json")" '["SITE",16384]'
"$LIFEGUARD" export --format=ndjson "$WORK/recording" >"$WORK/ndjson"
is "... and its rows" "$(jq -c 'select(.row == "finding") | [.unit_label, .peak_bytes, .stops_at]' \
    "$WORK/ndjson" | head -n 1)" '["SITE",16384,null]'
if [ -s "$BUILD/html/before.html" ]; then
    write_page
    is "... and the page" "$(page '.report.findings[0] | [.per_unit.label, .divergence.event]')" \
        '["SITE","allocated"]'
else
    skip "... and the page" "lifeguard was built without d3 (Debian's node-d3)"
fi

cp "$WORK/report.json" "$WORK/leak.json"
ok "a cache is filled by long sessions alone" record cache
is "it is a note, and says where it stops" "$(json '[.findings[] | select(.rule == "leaked-subpool") | [.severity, .stops_at]]')" \
    '[["note",40]]'
ok "... for people" sh -c "'$LIFEGUARD' report '$WORK/recording' | grep -q 'steady; stops at 40 pools'"
status "... and the gate passes" 0 check
is "... and names main, where that calls the pool library itself" \
    "$(grep -A 1 'permanent-pool-alloc\]' "$WORK/github" | tail -n 1 | sed 's/^ *//')" main
is "... which SARIF says" "$(jq -c '.runs[0].results[] | select(.ruleId == "leaked-subpool") | [.properties.stopsAt,
    (.message.text | contains("; stops at 40 pools"))]' "$WORK/sarif")" '[40,true]'

"$LIFEGUARD" record -f -o "$WORK/recording" -- "$BUILD/samples/poold" --drive 3x30,6 \
    --fault=leaked-subpool --fault=growing-pool --fault=dangling-pointer >"$WORK/out" 2>&1
report "$WORK/recording"
valid_report "$WORK/leak.json" "$WORK/report.json"

"$LIFEGUARD" record -f -o "$WORK/recording" -- sh -c '/bin/true; "$0" --drive 3x60; /bin/true' \
    "$BUILD/samples/poold" >"$WORK/out" 2>&1
report "$WORK/recording"
is "processes that use no pools are told" \
    "$(json '[.processes[] | select(.events == 0) | .exit]')" '[0,0,0]'
is "... and change no verdict" "$("$LIFEGUARD" report "$WORK/recording" | grep -c ATTENTION)" 0
status "... of the gate either" 0 "$LIFEGUARD" check "$WORK/recording"
done_testing
