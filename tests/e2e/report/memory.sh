#!/usr/bin/env bash
# What a process has in memory beside what its pools hold: report, processes and top tell how much
# of what it grew pools explain, and say so where that is not known.
# SPDX-License-Identifier: MIT
. "$(dirname "$0")/../lib.sh"

MB=$((1 << 20))

# record NAME ARGUMENT...: the program with these, into $WORK/NAME.
record()
{
    "$LIFEGUARD" record --api="$SOURCE/tests/e2e/programs/memory.api" -o "$WORK/$1" -- \
        "$BUILD/e2e/memory" "${@:2}"
}

# rss NAME FILTER: of what is told of the only process of that recording.
rss()
{
    "$LIFEGUARD" report --format=json "$WORK/$1" | jq -c ".memory[0].rss | $2"
}

work
# The kernel counts a process's pages in steps: of 24 MB a few hundred KB may be missing.
ok "a program that grows from its pool" record pools pools 96
ok "... is larger by what it took" test "$(rss pools ".growth_bytes / $MB | floor")" -ge 23
ok "... and pools hold nearly all of it" test "$(rss pools ".pools_bytes / $MB | floor")" -ge 23
is "... in words" "$("$LIFEGUARD" report --brief "$WORK/pools" |
    sed -nE 's/^  memory    master [0-9]+ grew from [0-9.]+ [KM]B to [0-9.]+ MB: (pools hold).* of 2[3-9]\.[0-9] MB (that it grew); (at its end: not known)$/\1, \2, \3/p')" \
    'pools hold, that it grew, at its end: not known'
is "... and for programs" "$(rss pools .now_bytes)$(rss pools .last_bytes)" nullnull
ok "a program that grows beside its pools" record malloc malloc 96
ok "... is larger by what it took" test "$(rss malloc ".growth_bytes / $MB | floor")" -ge 23
ok "... and pools hold next to nothing of it" test "$(rss malloc .pools_bytes)" -lt 65536
ok "... which is said" grep -q 'that it grew: look at malloc; ' \
    <("$LIFEGUARD" report --brief "$WORK/malloc")
is "... for programs, too" "$(rss pools .elsewhere)$(rss malloc .elsewhere)" falsetrue
is "processes tell the same" \
    "$("$LIFEGUARD" processes --format=json "$WORK/malloc" | jq -c '.processes[0].rss')" "$(rss malloc .)"
ok "... in columns" grep -qE 'RSS +RSS GROWTH' <("$LIFEGUARD" processes "$WORK/malloc")
ok "the page has it" sh -c "'$LIFEGUARD' html -o '$WORK/page.html' '$WORK/malloc' &&
    grep -q '\"rss\":{' '$WORK/page.html'"
ok "a program that was larger before it became this one" record larger larger pools 8
is "... has a peak of before, so that its growth is not known" "$(rss larger .)" null
ok "... which is said" grep -q 'growth is not known: its peak was before it was recorded' \
    <("$LIFEGUARD" report --brief "$WORK/larger")
ok "... unless it grows beyond that" record beyond larger pools 320
ok "... and then it is what pools hold" test "$(rss beyond ".growth_bytes / $MB | floor")" -ge 79
ok "top shows what has ended as not known" grep -q '^RSS not known' \
    <("$LIFEGUARD" top -b -n 1 "$WORK/pools")
done_testing
