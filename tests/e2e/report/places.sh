#!/usr/bin/env bash
# A pool that grows, by which places: what leaks into session.pool of Debian's ProFTPD from several
# functions and in several sessions is told apart, by the report, by the gate and by diff.
# SPDX-License-Identifier: MIT
. "$(dirname "$0")/../lib.sh"

# record NAME SESSION...: each session is a list of faults, one a command, $rounds times over.
record()
{
    local name=$1 session fault i
    shift
    proftpd_prepare "$WORK/proftpd" faults &&
        proftpd_start "$LIFEGUARD" record -o "$WORK/$name" -- || return
    for session; do
        for ((i = 0; i < rounds; i++)); do
            for fault in $session; do
                echo "quote = \"SITE FAULT $fault\""
            done
        done >"$WORK/commands"
        ftp_curl --output /dev/null --config "$WORK/commands" @/ || return
    done
    proftpd_stop
}

check()
{
    status "$1: $2" "$2" "$LIFEGUARD" check --source-root="$SOURCE" "${@:3}"
}

said()
{
    ok "$1" grep -q -- "$2" "$WORK/out"
}

baseline()
{
    check "a baseline of $1" 0 --baseline "$WORK/base" --update-baseline --allow-weak "$WORK/$1"
}

growth='[.findings[] | select(.rule == "growing-pool" and .pool.tag == "Session Pool")] | sort_by(-.per_unit.bytes)'
pool=growing-pool string=growing-string array=growing-array
need_proftpd
work
cd "$WORK" || exit 1
rounds=30
ok "ProFTPD is recorded with a leak" record one $pool
ok "... with another one in another session" record two $pool $string
ok "... with that one instead" record swapped $array
rounds=10
ok "... with two in one session" record mixed "$string $pool $pool"
ok "... and one of them changed" record other "$string $array $array"

report mixed
is "each place has its own growth" \
    "$(json "[$growth | .[] | [.place, .per_unit.bytes, .per_unit.grew, .bytes]]")" \
    '[["mod_faults.so!concatenate_in_session_pool",240,10,2400],["mod_faults.so!keep_temporary_data_in_session_pool",64,20,1280]]'
printf '[limit x]\nrule = growing-pool\nbytes-per-command = 250\n' >250.policy
printf '[limit x]\nrule = growing-pool\nbytes-per-command = 100\n' >100.policy
check "no command grew by more than 250 bytes" 0 --policy 250.policy mixed
check "some did by more than 100" 1 --policy 100.policy mixed
said "... it is told by how much" 'beyond the limit `x`: 4 allocations, 240 B per command'
check "... or in one of several sessions" 1 --policy 100.policy two
check "... but not in others" 0 --policy 100.policy one

report two
is "the growth of each place is told" "$(json "$growth | [.[].per_unit.bytes]")" '[240,64]'
pids=$(json "$growth | [.[].places[].per_unit.pid]")
is "... of whom is told" "$pids" "$(json "$growth | [.[].pids[]]")"
"$LIFEGUARD" report --format=json --pid="$(jq '.[1]' <<<"$pids")" two >report.json
is "one session alone has its own growth" \
    "$(json "$growth | [length, (.[0] | .per_unit.bytes, .bytes, (.pids | length))]")" '[1,64,1920,1]'

baseline one
check "a leak that came in another session fails" 1 --baseline base two
said "... at its line" '^samples/proftpd/mod_faults.c:[0-9]*: error: .*+240 B'
said "... by its name" '^    concatenate_in_session_pool < '
is "... and by no other" "$(grep -c keep_temporary out)" 0
status "lifeguard diff: 1" 1 "$LIFEGUARD" diff one two
said "... tells what is new" '^lifeguard diff: 1 new, 0 grew, 0 shrank, 0 fixed,'
baseline swapped
check "a leak that took another's place fails, smaller as it is" 1 --baseline base --sarif sarif one
said "... by its name" '^    keep_temporary_data_in_session_pool < '
status "lifeguard diff: 1" 1 "$LIFEGUARD" diff swapped one
said "... tells both" '^lifeguard diff: 1 new, 0 grew, 0 shrank, 1 fixed,'
baseline mixed
check "what is known passes" 0 --baseline base mixed
check "... and less" 0 --baseline base one
check "of several places what is new is blamed" 1 --baseline base --sarif sarif other
said "... at its line" '^samples/proftpd/mod_faults.c:8[5-9]: error: '
is "... in SARIF too" \
    "$(jq -c '.runs[0].results[] | select(.baselineState == "new" and .level == "error") | .locations[0].logicalLocations[0].fullyQualifiedName' sarif)" \
    '"mod_faults.so!fill_array_in_session_pool"'
sed 's/"bytes": 240/"bytes": 120/g' base >smaller
check "what grew is blamed" 1 --baseline smaller mixed
said "... with what it was" 'grown .*240 B per command; it was .*120 B'

check "suppressions name the functions" 1 --generate-suppressions one
grep '^growing-pool' out >known.supp
is "... not the pool" "$(cat known.supp)" 'growing-pool:^keep_temporary_data_in_session_pool$'
check "... what they do not name fails" 1 --suppressions known.supp two
said "... at its line" 'concatenate_in_session_pool'
echo 'growing-pool:^concatenate_in_session_pool$' >>known.supp
check "... and passes when it is named, too" 0 --suppressions known.supp --fail-on-stale two
done_testing
