#!/usr/bin/env bash
# What grows in a server after it was attached to is found, with the fingerprints of a recording from
# the start: servers of all pool systems, into which two mistakes are planted. ProFTPD has its own,
# see attach_proftpd.sh.
# SPDX-License-Identifier: MIT
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../servers.sh"

build()
{
    ${CC:-cc} -std=gnu11 -g -O1 -fno-optimize-sibling-calls -fPIC -shared -o "$WORK/planted.so" \
        "$SOURCE/tests/e2e/programs/planted/planted.c"
}

ask()
{
    local i
    for ((i = 0; i < $1; i++)); do
        server_ask >"$WORK/answer" 2>&1 || return
    done
}

from_the_start()
{
    server_begin "$1" env LD_PRELOAD="$WORK/planted.so" "$LIFEGUARD" record -f \
        -o "$WORK/records/$1" -- && ask 25
}

# The server has worked already.
attached()
{
    server_begin "$1" env LD_PRELOAD="$WORK/planted.so" && ask 5 &&
        "$LIFEGUARD" attach -o "$WORK/records/$1.attached" "$served" && ask 20 &&
        "$LIFEGUARD" detach "$served"
}

# planted RECORDING SEVERITY...: what was planted, as found in it: rule and fingerprint, of the finding
# and of each way to it. But smbd sends by its clock, too: that it will answer later, where a request takes
# longer than half a millisecond. Which do, no two recordings have in common.
planted()
{
    report "$WORK/records/$1" || return
    shift
    jq -r --args '.findings[] | select(IN(.severity; $ARGS.positional[]) and any(.stack, .pool.created | arrays[];
            .module | strings | endswith("planted.so"))) | .rule as $rule
        | .fingerprint, (.places[] |
            select(any(.stack[]?; .function == "tevent_common_invoke_timer_handler") | not) | .fingerprint)
        | "\($rule) \(.)"' "$@" <"$WORK/report.json" | sort -u
}

# KIND RULE...: by these rules it is found. From the start there may be more places: what a server does
# when a client comes, and what it did too seldom for an error.
finds()
{
    local kind=$1 whole attached
    shift
    server_have "$kind" || return
    status "$kind, recorded from the start" 0 from_the_start "$kind"
    server_end
    is '... ends as ever' "$?" "$(server_status "$kind")"
    whole=$(planted "$kind" error warning)
    status '... attached to when it has worked for a while' 0 attached "$kind"
    server_end
    is '... ends as ever' "$?" "$(server_status "$kind")"
    attached=$(planted "$kind.attached" error)
    is '... all that was planted is found' "$(cut -d' ' -f1 <<<"$attached" | sort -u | tr '\n' ' ')" "$* "
    is '... with the fingerprints of a recording from the start' \
        "$(comm -23 <(echo "$attached") <(echo "$whole"))" ''
    echo "# $(wc -l <<<"$attached") of $(wc -l <<<"$whole")"
    is '... and nothing else is an error' "$(json '[.findings[] | select(.severity == "error") |
        select(any(.stack, .pool.created | arrays[]; .module | strings | endswith("planted.so")) | not)]')" '[]'
}

work
mkdir -m 1777 "$WORK/records" # some servers are not the user's who tests
ok 'mistakes to plant are built' build
finds freeradius growing-pool leaked-subpool
finds smbd permanent-pool-alloc
finds postgresql growing-pool leaked-subpool
finds prefork growing-pool leaked-subpool
finds event growing-pool leaked-subpool
finds nginx leaked-subpool permanent-pool-alloc
done_testing
