#!/usr/bin/env bash
# --redact: nothing that the program named, and no directory, is in what leaves the host; the
# figures stay.
# SPDX-License-Identifier: MIT
. "$(dirname "$0")/../lib.sh"

work
recording=$WORK/SECRETrecording
mkdir -m 700 "$recording"
"$BUILD/e2e/write_recording" "$recording" "$SOURCE/preload/api/proftpd.api" secrets 40
mkdir "$WORK/SECRETpolicy"
cat >"$WORK/SECRETpolicy/suppressions" <<'END'
# SECRETreason
growing-pool:*SECRETtable*
END

# check_all DIR [OPTION]: all that check writes
check_all()
{
    mkdir -p "$1"
    GITHUB_ACTIONS=${github-} GITHUB_STEP_SUMMARY=$1/summary "$LIFEGUARD" check --sarif "$1/sarif" \
        --json "$1/json" --junit "$1/junit" --codequality "$1/quality" \
        --suppressions "$WORK/SECRETpolicy/suppressions" \
        $([ -s "$BUILD/html/before.html" ] && echo --html "$1/html") "${@:2}" "$recording" \
        >"$1/stdout" 2>/dev/null
    [ $? -ne 2 ]
}

# export_all DIR [OPTION]
export_all()
{
    mkdir -p "$1"
    local format
    for format in ndjson openmetrics pprof; do
        "$LIFEGUARD" export --format=$format "${@:2}" "$recording" >"$1/$format" 2>/dev/null || return
    done
    gunzip -c <"$1/pprof" >"$1/profile" && rm "$1/pprof" || return
    [ ! -s "$BUILD/html/before.html" ] ||
        "$LIFEGUARD" html "${@:2}" -o "$1/page" "$recording" 2>/dev/null
}

# report_all DIR [OPTION]
report_all()
{
    "$LIFEGUARD" report "${@:2}" "$recording" >"$1/report" 2>/dev/null &&
        "$LIFEGUARD" report --format=json "${@:2}" "$recording" >"$1/report.json" 2>/dev/null
}

# What of DIR has a secret in it.
telling()
{
    (cd "$1" && grep -lie SECRET -- * | tr '\n' ' ')
}

ok "check writes all its files" check_all "$WORK/plain"
ok "... redacted" check_all "$WORK/redacted" --redact
ok "export does" export_all "$WORK/plain"
ok "... redacted" export_all "$WORK/redacted" --redact
ok "report does" report_all "$WORK/plain"
ok "... redacted" report_all "$WORK/redacted" --redact
github=true
ok "and in a job of GitHub Actions" check_all "$WORK/plain-job"
ok "... redacted" check_all "$WORK/redacted-job" --redact

expected='html json junit ndjson openmetrics page profile quality report report.json sarif stdout '
[ -s "$BUILD/html/before.html" ] || expected='json junit ndjson openmetrics profile quality report report.json sarif stdout '
is "secrets are in all of them" "$(telling "$WORK/plain")" "$expected"
is "... and in none that is redacted" "$(telling "$WORK/redacted")" ""
is "... nor in a job's" "$(telling "$WORK/redacted-job")" ""
is "the job's had some" "$(telling "$WORK/plain-job" | wc -w)" "$(ls "$WORK/plain-job" | wc -l)"

figures='[.findings[] | [.rule, .severity, .count, .bytes, .per_unit.units, .fingerprint, .pids]]'
is "the findings' figures are the same" "$(jq -c "$figures" "$WORK/redacted/json")" \
    "$(jq -c "$figures" "$WORK/plain/json")"
ok "... and there are some" jq -e '.findings | length > 0' "$WORK/redacted/json"
is "what is documented keeps its name, what the program named has a hash" \
    "$(jq -c '.findings[0].pool.path' "$WORK/redacted/json" | sed 's/redacted-[0-9a-f]\{12\}/HASH/g')" \
    '"permanent_pool > HASH > HASH"'
is "the same one in rows of findings and of pools" \
    "$(jq -c 'select(.row == "finding").tag' "$WORK/redacted/ndjson")" \
    "$(jq -c 'select(.row == "pool" and .pools == 68).tag' "$WORK/redacted/ndjson")"
is "a finding's allocations are still told by it" \
    "$(jq -r 'select(.row == "allocation").fingerprint // empty' "$WORK/redacted/ndjson" | sort -u)" \
    "$(jq -r 'select(.row == "allocation").fingerprint // empty' "$WORK/plain/ndjson" | sort -u)"
ok "... of which there are some" jq -e --slurp 'any(.row == "allocation" and .fingerprint != null)' \
    "$WORK/redacted/ndjson"
is "a file keeps its own name" "$(jq -r .recording.program "$WORK/redacted/json")" ftpd

if [ -s "$BUILD/html/before.html" ]; then
    for page in plain redacted; do
        sed -n 's/^<script type="application\/json" id="data">\(.*\)<\/script>$/\1/p' \
            "$WORK/$page/page" >"$WORK/$page/data"
    done
    is "the page draws what a finding holds as before" "$(jq -c '[.rows[].parts]' "$WORK/redacted/data")" \
        "$(jq -c '[.rows[].parts]' "$WORK/plain/data")"
    ok "... which is something" jq -e '[.rows[].parts[] | .[2]] | max > 10' "$WORK/redacted/data"
    ok "... and calls its pool as the finding does" jq -e \
        '. as $page | [.pools[] | .[1] | select(. != null) | $page.strings[.]] |
            index($page.report.findings[0].pool.tag) != null' "$WORK/redacted/data"
fi
"$LIFEGUARD" record -o "$WORK/crash" --poison --crash -- "$BUILD/samples/poold" --drive 1x3 \
    --fault=stale-data >/dev/null 2>&1
"$LIFEGUARD" check --redact --json "$WORK/crash.json" "$WORK/crash" >/dev/null 2>&1
"$LIFEGUARD" report --redact "$WORK/crash" >"$WORK/crash.text"
ok "... in the report, too" grep -q 'the pool events before it' "$WORK/crash.text"
is "... whose text has no registers" "$(grep -c ' rip 0x' "$WORK/crash.text")" 0
is "of a crash, what was in registers is left out, and the pools of its events have hashes" \
    "$(jq -c '[.findings[] | .crash | select(. != null) | .registers, ([.events[].pool // empty | split(" > ")[]] |
        map(sub("redacted-[0-9a-f]{12}"; "HASH")) | unique)]' "$WORK/crash.json")" '[null,["HASH","permanent_pool"]]'
status "other formats refuse" 2 "$LIFEGUARD" export --format=folded --redact "$recording"
status "suppressions of hashes are none" 2 "$LIFEGUARD" check --redact --generate-suppressions "$recording"
done_testing
