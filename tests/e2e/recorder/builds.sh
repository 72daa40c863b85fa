#!/usr/bin/env bash
# The sample's pools as compilers build them when they may inline what they like: what is found is
# the same, and what is not seen then is told before, and costs the verdict.
. "$(dirname "$0")/../lib.sh"

# NAME PROGRAM: leaves $WORK/NAME.found and $WORK/report.json.
record()
{
    "$LIFEGUARD" record -f -o "$WORK/recording" -- "$2" --drive 4x20,20 --fault=permanent-alloc \
        --fault=permanent-alloc-restart --fault=leaked-subpool-restart 2>"$WORK/err" &&
        report "$WORK/recording" || return
    json '.findings[] | select(.severity != "note") | [.rule, .severity, .kind, .pool.tag, .pool.role,
        .count, .bytes, (.stack + .pool.created | map(.function) | map(select(. != null and
            (test("^(p?c?alloc(sz)?|alloc_pool|make_sub_pool|pstrdup)$") | not))) | first)]' |
        sort >"$WORK/$1.found"
}

# What api check says of PROGRAM.
check()
{
    "$LIFEGUARD" api check --format=json proftpd -- "$1" | jq -r .verdict
}

# COMPILER FLAG...
build()
{
    local complete
    command -v "$1" >/dev/null || { skip "pools by $*" "there is no $1"; return; }
    ok "pools by $*" "$@" -std=gnu11 -g -rdynamic "$SOURCE"/samples/poold/*.c -o "$WORK/poold"
    ok "... are recorded" record built "$WORK/poold"
    is "... with the same findings" "$(cat "$WORK/built.found")" "$(cat "$WORK/ordinary.found")"
    complete=$(json '.recording.coverage.mismatches == 0')
    [ "$(check "$WORK/poold")" = partly ] ||
        is "... all that is described is there, and not a byte is lost" "$complete" true
    "$LIFEGUARD" check "$WORK/recording" >"$WORK/check" 2>&1
    ok "... or there is a word about it" \
        grep -q "$($complete && echo . || echo 'The record is not complete')" "$WORK/check"
}

work
ok "the sample as it is" record ordinary "$BUILD/samples/poold"
ok "... has three mistakes" test "$(wc -l <"$WORK/ordinary.found")" -eq 3
for compiler in gcc clang; do
    for level in -O0 -O1 -O2 -O3 -Os; do
        build $compiler $level -DPOOL_ENTRY=
    done
    build $compiler -O2
done
build gcc -O2 -DPOOL_ENTRY= -fcf-protection=full -fno-omit-frame-pointer
build gcc -O2 -DPOOL_ENTRY= -fpatchable-function-entry=16,14
done_testing
