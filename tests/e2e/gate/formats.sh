#!/usr/bin/env bash
# What check writes, opened by readers that we did not write: SARIF by jsonschema with the OASIS
# schema, JUnit by junitparser and xmllint, the summary by cmark-gfm, the rest by jq.
# SPDX-License-Identifier: MIT
. "$(dirname "$0")/../lib.sh"

record_poold()
{
    "$LIFEGUARD" record -f -o "$WORK/recording" -- "$1" --drive 2x10,10 \
        --fault=leaked-subpool-restart --fault=growing-pool 2>/dev/null
}

check()
{
    "$LIFEGUARD" check --sarif "$WORK/check.sarif" --junit "$WORK/check.xml" \
        --codequality "$WORK/quality.json" "$@" "$WORK/recording"
}

sarif()
{
    jq -cr ".runs[0] | $1" "$WORK/check.sarif"
}

validate_sarif()
{
    /usr/bin/python3 - "$schema" "$WORK/check.sarif" <<'END'
import json, jsonschema, sys
schema, document = (json.load(open(name)) for name in sys.argv[1:])
jsonschema.validators.validator_for(schema)(schema).validate(document)
END
}

# "tests failures errors skipped", and each failure: class, type.
junit()
{
    /usr/bin/python3 - "$WORK/check.xml" <<'END'
import junitparser, sys
report = junitparser.JUnitXml.fromfile(sys.argv[1])
cases = [case for suite in report for case in suite]
assert len({(case.classname, case.name) for case in cases}) == len(cases)
results = [(case, result) for case in cases for result in case.result]
count = lambda kind: sum(isinstance(result, kind) for _, result in results)
print(len(cases), count(junitparser.Failure), count(junitparser.Error), count(junitparser.Skipped))
for suite in report:
    assert (suite.tests, suite.failures, suite.errors, suite.skipped) == (
        len(cases), count(junitparser.Failure), count(junitparser.Error), count(junitparser.Skipped))
for case, result in results:
    if isinstance(result, junitparser.Failure):
        print(case.classname, result.type)
END
}

in_actions()
{
    rm -f "$WORK/summary.md"
    GITHUB_ACTIONS=true GITHUB_STEP_SUMMARY=$WORK/summary.md "$LIFEGUARD" check "$@" "$WORK/recording"
}

# What is left of $WORK/out for GitHub to obey: nothing between stop-commands and its token.
commands()
{
    awk '/^::stop-commands::/ { token = "::" substr($0, 18) "::"; next }
        token { if ($0 == token) token = ""; next }
        { print }' "$WORK/out"
}

summary_html()
{
    cmark-gfm -e table -e autolink --unsafe "$WORK/summary.md"
}

work
cd "$SOURCE" || exit 1
line=$(grep -n 'make_sub_pool(permanent_pool)' samples/poold/fault.c | head -n 1 | cut -d : -f 1)
record_poold "$BUILD/samples/poold"

status "findings, in GNU style" 1 check
ok "... with file, line and rule" grep -q '^samples/poold/fault.c:[0-9]*: error: .*Session Pool.* \[growing-pool\]$' "$WORK/out"
is "SARIF: rule, level and place of each result" "$(sarif '.results[]
    | "\(.ruleId) \(.level) \(.locations[0].physicalLocation | .artifactLocation.uri, .region.startLine)"')" \
    "$(sed -n 's/^\([^:]*\):\([0-9]*\): error: .* \[\(.*\)\]$/\3 error \1\n\3 error \2/p' "$WORK/out")"
is "... the rules are described" "$(sarif '.results[] as $r | .tool.driver.rules[$r.ruleIndex]
    | select(.id != $r.ruleId or .shortDescription.text == null or .help.text == null)')" ''
is "... the way there begins in main" \
    "$(sarif '[.results[].codeFlows[0].threadFlows[0].locations
        | any(.location.logicalLocations[0].fullyQualifiedName == "poold!main")] | unique')" '[true]'
is "... and ends where the stack begins" "$(sarif '.results[]
    | select(.codeFlows[0].threadFlows[0].locations[-1] != {location: .stacks[0].frames[0].location})')" ''
is "... the fingerprints are the report's" \
    "$(sarif '[.results[].partialFingerprints | .primaryLocationLineHash] | sort')" \
    "$(report "$WORK/recording"; json '[.findings[].fingerprint + ":1"] | sort')"
tests=$(($(sarif '.tool.driver.rules | length') + 1)) # two rules have a finding; the recording
is "JUnit: what fails is a failure, and the rest passes" "$(check >/dev/null; junit)" \
    "$tests 2 0 0
lifeguard.leaked-subpool leaked-subpool
lifeguard.growing-pool growing-pool"
is "code quality: path, line and severity" \
    "$(jq -r '.[] | "\(.location.path) \(.location.lines.begin > 0) \(.severity)"' "$WORK/quality.json" | sort -u)" \
    'samples/poold/fault.c true major'

echo 'leaked-subpool:leak_subpool_at_restart reason=known' >"$WORK/suppressions"
echo '*:nowhere' >>"$WORK/suppressions"
"$LIFEGUARD" check --baseline "$WORK/baseline" --update-baseline "$WORK/recording" >/dev/null
status "a suppression and a baseline" 0 check --suppressions "$WORK/suppressions" \
    --baseline "$WORK/baseline"
is "SARIF: ... are in it" "$(sarif '.results[]
    | "\(.ruleId) \(.baselineState) \(.suppressions | map(.justification) | join(","))"' | sort)" \
    'growing-pool unchanged 
leaked-subpool unchanged known'
is "... and the stale one is a notification" \
    "$(sarif '.invocations[0].toolExecutionNotifications[] | .level, .locations[0].physicalLocation.region.startLine')" \
    $'warning\n2'
is "JUnit: suppressed and stale ones are skipped" "$(junit)" "$((tests + 1)) 0 0 2"
is "code quality: what is suppressed is left out" "$(jq -r '.[].check_name' "$WORK/quality.json")" growing-pool

status "in a job of GitHub Actions" 1 in_actions --suppressions "$WORK/suppressions"
is "... the failure is annotated, and the stale suppression" "$(commands | sed 's/line=[0-9]*/line/; s/`: .*/`/')" \
    "::error file=samples/poold/fault.c,line,title=growing-pool::\`Session Pool\` under \`permanent_pool\`
::warning file=$WORK/suppressions,line,title=lifeguard::suppression '*:nowhere' matched nothing"
ok "... the text is there for people" grep -q 'lifeguard check: 1 finding fails' "$WORK/out"
ok "... the summary has a row for it" grep -q '<td>growing-pool</td>' <(summary_html)
in_actions >/dev/null
is "... and is appended to" "$(in_actions >/dev/null; cat "$WORK/summary.md" | grep -c '^###')" 1

# What a debugger has as /build/SOMEWHERE lies in the tree.
mkdir -p "$WORK/tree"
cp -r samples/poold "$WORK/tree/poold"
(cd "$WORK/tree/poold" && cc -rdynamic -g -O2 -ffile-prefix-map="$WORK/tree=/build/pool-1.2" \
    ./*.c -o "$WORK/mapped")
record_poold "$WORK/mapped"
place='.results[0].locations[0].physicalLocation.artifactLocation.uri'
check >/dev/null
is "a source outside the tree is no place" "$(sarif "$place")" null
is "... but its module is told" "$(check | sed -n '1s/:.*//p')" mapped
check --path-map /build/pool-1.2=vendor >/dev/null
is "--path-map OLD=NEW below the root" "$(sarif "$place")" vendor/poold/fault.c
check --path-map "/build/pool-1.2/=$WORK/tree" --source-root "$WORK/tree/poold" >/dev/null
is "... and elsewhere, with --source-root" "$(sarif "$place")" fault.c
status "a root that is no directory: 2" 2 check --source-root "$WORK/nowhere"
status "a map without OLD: 2" 2 check --path-map =x
(cd "$WORK/tree/poold" && cc -rdynamic -g -O2 ./*.c -o "$WORK/mapped")
record_poold "$WORK/mapped"
check --source-root "$WORK/tree" >/dev/null
is "a path relative to the directory that it was built in" "$(sarif "$place")" poold/fault.c

# Names that would like to be something else.
hostile=$WORK/'tree/::error file=a,line=1::%0A##[add-mask]x|<b>&"]]>'
mkdir "$hostile"
cp samples/poold/*.[ch] "$hostile"
sed -i 's/"leaked restart pool"/"<\/b>]]>\&|`x`\\n::error::[a](http:\/\/b)\\001\\377\\357\\277\\277\\n| c |"/' "$hostile/fault.c"
(cd "$hostile" && cc -rdynamic -g -O2 ./*.c -o "$WORK/hostile")
record_poold "$WORK/hostile"
status "hostile names" 1 check --source-root "$WORK/tree"
ok "... JUnit is XML" xmllint --noout "$WORK/check.xml"
is "... with the same tests" "$(junit | sed -n 1p)" "$tests 2 0 0"
is "... code quality is JSON" "$(jq length "$WORK/quality.json")" 2
is "... SARIF has no link that was not ours" "$(sarif '.results[].message.text' | grep -c '[^\\]\[')" 0
status "... in a job of GitHub Actions" 1 in_actions --source-root "$WORK/tree"
is "... two annotations, each of one line" "$(commands | grep -c '^::error file=%3A%3Aerror file=a%2Cline=1')" 2
is "... and no more to obey" "$(commands | wc -l)" 2
is "... two rows of three cells, none of them markup" \
    "$(summary_html | grep -c '^<td>') $(summary_html | grep -cE '<(b|a|code|em|strong)[ >]')" '6 0'

ok "nothing is recorded" "$LIFEGUARD" record -f -o "$WORK/recording" -- true
status "no verdict" 3 check
is "... is an error in JUnit" "$(junit)" "$tests 0 1 0"
is "... and told in SARIF" "$(sarif '.invocations[0] | .executionSuccessful, .toolExecutionNotifications[0].level')" \
    $'false\nerror'
status "... in a job of GitHub Actions" 3 in_actions
ok "... is annotated" grep -q '^::error title=lifeguard::' <(commands)

if schema=$(tests/e2e/programs/sarif-schema 2>"$WORK/why"); then
    ok "SARIF of no verdict is valid" validate_sarif
    record_poold "$WORK/hostile"
    check --source-root "$WORK/tree" >/dev/null
    ok "... of hostile names" validate_sarif
    record_poold "$BUILD/samples/poold"
    check --suppressions "$WORK/suppressions" --baseline "$WORK/baseline" >/dev/null
    ok "... of suppressed and known findings" validate_sarif
else
    skip "SARIF is valid by the OASIS schema" "$(<"$WORK/why")"
fi
done_testing
