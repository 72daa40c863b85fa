#!/usr/bin/env bash
# docs/production.md: the commands that say whether the recorder is in a process do so.
# SPDX-License-Identifier: MIT
. "$(dirname "$0")/../lib.sh"

# What the page gives to find processes with.
processes()
{
    sh -c "$(grep '^grep -l liblifeguard' "$SOURCE/docs/production.md")" 2>/dev/null |
        grep -c "^/proc/$1/"
}

waits_for_clients()
{
    wait_until [ -s "$WORK/port" ]
}

work
"$BUILD/samples/poold" -p 0 >"$WORK/port" 2>&1 &
plain=$!
at_exit kill "$plain"
ok "a daemon runs plain" waits_for_clients
is "... the recorder is not in it" "$(processes "$plain")" 0
: >"$WORK/port"
LD_PRELOAD=$BUILD/liblifeguard.so LIFEGUARD_DIR=$WORK/recording "$BUILD/samples/poold" -p 0 \
    >"$WORK/port" 2>&1 &
recorded=$!
at_exit kill "$recorded"
ok "another one with the recorder" waits_for_clients
is "... which is in it" "$(processes "$recorded")" 1
is "... and not in the first" "$(processes "$plain")" 0
ok "it is let go of" "$LIFEGUARD" detach "$recorded"
is "... which keeps the library mapped" "$(processes "$recorded")" 1
ok "... and info says that it was" grep -q '^let go of' <("$LIFEGUARD" info "$WORK/recording")
done_testing
