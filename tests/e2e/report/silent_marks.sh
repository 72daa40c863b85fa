#!/usr/bin/env bash
# A mark that is hooked and never fires: its units cannot be counted, and that is said, also where
# others are. The compiler may have put it into its callers.
# SPDX-License-Identifier: MIT
. "$(dirname "$0")/../lib.sh"
work

# FUNCTION: commands begin there.
record()
{
    "$LIFEGUARD" api show proftpd | sed "s/^command *=.*/command = $1/" >"$WORK/marks.api"
    "$LIFEGUARD" record -f -o "$WORK/recording" --api "$WORK/marks.api" -- "$BUILD/samples/poold" \
        --drive 2x10,5 2>"$WORK/err" && report "$WORK/recording" &&
        "$LIFEGUARD" report "$WORK/recording" >"$WORK/out" && "$LIFEGUARD" info "$WORK/recording" >"$WORK/info"
}

ok "marks that fire" record pr_cmd_read
is "... are no word" "$(json .recording.silent_marks; grep -c 'was never called' "$WORK/out" "$WORK/info" | cut -d: -f2)" \
    $'[]\n0\n0'
ok "a function that is never called" record faults_list
is "... is told" "$(json .recording.silent_marks)" '[{"function":"faults_list","unit":"command"}]'
ok "... to people" grep -q '^ *faults_list was never called: commands cannot be counted$' "$WORK/out"
ok "... by info" grep -q '^not counted *faults_list was never called: commands cannot be counted$' "$WORK/info"
ok "... beside what was counted" jq -e '.recording.work.restart > 0' "$WORK/report.json"

# --- user shadow stacks, before anything is recorded ---

check_built() # FLAG...
{
    "${CC:-cc}" -std=gnu11 -O1 -g -rdynamic "$@" "$SOURCE"/samples/poold/*.c -o "$WORK/poold" &&
        "$LIFEGUARD" api check proftpd -- "$WORK/poold" >"$WORK/checked" &&
        "$LIFEGUARD" api check --format=json proftpd -- "$WORK/poold" >"$WORK/checked.json"
}
ok "a program that is not built for a shadow stack" check_built -fcf-protection=none
is "... is no word" "$(grep -c SHSTK "$WORK/checked"; jq .shadow_stack "$WORK/checked.json")" $'0\nfalse'
ok "one that is" check_built -fcf-protection=full -Wl,-z,shstk
is "... is told so" "$(grep -c SHSTK "$WORK/checked"; jq .shadow_stack "$WORK/checked.json")" $'1\ntrue'
is "the recorder itself is not" \
    "$(readelf -n "$BUILD/liblifeguard.so" | grep -c SHSTK)" 0
done_testing
