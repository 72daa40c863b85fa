#!/usr/bin/env bash
# The metrics of 5,000 hosts in VictoriaMetrics: which leaks, in which build, on how many hosts, how
# fast; what is new in a build.
# SPDX-License-Identifier: MIT
. "$(dirname "$0")/../lib.sh"
work
fleet=$SOURCE/samples/fleet
hosts=5001
engine=$SOURCE/build/victoria-metrics/usr/bin
"$SOURCE/samples/fetch" --alone VictoriaMetrics victoria-metrics usr/bin/victoria-metrics \
    victoria-metrics 2>"$WORK/why" || skip_all "$(<"$WORK/why")"

# Metrics of a host of build $1, which leaks where $2 is a fault.
record_host()
{
    LIFEGUARD_QUIET=1 "$LIFEGUARD" record -o "$WORK/$1" -- "$BUILD/samples/poold" --drive 1x6 \
        --fault=growing-pool ${2:+--fault=$2} >/dev/null 2>&1
    "$LIFEGUARD" export --format=openmetrics "$WORK/$1" |
        sed "s/build=\"[0-9a-f]*\"/build=\"$1\"/" >"$WORK/$1.prom"
}

start_engine()
{
    local port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
    "$engine/victoria-metrics" -storageDataPath="$WORK/data" -httpListenAddr="127.0.0.1:$port" \
        >"$WORK/log" 2>&1 &
    at_exit eval "kill $! && wait $! 2>/dev/null"
    url=http://127.0.0.1:$port
    wait_until curl -sf -o /dev/null "$url/health"
}

# query EXPRESSION: one result a line, its labels and its value.
query()
{
    curl -sG "$url/api/v1/query" --data-urlencode "query=$1" -d nocache=1 -d latency_offset=1ms |
        jq -c '.data.result[] | (.metric | del(.pool)) + {value: (.value[1] | tonumber)}' | sort
}

# ask QUESTION [WORD VALUE]: one of questions.promql.
ask()
{
    local text=$(awk -v name="$1" '/^# name: / { on = $3 == name; next } on && !/^#/' \
        "$fleet/questions.promql")
    [ $# = 1 ] || text=${text//$2/$3}
    query "$text"
}

are_there()
{
    [ "$(query 'count(lifeguard_recording_info)')" = "{\"value\":$hosts}" ]
}

record_host b1
record_host b2 leaked-subpool
record_host b3
"$LIFEGUARD" report --format=json "$WORK/b2" >"$WORK/report.json"
leak=$(json '.findings[] | select(.rule == "leaked-subpool").fingerprint' | tr -d '"')
growth=$(json '.findings[] | select(.rule == "growing-pool").fingerprint' | tr -d '"')
third=$((hosts / 3))
start_engine
"$fleet/simulate" "$hosts" "$WORK"/b?.prom |
    curl -s -X POST -T - "$url/api/v1/import/prometheus"
ok "5,000 hosts have their series" wait_until are_there
is "which leaks, in which builds, on how many hosts" "$(ask leaks)" "$(sort <<END
{"build":"b1","fingerprint":"$growth","rule":"growing-pool","value":$third}
{"build":"b2","fingerprint":"$growth","rule":"growing-pool","value":$third}
{"build":"b2","fingerprint":"$leak","rule":"leaked-subpool","value":$third}
{"build":"b3","fingerprint":"$growth","rule":"growing-pool","value":$third}
END
)"
is "how fast" "$(ask fast | jq -s -c 'map([.rule, .unit, (.value * 10 | round / 10)]) | sort')" \
    "$(json '[.findings[] | select(.severity == "error") | [.rule, .per_unit.unit, .held_bytes]] | sort' |
        jq -c --argjson rows "$(jq -s -c 'map(select(.rule and .severity == "error"))' \
        <("$LIFEGUARD" export --format=ndjson "$WORK/b2"))" 'map(.[0] as $rule | [$rule, .[1],
        ($rows[] | select(.rule == $rule).held_per_unit * 10 | round / 10)])')"
is "what is new in build b2" "$(ask new BUILD b2 | jq -c '[.fingerprint, .value]')" "[\"$leak\",$third]"
is "... in b3: nothing" "$(ask new BUILD b3)" ''
is "on how many hosts of each build it is" "$(ask hosts FINGERPRINT "$leak")" '{"build":"b2","value":1}'
ok "the rules are vmalert's, too" "$engine/vmalert" -dryRun -rule="$fleet/alerts.yml"
done_testing
