#!/usr/bin/env bash
# lifeguard export: each format is read by a program of others, and the sums are the recording's.
# SPDX-License-Identifier: MIT
. "$(dirname "$0")/../lib.sh"

READERS=$SOURCE/tests/e2e/programs/export_readers

record_poold()
{
    "$LIFEGUARD" record -f -o "$WORK/$1" -- "$BUILD/samples/poold" --drive "$2" \
        --fault=growing-pool --fault=leaked-subpool 2>/dev/null
}

export_as()
{
    "$LIFEGUARD" export --format="$1" "$WORK/$2"
}

# The bytes that the master's pools hold at the end, by its pool tree.
own_bytes()
{
    "$LIFEGUARD" tree --format=json "$WORK/recording" >"$WORK/tree" &&
        jq '[.processes[] | select(.kind == "master") | .pools | .. | .bytes? // empty] | add' \
            "$WORK/tree"
}

raw_pprof()
{
    gunzip <"$WORK/pprof" | protoc --decode=Profile -I "$READERS" profile.proto
}

# The sum of the Nth values of all samples.
values()
{
    awk -v n="$1" '/^sample \{/ { at = 0 } /^  value:/ { if (++at == n) sum += $2 } END { print sum }' \
        "$WORK/profile"
}

pprof()
{
    PPROF_TMPDIR=$WORK go tool pprof "$@" "$WORK/pprof" 2>"$WORK/pprof.err"
}

test_pprof()
{
    export_as pprof recording >"$WORK/pprof"
    ok "pprof: is read by protoc" eval 'raw_pprof >"$WORK/profile"'
    is "pprof: objects and bytes taken" "$(values 1) $(values 2)" "$allocations $taken"
    is "pprof: objects and bytes at the end" "$(values 3) $(values 4)" "$live_count $live"
    is "pprof: the program's build id" \
        "$(grep -c "\"$(readelf -n "$BUILD/samples/poold" | awk '/Build ID/ { print $3 }')\"" \
            "$WORK/profile")" 1
    has_go || { skip "pprof: go tool pprof" "$why"; return; }
    is "pprof: its own sum" "$(pprof -raw -sample_index=alloc_space | awk '
        /^Samples:/ { on = 1; getline; next } /^Locations/ { on = 0 }
        on && /^ +[0-9]+ +[0-9]+ +[0-9]+ +[0-9]+:/ { sum += $2 } END { print sum }')" "$taken"
    is "pprof: what leaks, by rule" "$(pprof -tags -sample_index=inuse_objects |
        awk '/: Total/ { on = /^ *rule/ } on && /leaked-subpool/ { print $1 + 0 }')" 150
    is "pprof: under the pool's path" "$(pprof -tags -sample_index=inuse_objects |
        grep -c 'permanent_pool > Session Pool > leaked command pool')" 1
}

test_speedscope()
{
    export_as speedscope recording >"$WORK/speedscope"
    is "speedscope: all four sums" \
        "$(jq -c '[.profiles[] | (.weights | add), .endValue]' "$WORK/speedscope")" \
        "[$taken,$taken,$live,$live,$allocations,$allocations,$live_count,$live_count]"
    is "speedscope: each frame is there" "$(jq '(.shared.frames | length) as $n |
        [.profiles[].samples[][] | select(. >= $n or . < 0)] | length' "$WORK/speedscope")" 0
    local schema=$BUILD/npm/node_modules/speedscope/dist/release/file-format-schema.json
    if npm_package speedscope@1.25.0; then
        ok "speedscope: valid by its schema" python3 -c 'import json, jsonschema, sys
jsonschema.validate(json.load(open(sys.argv[1])), json.load(open(sys.argv[2])))' \
            "$WORK/speedscope" "$schema"
    else
        skip "speedscope: valid by its schema" "npm cannot fetch it"
    fi
}

test_perfetto()
{
    export_as perfetto recording >"$WORK/perfetto"
    ok "perfetto: is read by protoc" eval \
        'protoc --decode=Trace -I "$READERS" perfetto.proto <"$WORK/perfetto" >"$WORK/packets"'
    is "perfetto: nothing in it is unknown" "$(grep -cE '^ +[0-9]+[: ]' "$WORK/packets")" 0
    is "perfetto: the master's bytes at the end" "$(awk '
        /track_uuid:/ { track = $2 } /counter_value:/ { last[track] = $2 }
        END { for (track in last) if (track + 0 < 2 * 2 ^ 32) sum += last[track]; print sum }' \
        "$WORK/packets")" "$(own_bytes)"
    is "perfetto: a pool under its parent" "$(awk '
        /uuid:/ && !/parent|track_/ { id = $2 } / name:/ { name = $0; sub(/.*: /, "", name) }
        /parent_uuid:/ { names[id] = name; above[id] = $2 }
        END { for (id in names) if (names[id] ~ /leaked command/) print names[above[id]] }' \
        "$WORK/packets" | sort -u)" '"Session Pool"'
    is "perfetto: marks at commands" "$(grep -c '    name: "command"' "$WORK/packets")" \
        "$(told_commands)"
}

told_commands()
{
    export_as ndjson recording | jq 'select(.row == "recording").commands'
}

test_dot()
{
    export_as dot recording >"$WORK/dot"
    command -v dot >/dev/null || { skip "dot: read by Graphviz" "dot is not installed"; return; }
    ok "dot: is read by Graphviz" eval 'dot -Tjson0 "$WORK/dot" >"$WORK/graph"'
    is "dot: bytes at the end" \
        "$(jq '[.objects[].bytes // "0" | tonumber] | add' "$WORK/graph")" "$live"
    is "dot: the pool that leaks" "$(jq -r '.objects[] | select(.tooltip == "leaked-subpool").pools' \
        "$WORK/graph")" 150
}

# What the DuckDB of others sums up over 50 recordings of one fault.
test_ndjson()
{
    local i
    npm_package @duckdb/node-api@1.5.6-r.1 ||
        { skip "ndjson: 50 recordings in DuckDB" "npm cannot fetch it"; return; }
    for i in $(seq 50); do
        record_poold "host$i" 1x6 || return
        export_as ndjson "host$i" >"$WORK/host$i.ndjson"
    done
    cp "$READERS/sums.mjs" "$BUILD/npm/sums.mjs"
    ok "ndjson: 50 recordings are read by DuckDB" eval \
        'node "$BUILD/npm/sums.mjs" "$WORK/host*.ndjson" >"$WORK/sums"'
    is "ndjson: one fingerprint in all" "$(awk '/^leaked-subpool/ { print $3, $4, $5 }' \
        "$WORK/sums")" '50 300 14400'
    is "ndjson: as the report of one has it" "$(awk '/^leaked-subpool/ { print $2 }' "$WORK/sums")" \
        "$(fingerprint_in_report host1)"
    is "ndjson: all that was taken" "$(awk '/^taken/ { print $2 }' "$WORK/sums")" \
        "$(for i in $(seq 50); do export_as folded "host$i"; done |
            awk '{ sum += $NF } END { print sum }')"
}

fingerprint_in_report()
{
    "$LIFEGUARD" report --format=json "$WORK/$1" |
        jq -r '.findings[] | select(.rule == "leaked-subpool").fingerprint'
}

work
ok "recorded" record_poold recording 3x50,10
"$LIFEGUARD" info "$WORK/recording" >"$WORK/info"
allocations=$(told allocations)
taken=$(export_as folded recording | awk '{ sum += $NF } END { print sum }')
export_as ndjson recording >"$WORK/ndjson"
live=$(jq -s '[.[] | select(.row == "pool").live_bytes] | add' "$WORK/ndjson")
live_count=$(jq -s '[.[] | select(.row == "pool").live_count] | add' "$WORK/ndjson")
is "ndjson: all that was taken" "$(jq -s -c '[.[] | select(.row == "allocation")] |
    [(map(.count) | add), (map(.bytes) | add), (map(.live_bytes) | add)]' "$WORK/ndjson")" \
    "[$allocations,$taken,$live]"
is "ndjson: the master's bytes at the end, as in its tree" "$(jq -s '[.[] |
    select(.row == "pool" and .kind == "master").live_bytes] | add' "$WORK/ndjson")" "$(own_bytes)"
is "ndjson: the findings of the report" \
    "$(jq -s -c '[.[] | select(.row == "finding") | [.fingerprint, .count, .bytes]]' "$WORK/ndjson")" \
    "$("$LIFEGUARD" report --format=json "$WORK/recording" |
        jq -c '[.findings[] | [.fingerprint, .count, .bytes]]')"
is "ndjson: each backtrace has one row" \
    "$(jq -r 'select(.row == "stack").stack_id' "$WORK/ndjson" | sort | uniq -d)" ''
test_pprof
test_speedscope
test_perfetto
test_dot
test_ndjson
done_testing
