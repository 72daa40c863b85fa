#!/usr/bin/env bash
# What closes the gate and what does not: policy, suppressions, baseline; and lifeguard diff.
# SPDX-License-Identifier: MIT
. "$(dirname "$0")/../lib.sh"

# record NAME FAULT...
record()
{
    local name=$1
    shift
    "$LIFEGUARD" record -f -o "$WORK/$name" -- "$BUILD/samples/poold" --drive 3x30,12 \
        "${@/#/--fault=}" 2>/dev/null
}

# check STATUS NAME RECORDING OPTION...: a test, in the directory of the files
check()
{
    local expected=$1 name=$2 recording=$3
    shift 3
    status "$name: $expected" "$expected" "$LIFEGUARD" check "$@" "$recording"
}

said()
{
    ok "$1" grep -q -- "$2" out err
}

work
cd "$WORK" || exit 1
record clean && record leak leaked-subpool-restart && record grow growing-pool &&
    record both leaked-subpool-restart growing-pool || exit 1
"$LIFEGUARD" record -f -o warned -- "$BUILD/samples/poold" --drive 3x2,12 --fault=permanent-alloc \
    2>/dev/null || exit 1
"$LIFEGUARD" record -f -o unrestarted -- "$BUILD/samples/poold" --drive 3x30 2>/dev/null || exit 1

# --- the policy
echo '[rule leaked-subpool]
severity = warning' >mild.policy
check 0 "a policy takes it easy" leak --policy mild.policy
echo '[gate]
fail-on = warning' >strict.policy
check 1 "a policy is strict" warned --policy strict.policy
said "... the finding is told" ': error: .*\[permanent-pool-alloc\]$'
check 0 "... what it does not know passes" clean --policy strict.policy
printf '[rule growing-pool]\nsession = off\n' >sessions.policy
check 0 "what sessions do is not asked for" grow --policy sessions.policy
check 1 "... what the master does is" leak --policy sessions.policy
printf '[limit history]\ntag = ^Session Pool$\nbytes-per-command = 64\n' >64.policy
printf '[limit history]\ntag = ^Session Pool$\nbytes-per-command = 63\n' >63.policy
check 0 "64 bytes a command are within the limit" grow --policy 64.policy
check 1 "... and beyond one of 63" grow --policy 63.policy
said "... which is told" 'beyond the limit `history`'
check 1 "... what has no limit fails by its severity" both --policy 64.policy
is "... alone" "$(grep -c ': error: ' out)" 1
printf '[limit all]\nprocess = session\ncount-per-process = 1\n' >count.policy
check 1 "a limit of a warning" warned --policy count.policy
check 1 "... says nothing of other units" grow --policy count.policy
ok "... whose severity decides" eval '! grep -q "beyond the limit" out'
printf '[gate]\nfail-on = sometimes\n' >bad.policy
check 2 "a policy with a mistake" clean --policy bad.policy
said "... file, line and what was expected" 'bad.policy:2: .*expected error, warning, note or never'
check 2 "a policy that is not there" clean --policy nowhere.policy
said "... it is named" 'nowhere.policy'

# --- suppressions
check 1 "what to paste" both --generate-suppressions
cp out known.supp
is "... a line each, with what it is for" "$(grep -vc '^#' known.supp) $(grep -c '^# ERROR' known.supp)" "2 2"
check 0 "what is suppressed passes" both --suppressions known.supp
said "... and is counted" '2 suppressed'
check 0 "one that matches nothing is no failure" leak --suppressions known.supp
said "... but told with its place" 'known.supp:[0-9]*: suppression `growing-pool:.*matched nothing'
check 1 "... unless asked for" leak --suppressions known.supp --fail-on-stale
check 0 "... where all matched it is none" both --suppressions known.supp --fail-on-stale
grep leaked known.supp >a.supp
grep growing known.supp >b.supp
check 0 "several files" both --suppressions a.supp --suppressions b.supp --fail-on-stale
check 1 "... one of them is not enough" both --suppressions a.supp
for pattern in '^leak_subpool_at_restart$' 'samples/poold/fault.c$' '^poold$' 'leaked * pool'; do
    echo "leaked-subpool:$pattern" >one.supp
    check 0 "by '$pattern'" leak --suppressions one.supp --fail-on-stale
done
echo 'leaked-subpool:leak expires=2020-02-02 reason=long ago' >old.supp
check 1 "one that has expired does not hold" leak --suppressions old.supp
said "... which is told" 'old.supp:1: .*expired on 2020-02-02'
echo 'leaked-subpool:leak expires=2999-01-01 reason=until then' >long.supp
check 0 "one that will" leak --suppressions long.supp --fail-on-stale
echo 'leak:all' >bad.supp
check 2 "suppressions with a mistake" clean --suppressions bad.supp
said "... file, line and what was expected" 'bad.supp:1: .*expected.*growing-pool'
check 2 "suppressions that are not there" clean --suppressions nowhere.supp

# --- a gap
"$LIFEGUARD" api show proftpd | sed 's/^pool.size .*/pool.size = 0x40/' >gap.api
"$LIFEGUARD" record -o gap --api ./gap.api -- "$BUILD/samples/poold" --drive 3x30,20 2>/dev/null
check 3 "bytes that were not there" gap
printf '[gate]\ncoverage = 90%%\n' >gap.policy
check 0 "... are let pass by the policy" gap --policy gap.policy
said "... which is told" 'passed; .* % of what the pools hold was not traced, which the policy accepts'
printf '[gate]\n\ncoverage = 10%%\n' >bad.policy
check 2 "... not just any" gap --policy bad.policy
said "... file, line and what was expected" 'bad.policy:3: coverage = 10%: expected a percentage from 90%'

# --- the baseline
check 0 "a baseline is made" leak --baseline base --update-baseline
is "... with a line for it" "$(jq -r 'select(.rule) | .place' base)" 'poold!leak_subpool_at_restart'
check 0 "what is in it passes" leak --baseline base
said "... and is counted" '1 in the baseline'
check 1 "what is not fails" both --baseline base
is "... alone" "$(sed -n 's/.*: error: .*\[//p' out)" 'growing-pool]'
check 0 "what is gone passes" clean --baseline base
said "... and is told" 'no longer found: leaked-subpool'
check 0 "so does what could not come" unrestarted --baseline base --json unrestarted.json
said "... which is told as that" 'in the baseline, but not exercised: leaked-subpool'
is "... in JSON, too" "$(jq -c '[.gate.gone[] | .rule, .exercised]' unrestarted.json)" '["leaked-subpool",false]'
sed 's/"bytes": 96/"bytes": 48/' base >smaller
check 1 "what has grown fails" leak --baseline smaller
said "... by how much is told" 'grown .*96 B per restart; it was .*48 B per restart'
printf '[gate]\ntolerance = 100%%\n' >tolerant.policy
check 0 "... unless that is tolerated" leak --baseline smaller --policy tolerant.policy
"$LIFEGUARD" record -f -o longer -- "$BUILD/samples/poold" --drive 3x30,25 \
    --fault=leaked-subpool-restart 2>/dev/null
check 0 "more work is not more growth" longer --baseline base
cp base before
check 0 "an update of the same" longer --baseline base --update-baseline
ok "... changes nothing" cmp before base
check 0 "an update with less" clean --baseline base --update-baseline
is "... leaves the first line" "$(wc -l <base)" 1
check 0 "an update with more" both --baseline base --update-baseline
is "... is sorted" "$(jq -r 'select(.rule) | .rule' base)" $'growing-pool\nleaked-subpool'
check 0 "what is suppressed is not taken in" both --baseline new --update-baseline \
    --suppressions a.supp
is "... but what is not" "$(jq -r 'select(.rule) | .rule' new)" growing-pool
check 2 "a baseline that is not there" leak --baseline nowhere
check 2 "... cannot be made where nobody can write" leak --baseline nowhere/base --update-baseline
check 2 "--update-baseline of which?" leak --update-baseline

# --- what a root pool is asked for beyond the baseline fails, even once
check 0 "a baseline of what is clean" clean --baseline none --update-baseline
check 1 "what a session takes from a root pool is not in it" warned --baseline none
said "... which is told" 'not in the baseline: in a root pool, that fails whatever its severity'
printf '[rule permanent-pool-alloc]\nsession = off\n' >off.policy
check 0 "... unless nobody is to hear of it" warned --baseline none --policy off.policy
check 0 "... or it is accepted" warned --baseline accepted --update-baseline
check 0 "... by a baseline" warned --baseline accepted
sed 's/"bytes": 48/"bytes": 24/' accepted >half
check 1 "... which had less of it" warned --baseline half
echo 'permanent-pool-alloc:allocate_from_permanent_pool' >root.supp
check 0 "... or by a suppression" warned --baseline none --suppressions root.supp
check 0 "without a baseline it passes" warned
said "... and is named" ': warning: `permanent_pool`: 6 allocations'

{ cat before; echo '{"rule": "leaked-subpool"}'; } >bad
check 2 "a baseline with a mistake" leak --baseline bad
said "... file, line and what was expected" 'bad:3: expected'

# --- only what is a baseline is replaced by one
echo 'int main(void) { return 0; }' >mine.c
cp mine.c mine
check 2 "a file that is no baseline is not replaced by one" leak --baseline mine.c --update-baseline
ok "... it stays as it was" cmp mine.c mine
{ cat before && echo '<<<<<<< theirs'; } >conflict
check 2 "... nor is one with a mistake in it" leak --baseline conflict --update-baseline
said "... which is told by its line" "conflict:[0-9]*: expected"
ln -s nowhere/at-all link
check 2 "a link that leads to nothing is not replaced" leak --json link
ok "... it is still a link" test -L link
check 2 "two reports into one file" leak --json same --sarif same
check 2 "two baselines" leak --baseline before --baseline known

# --- what is no verdict is none whatever is accepted
cp -r clean damaged
zstd -dq --rm damaged/*.trace.zst
trace=$(find damaged -name '*.trace' | head -n 1)
truncate -s "$(($(stat -c %s "$trace") / 2 / 4096 * 4096 + 100))" "$trace"
check 3 "a damaged trace" damaged --policy mild.policy --suppressions known.supp --baseline before
cp before kept
check 3 "... makes no baseline" damaged --baseline kept --update-baseline
ok "... the one there stays as it was" cmp before kept
check 3 "--error-exitcode does not hide it" damaged --error-exitcode=0
check 0 "... but other failures, where it is asked to" both --error-exitcode=0
"$LIFEGUARD" record -f -o empty -- /bin/true 2>/dev/null
check 3 "an empty recording is no success" empty --error-exitcode=0
check 3 "... with everything accepted either" empty --baseline before --suppressions known.supp
check 2 "no recording at all" nowhere

# --- diff
diff_is()
{
    status "$1: $2" "$2" "$LIFEGUARD" diff "${@:4}"
    is "... what and how many" "$(tail -n 1 out)" "lifeguard diff: $3"
}
"$LIFEGUARD" report --format=json both >both.json
diff_is "from less to more something is new" 1 "1 new, 0 grew, 0 shrank, 0 fixed, 0 not exercised, 1 the same" leak both
said "... it is named" '^new *growing-pool: .*Session Pool'
diff_is "from more to less something is fixed" 0 "0 new, 0 grew, 0 shrank, 1 fixed, 0 not exercised, 1 the same" both leak
diff_is "more work is no more" 0 "0 new, 0 grew, 0 shrank, 0 fixed, 0 not exercised, 1 the same" leak longer
diff_is "a report in JSON will do" 0 "0 new, 0 grew, 0 shrank, 0 fixed, 0 not exercised, 2 the same" both.json both
diff_is "a baseline too" 0 "0 new, 1 grew, 0 shrank, 0 fixed, 0 not exercised, 0 the same" smaller leak
said "... with what it was" '^grew .*96 B per restart; it was .*48 B per restart'
diff_is "and the other way round" 0 "0 new, 0 grew, 1 shrank, 0 fixed, 0 not exercised, 0 the same" leak smaller
status "as JSON: 1" 1 "$LIFEGUARD" diff --format=json both.json warned
is "... the same" "$(jq -c '[(.came[], .went[]) | [.rule, .unit, .bytes]]' out)" \
    '[["permanent-pool-alloc","process",48],["growing-pool","command",64],["leaked-subpool","restart",96]]'
diff_is "an empty recording is no verdict" 3 \
    "0 new, 0 grew, 0 shrank, 0 fixed, 2 not exercised, 0 the same, NO VERDICT: a recording is not good enough to judge by" \
    both empty
"$LIFEGUARD" record -f -o calm -- "$BUILD/samples/poold" --drive 3x40 --fault=growing-pool \
    >/dev/null 2>&1
diff_is "where nobody restarted, a leak at restarts is not fixed: no verdict" 3 \
    "0 new, 0 grew, 0 shrank, 0 fixed, 1 not exercised, 1 the same" both calm
said "... it is named" '^not exercised leaked-subpool: .*leaked restart pool'
said "... both amounts of work come first" '^new    calm: 1 master, 3 sessions, 123 commands, 0 restarts'
# What it is called where somebody says so: in a recording, in its report, and in its rows.
sed -E 's/^(command +=.*)/\1 as=query/; s/^(connection +=.*)/\1 session=backend/' \
    "$SOURCE/preload/api/proftpd.api" >words.api
mkdir -m 700 named
"$BUILD/e2e/write_recording" named words.api sessions 3
"$LIFEGUARD" report --format=json named >named.json
"$LIFEGUARD" export --format=ndjson named >named.rows
for side in named named.json named.rows; do
    "$LIFEGUARD" diff $side both >out 2>err
    said "$side tells of its work in its own words" \
        "^old    $side: 1 master, 3 backends, [0-9]* queries, [0-9]* restart"
    said "... and the other side as it has them" '^new    both: .* sessions, [0-9]* commands, '
done
jq '.recording.units.command = "\u001b[31m"' named.json >hostile.json
"$LIFEGUARD" diff hostile.json both >out 2>err
said "... unless they are none" '^old    hostile.json: 1 master, 3 backends, [0-9]* commands, '
diff_is "... nor new" 3 "0 new, 0 grew, 0 shrank, 0 fixed, 1 not exercised, 1 the same" calm both
"$LIFEGUARD" report --format=json calm >calm.json
diff_is "... nor by a report in JSON" 3 \
    "0 new, 0 grew, 0 shrank, 0 fixed, 1 not exercised, 1 the same" both.json calm.json
status "... as JSON" 3 "$LIFEGUARD" diff --format=json both calm
is "... neither came nor went, by this work" \
    "$(jq -c '[.came, .went, [.not_exercised[].rule], .work.old.restart > 0, .work.new.restart]' out)" \
    '[[],[],["leaked-subpool"],true,0]'
jq '.recording.lost_events = 1' both.json >lost.json
status "a report that tells of losses: 3" 3 "$LIFEGUARD" diff both lost.json
status "what cannot be read: 2" 2 "$LIFEGUARD" diff both nowhere
said "... is named" nowhere
status "what is neither: 2" 2 "$LIFEGUARD" diff both out
status "one alone: 2" 2 "$LIFEGUARD" diff both
done_testing
