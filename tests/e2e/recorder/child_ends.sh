#!/usr/bin/env bash
# What is added to a child, from the fork to its end, does not grow with what its parent has: told by
# the pages that it touches. And where it can open no file at its end, its pools are walked as well.
# SPDX-License-Identifier: MIT
. "$(dirname "$0")/../lib.sh"
work

recorded()
{
    rm -rf "$WORK/recording"
    "$LIFEGUARD" record -o "$WORK/recording" -- "$BUILD/e2e/many_pools" "$@" >"$WORK/out" 2>"$WORK/err" &&
        report "$WORK/recording"
}

# Walks at the ends of processes, those that were done, and the pools that live() lost in children.
walks()
{
    json '[.recording.walks.when.exit, .recording.walks.done,
        ([.findings[] | select(.rule == "unreachable-subpool" and (.place | test("!lose_pool")))
            | .count] | add // 0)]'
}

# Whole pages that something of the section $1 of the recorder lies in.
pages_of()
{
    readelf -SW "$BUILD/liblifeguard.so" | awk -v section="$1" '{ sub(/^ *\[ *[0-9]+\]/, "") }
        $1 == section { print $3, $5 }' | while read -r at size; do
        echo $((((0x$at + 0x$size - 1) >> 12) - (0x$at >> 12) + 1))
    done
}

ok "children of a process with 300 pools" recorded count 300
read -r _ few <"$WORK/out"
is "... have their pools walked, and those they lost are found" "$(walks)" "[10,10,9]"
is "... what the parent lost is found once" \
    "$(json '[.findings[] | select(.place == "many_pools!count") | .count, (.pids | length)]')" "[300,1]"

ok "children of one with 3000" recorded count 3000
read -r _ more <"$WORK/out"
is "... do not walk them" "$(walks)" "[1,1,0]"
is "... what they made themselves is compared" \
    "$(json '.recording.coverage | [.pools, .mismatches]')" "[3028,0]"
ok "children of one with 30000" recorded count 30000
read -r _ many <"$WORK/out"
ok "... touch no more pages for them" test "$more" -le $((few + 8)) -a "$many" -le $((more + 8))
is "what a fork changes lies in one page" "$(pages_of .data)" 1

ok "a child that sets a filter that kills for openat()" recorded filter "$WORK"
is "... has its pools walked" "$(walks)" "[2,2,1]"
ok "... and one that sets it without the C library" recorded unseen "$WORK"
is "... has its pools walked" "$(walks)" "[2,2,0]"
if [ "$(id -u)" -eq 0 ]; then
    mkdir "$WORK/jail"
    ok "a child in a jail without /proc" recorded jail "$WORK/jail"
    is "... has its pools walked" "$(walks)" "[2,2,1]"
else
    skip "a child in a jail without /proc" "only root can jail it"
fi
done_testing
