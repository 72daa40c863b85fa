#!/usr/bin/env bash
# ProFTPD recorded in full and as survivors: sessions that list a directory of 350 files. The same
# findings, growing-in-unit with the same count and bytes; and a trace that grows by what outlives
# each command alone (SOAK=1: over 10,000 LISTs).
# SPDX-License-Identifier: MIT
. "$(dirname "$0")/../lib.sh"
work
need_proftpd

# Traces grow by blocks, the last of which is half empty or so: the one may just have begun one when
# the other has not.
many=400 block=131072
((${SOAK:-0})) && many=10000 block=0

# record_lists MODE COUNT: leaves the report of a session that lists COUNT times, and in $size how
# much its traces took before they were packed.
record_lists()
{
    local i
    rm -rf "$WORK/recording"
    mkdir -m 700 "$WORK/recording"
    proftpd_start env LD_PRELOAD="$BUILD/liblifeguard.so" LIFEGUARD_DIR="$WORK/recording" \
        LIFEGUARD_RECORD="$1" LIFEGUARD_QUIET=1 || exit 1
    for ((i = 0; i < $2; i++)); do
        ftp_transfer many/
    done >"$WORK/transfers"
    ftp_curl --config "$WORK/transfers" || exit 1
    proftpd_stop
    size=$(du -c --block-size=1 "$WORK"/recording/*.trace | awk 'END { print $1 }')
    report "$WORK/recording"
}

all_told()
{
    json '[.findings[] | [.rule, .severity, .kind, .pool.path, .count, .bytes, .held_bytes,
        .fingerprint, .per_unit] | tojson] | sort'
}

proftpd_prepare "$WORK/proftpd"
mkdir "$PROFTPD_HOME/many"
(cd "$PROFTPD_HOME/many" && seq -f 'file%04g' 350 | xargs touch)

record_lists full 30
cp "$WORK/report.json" "$WORK/full.json"
full=$(all_told) full_events=$(json .recording.events)
"$LIFEGUARD" keep --full=0 -d 0.1 "$WORK/recording" >"$WORK/out" 2>&1
report "$WORK/recording"
is "of the recording, thinned, the same is told" "$(all_told)" "$full"
ok "... in a tenth of the events" test "$(($(json .recording.events) * 10))" -lt "$full_events"
is "a LIST of 350 files takes much, by a place called once for each, and that is told" \
    "$(json '[.findings[] | select(.rule == "growing-in-unit") | .per_unit.count | . > 256 and . < 450]
        | unique')" '[true]'
record_lists survivors 30
is "the same is told of survivors" "$(all_told)" "$full"
ok "... in a tenth of the events" test "$(($(json .recording.events) * 8))" -lt "$full_events"
is "... and nothing is new in a diff of the two" \
    "$("$LIFEGUARD" diff --format=json "$WORK/full.json" "$WORK/report.json" |
        jq -c '[(.came, .grew, .shrank, .went | length)]')" '[0,0,0,0]'
is "... and of LISTs, as often" "$(json '[.findings[] | select(.rule == "growing-in-unit")
    | .per_unit | [.grew, .label]] | unique')" '[[30,"LIST"]]'
few=100
record_lists survivors $few
size_of_few=$size
record_lists survivors $many
ok "$many LISTs take less than 1 MB in 10,000 more than $few ($size_of_few, $size bytes)" \
    test "$(((size - size_of_few - block) * 9900))" -lt "$(((many - few) * 1000000))"
is "... with nothing lost" "$(json '[.recording.lost_events, .recording.doubts]')" '[0,[]]'
is "... and each of them counted" "$(json '[.findings[] | select(.rule == "growing-in-unit")
    | .per_unit.grew] | unique')" "[$many]"
done_testing
