#!/usr/bin/env bash
# unreachable-subpool and dangling-pointer in every output: text, JSON, SARIF, JUnit, code quality,
# GitHub, the page and top.
# SPDX-License-Identifier: MIT
. "$(dirname "$0")/../lib.sh"
work
cd "$SOURCE" || exit 1
"$LIFEGUARD" record --poison -o "$WORK/recording" -- "$BUILD/samples/poold" --drive 1x1,3 \
    --fault=lost-subpool --fault=dangling-variable-restart >"$WORK/out" 2>&1
both=$'dangling-pointer warning\nunreachable-subpool error'

status "the gate fails" 1 "$LIFEGUARD" check --sarif "$WORK/check.sarif" --junit "$WORK/check.xml" \
    --codequality "$WORK/quality.json" --json "$WORK/check.json" "$WORK/recording"
is "text has both" "$(sed -n 's/.* \(error\|warning\): .* \[\(.*\)\]$/\2 \1/p' "$WORK/out" | sort)" "$both"
ok "... with how many of how many" grep -q 'nothing refers to 1 of 1 alive, 544 B held' "$WORK/out"
ok "... and where the pointer is" grep -q '^ *remembered$' "$WORK/out"
is "JSON" "$(jq -r '.findings[] | "\(.rule) \(.severity)"' "$WORK/check.json" | sort)" "$both"
is "SARIF" "$(jq -r '.runs[0].results[] | "\(.ruleId) \(.level)"' "$WORK/check.sarif" | sort)" "$both"
is "... which tells what the rules are" "$(jq -r '[.runs[0].tool.driver.rules[] |
    select(.id == "unreachable-subpool" or .id == "dangling-pointer") |
    select(.shortDescription.text and .help.text)] | length' "$WORK/check.sarif")" 2
is "... and where" "$(jq -r '.runs[0].results[] | select(.ruleId == "unreachable-subpool") |
    .locations[0].physicalLocation.artifactLocation.uri' "$WORK/check.sarif")" samples/poold/fault.c
is "JUnit: the one that fails" "$(grep -o '<failure type="[^"]*"' "$WORK/check.xml")" \
    '<failure type="unreachable-subpool"'
ok "... and the one that passes" grep -q 'classname="lifeguard.dangling-pointer" name="permanent_pool' \
    "$WORK/check.xml"
is "code quality" "$(jq -r '.[] | "\(.check_name) \(.severity) \(.location.path != null)"' \
    "$WORK/quality.json" | sort)" $'dangling-pointer minor true\nunreachable-subpool major true'

GITHUB_ACTIONS=true GITHUB_STEP_SUMMARY=$WORK/summary.md "$LIFEGUARD" check "$WORK/recording" \
    >"$WORK/out" 2>&1
is "GitHub: annotations" "$(sed -n 's/^::\(error\|warning\) .*title=\([a-z-]*\).*/\2 \1/p' "$WORK/out" | sort)" "$both"
ok "... and the summary" grep -q '| unreachable-subpool |' "$WORK/summary.md"

write_page
is "the page" "$(page '[.. | objects | select(.rule?) | .rule] | unique' | jq -r '.[]')" \
    "$(cut -d ' ' -f 1 <<<"$both")"
"$LIFEGUARD" top -b -n 1 "$WORK/recording" >"$WORK/top" 2>&1
ok "top" grep -q 'unreachable-subpool' "$WORK/top"
ok "... both" grep -q 'dangling-pointer' "$WORK/top"
done_testing
