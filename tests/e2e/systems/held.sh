#!/usr/bin/env bash
# A pool is unreachable if nothing holds it, and only then: in whatever memory a pointer to it lies,
# in a process that runs, in its child, in a core file and as it is recorded.
# SPDX-License-Identifier: MIT
. "$(dirname "$0")/../lib.sh"
work
lost='["lost","lost above","lost in freed memory","lost ring","lost with its own object"]'

# held ARGUMENT...: the program runs until end_held; $pid is whose pools are to be looked at.
held()
{
    : >"$WORK/pid"
    rm -f "$WORK/input"
    mkfifo "$WORK/input"
    "$@" <"$WORK/input" >"$WORK/pid" &
    exec {input}>"$WORK/input"
    until [ -s "$WORK/pid" ]; do
        sleep 0.02
    done
    pid=$(<"$WORK/pid")
}

end_held()
{
    exec {input}>&-
    wait $!
}

# NAME, what is scanned
scanned()
{
    "$LIFEGUARD" scan --format=json "$2" >"$WORK/scan.json" 2>"$WORK/err"
    is "$1: what nothing holds is unreachable, and nothing else" \
        "$(jq -c '[.systems[].findings[] | select(.rule == "unreachable-subpool") | .pool.tag] | unique' \
            "$WORK/scan.json")" "$lost"
}

held "$BUILD/e2e/held"
scanned "a process" "$pid"
if command -v gcore >/dev/null; then
    gcore -o "$WORK/core" "$pid" >/dev/null 2>&1
    scanned "its core file" "$WORK/core.$pid"
else
    skip "its core file" "gcore is not installed"
fi
end_held
held "$BUILD/e2e/held" fork
scanned "a child" "$pid"
end_held
held env LD_PRELOAD="$BUILD/liblifeguard.so" LIFEGUARD_DIR="$WORK/beside" "$BUILD/e2e/held"
scanned "one that is recorded" "$pid"
end_held

for mode in '' --survivors; do
    for how in '' fork; do
        # shellcheck disable=SC2086
        "$LIFEGUARD" record -f $mode --walk=units -o "$WORK/recording" -- "$BUILD/e2e/held" $how \
            </dev/null >"$WORK/out" 2>&1
        report "$WORK/recording"
        is "recorded${mode:+, with $mode}${how:+, with a child}: so are they" "$(json '[.findings[] |
            select(.rule == "unreachable-subpool") |
            [.pool.created[1].function, .reachability.unreachable]]')" '[["lose",6]]'
    done
done
done_testing
