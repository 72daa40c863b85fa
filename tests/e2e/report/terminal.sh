#!/usr/bin/env bash
# In a terminal, report and tree are as wide as it is, coloured, and draw growth; elsewhere plain.
# SPDX-License-Identifier: MIT
. "$(dirname "$0")/../lib.sh"

# What COMMAND shows in a terminal of $1 columns, in the locale $2.
shown()
{
    local columns=$1 locale=$2
    shift 2
    TERM=xterm LC_ALL=$locale script -qec "stty cols $columns; $(printf '%q ' "$@")" /dev/null \
        </dev/null | tr -d '\r'
}

uncoloured()
{
    sed 's/\x1b\[[0-9;]*m//g'
}

widest()
{
    uncoloured | wc -L
}

work
cp "$BUILD/samples/poold" "$WORK" # a path that fits a narrow terminal
ok "recorded" eval '"$LIFEGUARD" record -f -o "$WORK/recording" -- "$WORK/poold" \
    --drive 3x50 --fault=growing-pool --fault=leaked-subpool 2>/dev/null'
for columns in 50 72 100; do
    for command in report tree; do
        shown $columns C.UTF-8 "$LIFEGUARD" $command "$WORK/recording" >"$WORK/shown"
        ok "$command in $columns columns" test "$(widest <"$WORK/shown")" -le $columns
    done
done
"$LIFEGUARD" report "$WORK/recording" >"$WORK/plain"
shown 60 C.UTF-8 "$LIFEGUARD" report "$WORK/recording" >"$WORK/shown"
is "wrapped, and no word is lost" \
    "$(uncoloured <"$WORK/shown" | tr -d '▁▂▃▄▅▆▇█' | tr -s '\n ' ' ')" \
    "$(tr -s '\n ' ' ' <"$WORK/plain")"
is "the growth of each growing pool" "$(grep -c '▁▁.*▄.*█' "$WORK/shown")" 2
is "errors are red" "$(grep -c $'\x1b\[1;31mERROR' "$WORK/shown")" 2
is "elsewhere neither" "$(grep -cE $'\x1b|▁' "$WORK/plain")" 0
shown 60 C "$LIFEGUARD" report "$WORK/recording" >"$WORK/shown"
is "nothing but ASCII in a locale that has no more" "$(LC_ALL=C grep -c $'[\x80-\xff]' "$WORK/shown")" 0
shown 110 C.UTF-8 "$LIFEGUARD" tree "$WORK/recording" >"$WORK/shown"
is "in the tree, too, each session's" "$(uncoloured <"$WORK/shown" |
    grep -cE '(Session Pool.*|leaked command pool) +▁▁.*▄.*█')" 6
is "... in red" "$(grep -cE $'\x1b\\[1;31m(Session|leaked command) (P|p)ool' "$WORK/shown")" 6
is "... and by how much" "$(uncoloured <"$WORK/shown" |
    grep -c 'leaked command pool  ▁▁.*█  +1 pool, 48 B at each command  2400 B')" 3
is "what does not grow is not drawn" "$(grep -E 'Event Pool|main_server' "$WORK/shown" |
    grep -cE '▁|\+')" 0
shown 60 C "$LIFEGUARD" tree "$WORK/recording" >"$WORK/shown"
ok "growth in words" grep -q '+64 B at each' "$WORK/shown"
is "... in the tree" "$(LC_ALL=C grep -c $'[\x80-\xff]' "$WORK/shown")" 0
shown 60 C.UTF-8 env NO_COLOR=1 "$LIFEGUARD" report "$WORK/recording" >"$WORK/shown"
is "no colour where NO_COLOR is set" "$(grep -c $'\x1b' "$WORK/shown")" 0
shown 60 C.UTF-8 "$LIFEGUARD" --color=never report "$WORK/recording" >"$WORK/shown"
is "... nor with --color=never" "$(grep -c $'\x1b' "$WORK/shown")" 0
NO_COLOR=1 "$LIFEGUARD" report --color=always "$WORK/recording" >"$WORK/shown"
is "--color=always: also into a pipe, and with NO_COLOR" "$(grep -c $'\x1b\[1;31mERROR' "$WORK/shown")" 2
is "... the same words" "$(uncoloured <"$WORK/shown")" "$("$LIFEGUARD" report "$WORK/recording")"
is "what is recorded keeps its own --color" "$("$LIFEGUARD" record -o "$WORK/echo" echo --color=always 2>&1 |
    head -n 1)" '--color=always'
"$LIFEGUARD" tree "$WORK/recording" >"$WORK/plain"
is "a tree that is piped has neither" "$(grep -cE $'\x1b|▁|\+' "$WORK/plain")" 0
ok "a tree that is piped is whole" grep -q 'allocations  by poold!events_init' "$WORK/plain"
done_testing
