#!/usr/bin/env bash
# data-after-destroy, overflow and crash in every output: text, JSON, SARIF, JUnit, code quality,
# GitHub, the page and top.
# SPDX-License-Identifier: MIT
. "$(dirname "$0")/../lib.sh"
work
cd "$SOURCE" || exit 1

# outputs RECORDING RULE...: all of them name these errors, and no other finding
outputs()
{
    local recording=$1 rules
    shift
    rules=$(printf '%s\n' "$@" | sort)
    status "$*: the gate fails" 1 "$LIFEGUARD" check --sarif "$WORK/sarif" --junit "$WORK/junit" \
        --codequality "$WORK/quality" --json "$WORK/json" "$recording"
    is "... text" "$(sed -n 's/.* error: .* \[\(.*\)\]$/\1/p' "$WORK/out" | sort -u)" "$rules"
    is "... JSON" "$(jq -r '.findings[] | select(.severity == "error").rule' "$WORK/json" | sort -u)" "$rules"
    is "... SARIF" "$(jq -r '.runs[0].results[] | select(.level == "error").ruleId' "$WORK/sarif" |
        sort -u)" "$rules"
    is "... which tells what the rules are" "$(jq -r '.runs[0].tool.driver.rules[] |
        select(.shortDescription.text and .help.text).id' "$WORK/sarif" | grep -cxF "$rules")" $#
    is "... and where" "$(jq -r '[.runs[0].results[] | select(.level == "error") |
        .locations[0].physicalLocation.artifactLocation.uri != null] | all' "$WORK/sarif")" true
    is "... JUnit" "$(grep -o '<failure type="[^"]*"' "$WORK/junit" | cut -d '"' -f 2 | sort -u)" "$rules"
    is "... code quality" "$(jq -r '.[] | select(.severity == "major").check_name' "$WORK/quality" |
        sort -u)" "$rules"
    GITHUB_ACTIONS=true GITHUB_STEP_SUMMARY=$WORK/summary "$LIFEGUARD" check "$recording" \
        >"$WORK/out" 2>&1
    # That too little was done to tell of leaks is one of lifeguard's own.
    is "... GitHub's annotations" \
        "$(sed -n 's/^::error .*title=\([a-z-]*\).*/\1/p' "$WORK/out" | grep -vx lifeguard | sort -u)" "$rules"
    is "... and summary" "$(sed -n 's/^| error | \([a-z-]*\) |.*/\1/p; s/^.*| \(crash\|overflow\|data-after-destroy\) |.*/\1/p' \
        "$WORK/summary" | sort -u)" "$rules"
    rm -f "$WORK/summary"
    rm -rf "$WORK/recording" && cp -r "$recording" "$WORK/recording" && write_page
    is "... the page" "$(page '[.report.findings[] | select(.severity == "error").rule] | unique' |
        jq -r '.[]')" "$rules"
    "$LIFEGUARD" top -b -n 1 "$recording" >"$WORK/top" 2>&1
    is "... top" "$(grep -oxE "$(printf '.*\\b(%s)\\b.*' "$(paste -sd '|' <<<"$rules")")" "$WORK/top" |
        grep -oE "$(paste -sd '|' <<<"$rules")" | sort -u)" "$rules"
}

"$LIFEGUARD" record --guard=all -o "$WORK/touched" -- "$BUILD/samples/poold" --drive 2x1 \
    --fault=stale-write --fault=overflow-write >/dev/null 2>&1
outputs "$WORK/touched" data-after-destroy overflow
{
    "$LIFEGUARD" record --crash -o "$WORK/crashed" -- "$BUILD/e2e/host_guard" jump >/dev/null 2>&1
} 2>/dev/null
outputs "$WORK/crashed" crash
done_testing
