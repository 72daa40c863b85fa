#!/usr/bin/env bash
# Debian's httpd at work, one process or one thread a connection, with restarts of both kinds: the
# recorder changes nothing in it, loses nothing, and finds no fault in it.
# SPDX-License-Identifier: MIT
. "$(dirname "$0")/../lib.sh"
. "$SOURCE/tests/e2e/programs/web/lib.sh"
SIGNALS='HUP USR1 HUP USR1'

expect_clean()
{
    report "$WORK/$1.rec"
    valid_report
    "$LIFEGUARD" info "$WORK/$1.rec" >"$WORK/info"
    is "... the description of APR is used" "$(json .recording.api)" '"apr"'
    is "... no event is lost" "$(json .recording.lost_events)" 0
    is "... 100 % of bytes" "$(json .recording.coverage.mismatches)" 0
    ok "... in every pool that ended" \
        test "$(json .recording.coverage.pools)" -ge "$(told destroyed)"
    is "... no error, and no warning but of the start" \
        "$(json '[.findings[] | select(.severity != "note") | .phase] | unique')" '["start-up"]'
    is "... four restarts" "$(told restarts)" 4
    # Each connection's last request is the one that does not come.
    is "... and as many requests as were made" "$(told requests)" $((5 * 5 * (5 + 1)))
    status "... passes the gate" 0 "$LIFEGUARD" check "$WORK/$1.rec"
    [ "$1" != prefork ] || simulated "$WORK/$1.rec" 1000 # threads share allocators
}

work
need_sample web httpd
for kind in prefork event; do
    [ "$kind" = prefork ] && children=2 || children=1
    web_prepare "$WORK/$kind" "$kind"
    status "httpd, $kind, as it is" 0 serve plain "$children" TERM
    status "... and recorded" 0 serve recorded "$children" TERM \
        "$LIFEGUARD" record -o "$WORK/$kind.rec" --
    same_as_plain
    expect_clean "$kind"
done
done_testing
