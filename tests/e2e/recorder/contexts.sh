#!/usr/bin/env bash
# Memory contexts as database servers have them, described by what their chunks and variables say.
# SPDX-License-Identifier: MIT
. "$(dirname "$0")/../lib.sh"

# The pools at the end, as contexts.c prints its own: "LEVEL NAME BYTES".
pools()
{
    "$LIFEGUARD" tree "$1" --format=json |
        jq -r 'def pools($level): "\($level) \(.tag) \(.bytes)", (.children[] | pools($level + 1));
            .processes[0].pools[] | pools(0)' | sort
}

roots()
{
    "$LIFEGUARD" tree "$1" --format=json | jq -c '[.processes[0].pools[] | [.tag, .role]] | sort'
}

work
api=$SOURCE/tests/e2e/programs/contexts.api
"$BUILD/e2e/contexts" | sort >"$WORK/plain"
status "contexts are recorded" 0 "$LIFEGUARD" record --api="$api" -o "$WORK/recording" -- \
    "$BUILD/e2e/contexts"
is "the program says the same" "$(sort "$WORK/out")" "$(cat "$WORK/plain")"
is "the pools, their parents and bytes are the program's own" "$(pools "$WORK/recording")" \
    "$(cat "$WORK/plain")"
is "the one that the cycle points at is a root, another without a parent is none" \
    "$(roots "$WORK/recording")" '[["other",null],["top","top"]]'
report "$WORK/recording"
is "nothing is lost" "$(json .recording.lost_events)" 0
is "an allocation from the root is told" \
    "$(json '[.findings[] | select(.rule == "permanent-pool-alloc") | [.pool.role, .bytes]]')" \
    '[["top",64]]'
is "a context that did not end is used no more wrongly than one that is alive" \
    "$(json '[.findings[] | select(.rule | test("destroy"))]')" '[]'
"$LIFEGUARD" info "$WORK/recording" >"$WORK/info"
is "the calls that did nothing are no events: made" "$(told 'pools made')" 8
is "... and destroyed" "$(told destroyed)" 1
is "... given back" "$(told 'of the allocations given back')" 24
is "all that is given back was seen to be taken" "$(grep -c 'nobody was seen' "$WORK/info")" 0
is "what is given back does not grow" \
    "$(json '[.findings[] | select(.rule == "growing-pool")]')" '[]'

sed '/^give_back/d; /^resize/d; s/ object=ret//' "$api" >"$WORK/taking.api"
"$LIFEGUARD" record --api="$WORK/taking.api" -o "$WORK/taking" -- "$BUILD/e2e/contexts" >/dev/null
report "$WORK/taking"
is "... which it would, were it not seen" \
    "$(json '[.findings[] | select(.rule == "growing-pool") | [.pool.tag, .count, .bytes]]')" \
    '[["session",19,1216]]'

# As where chunks do not tell their context, but for another version of the program.
sed -E 's/^(give_back .*) pool=[^ ]*/\1 pool=global:current/
    s/^(resize .*) pool=[^ ]* (.*)/&  unless=context_reset\n\1 pool=global:current \2 of=object if=context_reset/' \
    "$api" >"$WORK/version.api"
is "two entries of versions" "$(grep -c '^resize' "$WORK/version.api")" 2
"$LIFEGUARD" record --api="$WORK/version.api" -o "$WORK/version" -- "$BUILD/e2e/contexts" >/dev/null
is "... what is resized stays in the pool that it is of" "$(pools "$WORK/version")" \
    "$(cat "$WORK/plain")"
is "... by the entry that is meant" "$("$LIFEGUARD" info "$WORK/version" | grep -c 'resize (realloc)')" 1
sed -i 's/ of=object//' "$WORK/version.api"
"$LIFEGUARD" record -f --api="$WORK/version.api" -o "$WORK/version" -- "$BUILD/e2e/contexts" >/dev/null
ok "... which the current one is not" \
    test "$(pools "$WORK/version")" != "$(cat "$WORK/plain")"

sed 's/global:current/global:nothing/' "$api" >"$WORK/nothing.api"
ok "a variable that is not there" "$LIFEGUARD" record --api="$WORK/nothing.api" \
    -o "$WORK/nothing" -- "$BUILD/e2e/contexts"
ok "... is told, and its function not hooked" \
    grep -q 'take_array.*: there is no variable nothing' \
    <("$LIFEGUARD" info "$WORK/nothing")
done_testing
