#!/usr/bin/env bash
# One cause is one finding, by however many ways the program comes to it: in every format, in
# suppressions, and against a baseline that has each way as a finding of its own, as earlier versions
# wrote it.
# SPDX-License-Identifier: MIT
. "$(dirname "$0")/../lib.sh"

# check STATUS NAME OPTION...: a test
check()
{
    local expected=$1 name=$2
    shift 2
    status "$name: $expected" "$expected" "$LIFEGUARD" check "$@" recording
}

said()
{
    ok "$1" grep -q -- "$2" out err
}

# The baseline that version 0.1.0 wrote of this recording, without the findings in lines $1 (for sed).
old_baseline()
{
    local id nearby
    echo '{"lifeguard-baseline": 1}'
    sed "${1}d" <<'ids' | while read -r id nearby; do
0c2548183ec49409 e67f65ad57ec301b
5145029008c03f33 2486a19e002d9105
813c7296018200b2 2b0505598ea00ac8
9a89663091d095d8 60bbd2c56bc63cfe
b9797028b4782ebb f898ade60d76f685
cb149d0ac06643d4 d9b4661430de20a2
d7d1fb7f512baf9d 069a183eb6825157
f1fb99b7701ef157 e71362155a74e00d
ids
        printf '{"rule": "leaked-subpool", "kind": "session", "pool": "%s", "place": "%s", "unit": "command", "count": 1, "bytes": 40, "fingerprint": "%s", "nearby": "%s"}\n' \
            'permanent_pool > Session Pool > pool of a helper' 'poold!look_something_up' "$id" "$nearby"
    done
}

work
cd "$WORK" || exit 1
"$LIFEGUARD" record -o recording -- "$BUILD/samples/poold" --drive 3x60 --fault=leaked-by-helper \
    2>/dev/null || exit 1

report recording
is "eight ways, one finding, of all pools" "$(json '[.findings[] | [.count, .bytes, (.places | length)]]')" \
    '[[180,7200,8]]'
is "... at the place that is to blame" "$(json '.findings[0].place')" '"poold!look_something_up"'
is "... the ways add up" "$(json '.findings[0].places | map(.count) | add')" 180
ok "the report counts the ways" bash -c '"$1" report recording | grep -q "called in 8 ways"' - "$LIFEGUARD"

check 1 "the gate" --sarif sarif --junit junit
is "... one failure" "$(grep -c ': error: ' out)" 1
is "... one result in SARIF" "$(jq '.runs[0].results | length' sarif)" 1
is "... one failure in JUnit" "$(grep -c '<failure' junit)" 1

old_baseline 99 >old
check 0 "a baseline of before has each way" --baseline old
said "... as one finding" '1 in the baseline: passed'
ok "... of which all was found again" bash -c '! grep -q "no longer found" out'
old_baseline 3 >less
check 1 "a way that it has not" --baseline less
said "... is told" 'not in the baseline: poold!look_something_up'
is "... alone" "$(grep -c 'not in the baseline' out)" 1

check 0 "a baseline of today" --baseline new --update-baseline
is "... has one entry" "$(grep -c fingerprint new)" 1
check 0 "... which holds" --baseline new

check 1 "what to paste" --generate-suppressions
ok "... is one line" grep -qxF 'leaked-subpool:^look_something_up$' out
echo 'leaked-subpool:^look_something_up$' >place
check 0 "the place is suppressed" --suppressions place
echo 'leaked-subpool:^handle_north$' >one
check 1 "one way of eight is" --suppressions one
printf 'leaked-subpool:^handle_%s$\n' north east south west up down left right >all
check 0 "all ways are" --suppressions all
done_testing
