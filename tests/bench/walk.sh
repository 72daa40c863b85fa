#!/usr/bin/env bash
# What a walk of 700 pools, and of 8 MiB of memory, takes: in the program, and from outside.
# SPDX-License-Identifier: MIT
. "$(dirname "$0")/lib.sh"

rounds=${ROUNDS:-21}

# walks LOST: a program that has lost so many pools is walked at its exit. CPU ms.
walks()
{
    local i
    for ((i = 0; i < rounds; i++)); do
        fresh_recording
        "${recorder[@]}" "$BENCH/walked" "$1" >"$WORK/out" </dev/null || exit 1
        report "$WORK/recording" || exit 1
        sample "$(jq -r '.recording.walks | select(.done == 1 and (.not_judged | add) == 0) |
            "recorded=\(.longest_us / 1000) result=\(.longest_us / 1000)"' "$WORK/report.json")"
    done
}

# The last pass of each scan. CPU ms.
scans()
{
    local i walked
    rm -f "$WORK/input" "$WORK/out"
    mkfifo "$WORK/input"
    "$BENCH/walked" "$1" >"$WORK/out" <"$WORK/input" &
    walked=$!
    exec {input}>"$WORK/input"
    until [ -s "$WORK/out" ]; do
        sleep 0.02
    done
    for ((i = 0; i < rounds; i++)); do
        "$LIFEGUARD" scan --format=json "$walked" >"$WORK/scan.json"
        sample "$(jq -r '.systems[].walk | select(.broken == 0) | "result=\(.took_ns / 1e6)"' "$WORK/scan.json")"
    done
    exec {input}>&-
    wait "$walked"
}

section walk "A walk of 700 pools and 8 MiB, CPU time"
walks 0
row "at exit, nothing is lost" ms result 5
walks 1
row "at exit, one is lost: with the second opinion" ms result
scans 0
row "lifeguard scan, nothing is lost" ms result
scans 1
row "lifeguard scan, one is lost: with the second opinion" ms result
