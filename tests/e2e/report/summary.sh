#!/usr/bin/env bash
# What findings hold in blocks, and what a report begins with: the worst moment of each kind of
# process, and the worst findings in a line each, ordered by what they cost.
# SPDX-License-Identifier: MIT
. "$(dirname "$0")/../lib.sh"

# record NAME DRIVE FAULT...
record()
{
    local name=$1 drive=$2
    shift 2
    "$LIFEGUARD" record -f -o "$WORK/$name" -- "$BUILD/samples/poold" --drive "$drive" \
        "${@/#/--fault=}" >/dev/null 2>&1
}

# The bytes in the blocks of all pools of the tag $2 at the end of recording $1.
capacity()
{
    "$LIFEGUARD" tree --format=json "$WORK/$1" |
        jq "[.. | objects | select(.tag? == \"$2\" and .capacity?) | .capacity] | add"
}

brief()
{
    "$LIFEGUARD" report --brief "$WORK/$1" >"$WORK/brief"
}

# What is taken from the root pool without growth: which lines, and how many findings.
root_lines()
{
    sed -n '/^   # /,/^$/p' "$WORK/brief" | grep -c ' once .*and 2 more *permanent_pool '
    report "$WORK/root"
    json '[.findings[] | select(.rule == "permanent-pool-alloc")] | length'
}

work
${CC:-cc} -g -O1 -rdynamic -I"$SOURCE/samples/poold" -x c - "$SOURCE/samples/poold/pool.c" \
    -o "$WORK/lazy" 2>"$WORK/err" <<'END'
extern struct pool *permanent_pool;
void init_pools(void);
void *palloc(struct pool *from, unsigned long size);
int pr_cmd_read(void **command);
static volatile int commands;
__attribute__((noinline)) int pr_cmd_read(void **command) { return commands += command != 0; }
__attribute__((noinline)) static void first(void) { commands += !palloc(permanent_pool, 8); }
__attribute__((noinline)) static void second(void) { commands += !palloc(permanent_pool, 16); }
__attribute__((noinline)) static void third(void) { commands += !palloc(permanent_pool, 24); }
int main(void)
{
    void *command;
    init_pools();
    for (int i = 0; i < 12; i++) {
        pr_cmd_read(&command);
        if (i == 4) {
            first();
            second();
            third();
        }
    }
    return 0;
}
END
record leak 3x40 leaked-by-helper && record both 1x40 leaked-by-helper growing-pool &&
    record callers 1x30 leaked-by-callers && record clean 3x40,5 || exit 1

report "$WORK/leak"
held=$(json '.findings[0].held_bytes')
is "what is held is what the blocks have" "$held" "$(capacity leak 'pool of a helper')"
ok "... more than what was asked for" [ "$held" -gt "$((10 * $(json '.findings[0].bytes')))" ]
is "... read from them" "$(json '.findings[0].held_estimated')" false
is "... and no more at its largest" "$(json '.findings[0].peak_bytes')" "$held"
is "... of one pool in each unit" "$(json '.findings[0] | .held_per_unit == .held_bytes / .count')" true

is "the worst moment of each kind" "$(json '[.worst_moments[].kind]')" '["master","session"]'
is "... the session's by whom" \
    "$(json '.worst_moments[1].holders[0] | .name == "pool of a helper" and .pools > 30')" true
is "... it has held all that it is said to" \
    "$(json '.worst_moments[1] | .peak_bytes >= (.holders | map(.held_bytes) | add)')" true
is "... against what it has in the end" \
    "$(json '.worst_moments[1] | .held_bytes > 0 and .held_bytes <= .peak_bytes')" true

brief leak
ok "a line tells it" grep -q '^  worst     session [0-9]* at .* in the end .* in [34][0-9] x `pool of a helper`' "$WORK/brief"
is "the summary has a line" "$(sed -n '/^   # /,/^$/p' "$WORK/brief" | grep -c '^   1  error')" 1
ok "... with the place" grep -q 'fault.c:[0-9]*  pool of a helper  session [0-9]* and 2 more' "$WORK/brief"
ok "--brief ends there" bash -c '! grep -q "pool made at" "$1"' - "$WORK/brief"
ok "... and tells the totals" grep -qx '1 error, 0 warnings, 0 notes' "$WORK/brief"

report "$WORK/both"
is "what holds most comes first, not what is first in the alphabet" \
    "$(json '[.findings[] | select(.severity == "error") | .rule]')" \
    '["leaked-subpool","growing-pool"]'
is "... in numbers" "$(json '[.findings[].peak_bytes] | . == (sort | reverse)')" true

brief callers
is "no two lines are alike" "$(sed -n '/^   # /,/^$/p' "$WORK/brief" | grep -oE '[a-z_]*\.c:[0-9]+' | sort | uniq -d)" ''
report "$WORK/callers"
is "the place is the caller that forgets" "$(json '[.findings[].place] | sort')" \
    '["poold!forget_large_thing","poold!forget_thing"]'
is "... and it is told where the others end" \
    "$(json 'all(.findings[]; any(.others_destroyed[].function; . != null and test("^(use_thing|leak_by_two)")))')" true

"$LIFEGUARD" record --api=proftpd -f -o "$WORK/root" -- "$WORK/lazy" >/dev/null 2>&1
brief root
is "places in a root pool without growth are one line of three" "$(root_lines)" $'1\n3'

brief clean
ok "without a finding the worst moments are told" grep -q '^  worst     master' "$WORK/brief"
is "... and no summary" "$(grep -c '^   # ' "$WORK/brief")" 0
done_testing
