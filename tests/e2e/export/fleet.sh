#!/usr/bin/env bash
# Recordings of many hosts, asked by engines of others: which leaks, in which build first, on how
# many hosts; what is new in a build. SOAK=1: 20,000 hosts with two million rows, not 500.
. "$(dirname "$0")/../lib.sh"
work
fleet=$SOURCE/samples/fleet

# A host of build $1, which leaks where "leaked-subpool" is $2.
record_host()
{
    cp "$BUILD/samples/poold" "$WORK/poold"
    "$LIFEGUARD" record -f --label=release="$1" -o "$WORK/$1" -- "$WORK/poold" --drive 1x"$3" \
        --fault=growing-pool ${2:+--fault=$2} 2>/dev/null
}

# Its rows, as if that had been linked as build $1.
rows()
{
    "$LIFEGUARD" export --format=ndjson "$WORK/$1" |
        sed "s/\"build_id\":\"[0-9a-f]*\"/\"build_id\":\"$1\"/"
}

ask()
{
    (cd "$BUILD/npm" && node "$fleet/ask.mjs" "$WORK/fleet.ndjson" "$@")
}

# answer FILTER QUESTION...
answer()
{
    local filter=$1
    shift
    ask "$@" | jq -s -c "$filter"
}

test_duckdb()
{
    npm_package @duckdb/node-api@1.5.6-r.1 ||
        { skip "DuckDB is asked" "npm cannot fetch it"; return; }
    local leak third=$((hosts / 3))
    leak=$("$LIFEGUARD" report --format=json "$WORK/b2" |
        jq -r '.findings[] | select(.rule == "leaked-subpool").fingerprint')
    is "which leaks, in which build first, on how many hosts" \
        "$(answer '[.[] | select(.rule == "leaked-subpool") |
            [.fingerprint, .first_build, .hosts, .pool, .unit]]' leaks)" \
        "[[\"$leak\",\"b2\",\"$third\",\"leaked command pool\",\"command\"]]"
    is "... and what all have" "$(answer '[.[] | select(.rule == "growing-pool") |
        [.first_build, .hosts]]' leaks)" "[[\"b1\",\"$hosts\"]]"
    is "what is new in build b2" "$(answer '[.[] | [.fingerprint, .hosts]]' new build=b2)" \
        "[[\"$leak\",\"$third\"]]"
    is "... in b3: nothing" "$(answer . new build=b3)" '[]'
    is "how many hosts of each build have it" \
        "$(answer 'map([.build_id, .hosts, .with_it])' hosts fingerprint="$leak")" \
        "[[\"b1\",\"$third\",\"0\"],[\"b2\",\"$third\",\"$third\"],[\"b3\",\"$third\",\"0\"]]"
    ok "the place is told" eval 'ask where fingerprint=$leak | grep -q leak_subpool'
    status "a question that is none" 2 ask nothing
}

# Two files of rows, as recordings are compared.
test_diff()
{
    "$fleet/simulate" 20 "$WORK/b1.ndjson" >"$WORK/old"
    "$fleet/simulate" 20 "$WORK/b1.ndjson" "$WORK/b2.ndjson" >"$WORK/new"
    status "rows are compared" 1 "$LIFEGUARD" diff --format=json "$WORK/old" "$WORK/new"
    cp "$WORK/out" "$WORK/rows.json"
    "$LIFEGUARD" diff --format=json "$WORK/b1" "$WORK/b2" >"$WORK/two.json"
    is "... with what two recordings show" "$(jq -c '[.came[].fingerprint, .went, .summary.came]' \
        "$WORK/rows.json")" "$(jq -c '[.came[].fingerprint, .went, .summary.came]' "$WORK/two.json")"
    status "the same rows have nothing new" 0 "$LIFEGUARD" diff "$WORK/old" "$WORK/b1.ndjson"
    status "a recording and rows are compared" 1 "$LIFEGUARD" diff "$WORK/b1" "$WORK/new"
    { cat "$WORK/old"; echo '{"row":"finding","known":{}}'; } >"$WORK/broken"
    status "a row that is none is refused" 2 "$LIFEGUARD" diff "$WORK/old" "$WORK/broken"
    ok "... with its place" grep -q "broken:$(wc -l <"$WORK/broken"): expected" "$WORK/err"
    grep -v '"row":"recording"' "$WORK/old" >"$WORK/without"
    status "without a recording there is no verdict" 3 "$LIFEGUARD" diff "$WORK/old" "$WORK/without"
}

hosts=$([ "${SOAK:-0}" = 0 ] && echo 501 || echo 20001)
ok "a host of each of three builds" eval 'record_host b1 "" 6 &&
    record_host b2 leaked-subpool 6 && record_host b3 "" 6'
for build in b1 b2 b3; do rows "$build" >"$WORK/$build.ndjson"; done
"$fleet/simulate" "$hosts" "$WORK"/b?.ndjson >"$WORK/fleet.ndjson"
test_duckdb
test_diff
done_testing
