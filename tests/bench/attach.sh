#!/usr/bin/env bash
# For how long lifeguard attach and detach stop a process of eight threads and 1,000 pools, and how
# long one of its threads is busy with what they have it do.
# SPDX-License-Identifier: MIT
. "$(dirname "$0")/lib.sh"

rounds=${ROUNDS:-100}

begin()
{
    rm -f "$WORK/input" "$WORK/out"
    mkfifo "$WORK/input"
    "$BENCH/attached" "$1" >"$WORK/out" <"$WORK/input" &
    attached=$!
    exec {input}>"$WORK/input"
    wait_until grep -q ready "$WORK/out"
}

end()
{
    exec {input}>&-
    wait "$attached"
}

# The number in front of "ms" behind WORDS.
ms()
{
    sed -n "s/.*$1 \([0-9.]*\) ms.*/\1/p" "$WORK/err"
}

# Of the file, one number a line: the PART that is that quantile, in a hundred.
quantile()
{
    sort -n "$1" | awk -v part="$2" '{ at[NR] = $1 } END { n = int(NR * part / 100 + 0.5); print at[n ? n : 1] }'
}

# rows HOW: of a program that is HOW.
rows()
{
    local i
    begin "$1"
    : >"$WORK/stopped" && : >"$WORK/busy" && : >"$WORK/detached"
    for ((i = 0; i < rounds; i++)); do
        fresh_recording
        "$LIFEGUARD" attach -o "$WORK/recording" "$attached" 2>"$WORK/err" || { cat "$WORK/err" && exit 1; }
        ms 'stopped for' >>"$WORK/stopped"
        ms 'busy for' >>"$WORK/busy"
        "$LIFEGUARD" detach "$attached" 2>"$WORK/err" || { cat "$WORK/err" && exit 1; }
        ms 'stopped for' >>"$WORK/detached"
    done
    end
    value "$2: attach, its threads are stopped, median" ms "$(quantile "$WORK/stopped" 50)"
    value "... 95th percentile of $rounds" ms "$(quantile "$WORK/stopped" 95)" 10
    value "... the longest" ms "$(quantile "$WORK/stopped" 100)"
    value "... one of them is busy, median" ms "$(quantile "$WORK/busy" 50)"
    value "$2: detach, its threads are stopped, median" ms "$(quantile "$WORK/detached" 50)"
    value "... 95th percentile" ms "$(quantile "$WORK/detached" 95)" 10
    value "... the longest" ms "$(quantile "$WORK/detached" 100)"
}

section attach "attach and detach: 8 threads, 1,000 pools"
rows - "threads that work now and then"
rows busy "threads that always work"
