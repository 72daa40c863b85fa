#!/usr/bin/env bash
# Recordings of many hosts, asked by engines of others: which leaks, in which build first, on how
# many hosts; what is new in a build. A million rows of 10,000 hosts for DuckDB, 50,000 for
# ClickHouse; SOAK=1: ten times as many, and a million.
# SPDX-License-Identifier: MIT
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

simulate()
{
    "$fleet/simulate" "$1" "$WORK"/b?.ndjson
}

# The two engines, asked a question each.
ask_duckdb()
{
    (cd "$BUILD/npm" && node "$fleet/ask.mjs" "$WORK/fleet.duckdb" "$@")
}

ask_clickhouse()
{
    "$fleet/ask_clickhouse" "$clickhouse" "$@"
}

# answer FILTER QUESTION...: of $engine; numbers may be texts.
answer()
{
    local filter=$1
    shift
    "ask_$engine" "$@" | jq -s -c "$filter | walk(if type == \"number\" then tostring else . end)"
}

# What the fleet of so many hosts answers.
test_questions()
{
    local third=$(($1 / 3))
    is "$engine: which leaks, in which build first, on how many hosts" \
        "$(answer '[.[] | select(.rule == "leaked-subpool") |
            [.fingerprint, .first_build, .hosts, .pool, .unit]]' leaks)" \
        "[[\"$leak\",\"b2\",\"$third\",\"leaked command pool\",\"command\"]]"
    is "... how fast: bytes by command" "$(answer 'map([.rule, .bytes_a_unit]) | sort' leaks)" "$fast"
    is "... and what all have" "$(answer '[.[] | select(.rule == "growing-pool") |
        [.first_build, .hosts]]' leaks)" "[[\"b1\",\"$1\"]]"
    is "... what is new in build b2" "$(answer '[.[] | [.fingerprint, .hosts]]' new build=b2)" \
        "[[\"$leak\",\"$third\"]]"
    is "... in b3: nothing" "$(answer . new build=b3)" '[]'
    is "... how many hosts of each build have it" \
        "$(answer 'map([.build_id, .hosts, .with_it])' hosts fingerprint="$leak")" \
        "[[\"b1\",\"$third\",\"0\"],[\"b2\",\"$third\",\"$third\"],[\"b3\",\"$third\",\"0\"]]"
    ok "... and where it is" eval '"ask_$engine" where fingerprint=$leak | grep -q leak_subpool'
    status "... a question that is none" 2 "ask_$engine" nothing
}

test_duckdb()
{
    local engine=duckdb
    npm_package @duckdb/node-api@1.5.6-r.1 ||
        { skip "DuckDB is asked" "npm cannot fetch it"; return; }
    simulate "$many" | ask_duckdb load /dev/stdin
    test_questions "$many"
}

# The server of a distribution, on the loopback interface and two ports of ours.
start_clickhouse()
{
    local server=$SOURCE/build/clickhouse http=$(free_port) tcp=$(free_port)
    mkdir -p "$WORK/clickhouse"
    cat >"$WORK/clickhouse/config.xml" <<END
<yandex>
    <logger><level>warning</level><console>true</console></logger>
    <listen_host>127.0.0.1</listen_host>
    <http_port>$http</http_port>
    <tcp_port>$tcp</tcp_port>
    <path>$WORK/clickhouse/</path>
    <tmp_path>$WORK/clickhouse/tmp/</tmp_path>
    <mark_cache_size>67108864</mark_cache_size>
    <users_config>users.xml</users_config>
    <default_profile>default</default_profile>
    <default_database>default</default_database>
</yandex>
END
    cat >"$WORK/clickhouse/users.xml" <<END
<yandex>
    <profiles><default></default></profiles>
    <users><default>
        <password></password><networks><ip>127.0.0.1</ip></networks>
        <profile>default</profile><quota>default</quota>
    </default></users>
    <quotas><default></default></quotas>
</yandex>
END
    LD_LIBRARY_PATH=$(find "$server/usr/lib" -name '*.so*' -printf '%h\n' | sort -u | paste -sd:) \
        "$server/usr/sbin/clickhouse-server" --config-file="$WORK/clickhouse/config.xml" \
        >"$WORK/clickhouse/log" 2>&1 &
    at_exit eval "kill $! && wait $! 2>/dev/null"
    clickhouse=http://127.0.0.1:$http
    wait_until curl -sf -o /dev/null "$clickhouse/"
}

free_port()
{
    python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

test_clickhouse()
{
    local engine=clickhouse clickhouse
    "$SOURCE/samples/fetch" ClickHouse clickhouse usr/sbin/clickhouse-server clickhouse-server \
        clickhouse-common 2>"$WORK/why" || { skip "ClickHouse is asked" "$(<"$WORK/why")"; return; }
    start_clickhouse
    simulate "$few" | ask_clickhouse load
    test_questions "$few"
    # Of exports with --since-last: what changed and what is gone counts, what did not still does.
    jq -c --arg host host1 'select(.row == "recording" or .row == "finding") |
        .recording = "0000000000000002" | if .row == "recording" then .whole = false | .host = $host
        elif .rule == "leaked-subpool" then {row: "gone", of: .row, recording, fingerprint, kind}
        else .held_bytes += 1000 end | .exported = "2999-01-01T00:00:00Z"' "$WORK/b2.ndjson" \
        >"$WORK/later"
    local held=$(answer 'map(select(.rule == "growing-pool").held_bytes | tonumber)[0]' leaks)
    ask_clickhouse load <"$WORK/later"
    is "... what is gone from a host is not counted, and what changed once" \
        "$(answer 'map([.rule, .hosts, .held_bytes]) | sort' leaks | jq -c '. | map(.[:2] +
            if .[0] == "growing-pool" then .[2:] else [] end)')" \
        "[[\"growing-pool\",\"$few\",\"$((${held//\"/} + 1000))\"],[\"leaked-subpool\",\"$((few / 3 - 1))\"]]"
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
    jq -c 'if .row == "recording" then .whole = false elif .rule == "leaked-subpool" then
        {row: "gone", of: .row, recording, fingerprint, kind} else empty end' \
        "$WORK/b2.ndjson" | cat "$WORK/b2.ndjson" - >"$WORK/increments"
    status "of several exports of a recording, what is gone is not new" 0 \
        "$LIFEGUARD" diff --format=json "$WORK/b1.ndjson" "$WORK/increments"
    is "... and work is counted once" "$(jq .work.new.command "$WORK/out")" \
        "$(jq .work.old.command "$WORK/out")"
    grep -v leaked-subpool "$WORK/b2.ndjson" | cat "$WORK/b2.ndjson" - >"$WORK/again"
    status "... and what a later one of all does not have" 0 \
        "$LIFEGUARD" diff "$WORK/b1.ndjson" "$WORK/again"
    { cat "$WORK/old"; echo '{"row":"finding","known":{}}'; } >"$WORK/broken"
    status "a row that is none is refused" 2 "$LIFEGUARD" diff "$WORK/old" "$WORK/broken"
    ok "... with its place" grep -q "broken:$(wc -l <"$WORK/broken"): expected" "$WORK/err"
    grep -v '"row":"recording"' "$WORK/old" >"$WORK/without"
    status "without a recording there is no verdict" 3 "$LIFEGUARD" diff "$WORK/old" "$WORK/without"
}

many=10002 few=501
[ "${SOAK:-0}" = 0 ] || many=100002 few=10002
ok "a host of each of three builds" eval 'record_host b1 "" 6 &&
    record_host b2 leaked-subpool 6 && record_host b3 "" 6'
for build in b1 b2 b3; do rows "$build" >"$WORK/$build.ndjson"; done
"$LIFEGUARD" report --format=json "$WORK/b2" >"$WORK/report.json"
leak=$(json '.findings[] | select(.rule == "leaked-subpool").fingerprint' | tr -d '"')
fast=$(jq -s -c 'map(select(.row == "finding" and .severity == "error")) | group_by(.rule) |
    map([.[0].rule, (map(.held_per_unit) | add / length * 10 | round / 10 | tostring)])' \
    "$WORK"/b?.ndjson)
test_duckdb
test_clickhouse
test_diff
done_testing
