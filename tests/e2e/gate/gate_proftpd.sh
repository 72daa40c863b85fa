#!/usr/bin/env bash
# The gate of Debian's ProFTPD with its modules: what is wrong with it from the start closes the
# gate once, and never again when it is in the baseline, however much work another run does.
# SPDX-License-Identifier: MIT
. "$(dirname "$0")/../lib.sh"

# record NAME RESTARTS ROUNDS: as many restarts, then three sessions of that many rounds.
record()
{
    local i
    for ((i = 0; i < $3; i++)); do
        printf 'quote = "%s"\n' NOOP PWD 'CWD .' 'MDTM download'
    done >"$WORK/commands"
    proftpd_prepare "$WORK/proftpd" modules &&
        proftpd_start "$LIFEGUARD" record -o "$WORK/$1" -- || return
    for ((i = 0; i < $2; i++)); do
        proftpd_restart || return
    done
    for i in 1 2 3; do
        ftp_curl --output /dev/null --config "$WORK/commands" @/ || return
    done
    proftpd_stop
}

check()
{
    status "$1: $2" "$2" "$LIFEGUARD" check "${@:3}"
}

need_proftpd
work
ok "ProFTPD at work, recorded" record first 4 10
ok "... and once more, with more work" record second 6 17
check "without a baseline its own errors close the gate" 1 "$WORK/first"
check "a baseline without names" 1 --baseline "$WORK/named" --update-baseline "$WORK/first"
ok "... does not take in what others may share" grep -qE 'weak findings? w(as|ere) left out: frames' "$WORK/err"
check "a baseline of all" 0 --baseline "$WORK/baseline" --update-baseline --allow-weak "$WORK/first"
ok "... has the pools that leak" test "$(grep -c '"leaked-subpool"' "$WORK/baseline")" \
    -eq "$(proftpd_delay_is_shared && echo 3 || echo 2)"
check "... passes the other run" 0 --baseline "$WORK/baseline" "$WORK/second"
is "... in which nothing is gone" "$(grep -c 'no longer found' "$WORK/out")" 0
cp "$WORK/baseline" "$WORK/updated"
check "the baseline of the other run" 0 --baseline "$WORK/updated" --update-baseline --allow-weak \
    "$WORK/second"
is "... has the same lines" "$(jq -c '[.fingerprint, .unit]' "$WORK/updated")" \
    "$(jq -c '[.fingerprint, .unit]' "$WORK/baseline")"
status "lifeguard diff finds nothing either" 0 "$LIFEGUARD" diff "$WORK/first" "$WORK/second"
check "suppressions for all" 1 --generate-suppressions "$WORK/first"
cp "$WORK/out" "$WORK/suppressions"
check "... pass the other run" 0 --suppressions "$WORK/suppressions" --fail-on-stale "$WORK/second"
done_testing
