#!/usr/bin/env bash
# The sample's pools as compilers build them when they may inline what they like: what is found is
# the same, whatever is where, and whether the program has names for static functions or not. What
# uses the pools is compiled once, but where it is optimised together with them.
# SPDX-License-Identifier: MIT
. "$(dirname "$0")/../lib.sh"

# NAME PROGRAM: leaves $WORK/NAME.found and $WORK/report.json.
record()
{
    "$LIFEGUARD" record -f -o "$WORK/recording" -- "$2" --drive 4x20,20 --fault=permanent-alloc \
        --fault=permanent-alloc-restart --fault=leaked-subpool-restart --fault=use-after-destroy \
        2>"$WORK/err" &&
        report "$WORK/recording" || return
    json '.findings[] | select(.severity != "note") | [.rule, .severity, .kind, .pool.tag, .pool.role,
        .count, .bytes, (.stack + .pool.created | map(.function) | map(select(. != null and
            (test("^(p?c?alloc(sz)?|alloc_pool|make_sub_pool|pstrdup)$") | not))) | first)]' |
        sort >"$WORK/$1.found"
}

# What was found; without the names of functions where that is built with -s.
names()
{
    if [[ " $* " == *" -s "* ]]; then jq -c '.[:-1]'; else cat; fi
}

# What of findings, or of odd events, is seen: built as a whole and with -s, its callers have the pools' code in
# them, and nothing tells what they take from a pool that has ended, which cannot be measured.
seen()
{
    if [[ " $* " == *" -flto"*" -s "* ]]; then grep -v 'use-after-destroy\|^odd'; else cat; fi
}

# What api check says of PROGRAM's functions.
verdict()
{
    "$LIFEGUARD" api check --format=json proftpd -- "$1" | jq -r .verdict
}

compile_users()
{
    local file
    mkdir -p "$WORK/users" "$WORK/sources"
    for file in "$SOURCE"/samples/poold/*.c; do
        ln -s "$file" "$WORK/sources"
    done
    rm "$WORK/sources/pool.c"
    (cd "$WORK/users" && gcc -std=gnu11 -g -O2 -I"$SOURCE/samples/poold" -c "$WORK"/sources/*.c)
}

# COMPILER FLAG...
compile()
{
    local users=("$WORK"/users/*.o)
    [[ "$*" != *" -flto"* ]] || users=("$WORK"/sources/*.c)
    "$@" -std=gnu11 -g -rdynamic -I"$SOURCE/samples/poold" "$SOURCE/samples/poold/pool.c" "${users[@]}" \
        -o "$WORK/poold"
}

# COMPILER FLAG...
build()
{
    command -v "$1" >/dev/null || { skip "pools by $*" "there is no $1"; return; }
    ok "pools by $*" compile "$@"
    ok "... are recorded" record built "$WORK/poold"
    is "... with the same findings" "$(names "$@" <"$WORK/built.found")" "$(names "$@" <"$WORK/ordinary.found" | seen "$@")"
    is "... and not a byte is lost" "$(json '.recording.coverage.mismatches')" 0
    "$LIFEGUARD" check "$WORK/recording" >"$WORK/check" 2>&1
    is "... which is judged" $? 1
    is "... and nothing is odd but that a pool is used after its end" \
        "$("$LIFEGUARD" info "$WORK/recording" | grep '^odd' | tr -s ' ')" "$(seen "$@" <<<'odd 80 events on pools that were not alive')"
    is "... as api check says before" "$(verdict "$WORK/poold")" "$(verdict "$BUILD/samples/poold")"
}

work
ok "what uses the pools" compile_users
ok "the sample as it is" record ordinary "$BUILD/samples/poold"
ok "... has four mistakes" test "$(wc -l <"$WORK/ordinary.found")" -eq 4
for compiler in gcc clang; do
    for level in -O0 -O1 -O2 -O3 -Os; do
        build $compiler $level -DPOOL_ENTRY=
    done
    build $compiler -O2
done
for level in -O0 -O2 -O3; do
    build gcc $level -DPOOL_ENTRY= -s
done
for level in -O2 -O3; do
    build gcc $level -DPOOL_ENTRY= -flto=auto
done
build gcc -O2 -DPOOL_ENTRY= -flto=auto -s
build gcc -O2 -DPOOL_ENTRY= -fcf-protection=full -fno-omit-frame-pointer
build gcc -O2 -DPOOL_ENTRY= -fpatchable-function-entry=16,14
build gcc -O2 -DPOOL_ENTRY= -fno-optimize-sibling-calls
! command -v ld.lld >/dev/null || build clang -O2 -DPOOL_ENTRY= -flto=thin -fuse-ld=lld

# Where a stripped program carries the names of static functions packed, as on Fedora and RHEL, they are
# looked for there.
pack_names()
{
    nm --format=posix --defined-only "$1" | awk '$2 == "t" { print $1 }' >"$WORK/static"
    objcopy --only-keep-debug "$1" "$WORK/debug"
    objcopy -S --keep-symbols="$WORK/static" "$WORK/debug" "$WORK/names"
    python3 -c 'import lzma, sys
sys.stdout.buffer.write(lzma.compress(open(sys.argv[1], "rb").read()))' "$WORK/names" >"$WORK/names.xz"
    objcopy -S --add-section .gnu_debugdata="$WORK/names.xz" "$1" "$WORK/packed"
}

named()
{
    "$LIFEGUARD" api check proftpd -- "$1" | grep -o 'alloc_pool (alloc).*: static function.*'
}

compile gcc -O2 -DPOOL_ENTRY=
ok "names are packed" pack_names "$WORK/poold"
is "... and found" "$(named "$WORK/packed" | sed s/packed/poold/)" "$(named "$WORK/poold")"
ok "... by which it is recorded" record packed "$WORK/packed"
is "... as ever" "$(cat "$WORK/packed.found")" "$(cat "$WORK/ordinary.found")"
is "... to the last byte" "$(json '.recording.coverage.mismatches')" 0
strip -o "$WORK/bare" "$WORK/packed" -R .gnu_debugdata
is "... without them, there are none" "$(named "$WORK/bare")" ''

# All of the pools' code everywhere, so that pools are made unseen, too.
everywhere=(-O3 -DPOOL_ENTRY= -flto=auto --param=max-inline-insns-auto=2000
    --param=max-inline-insns-single=2000 --param=inline-unit-growth=10000
    --param=large-unit-insns=1000000 --param=large-function-growth=10000
    --param=early-inlining-insns=1000)
ok "pools put into every function" gcc "${everywhere[@]}" -std=gnu11 -g -rdynamic \
    "$SOURCE"/samples/poold/*.c -o "$WORK/poold"
record everywhere "$WORK/poold"
is "... not a byte is lost, nor counted twice" "$(json '.recording.coverage.mismatches')" 0
"$LIFEGUARD" info "$WORK/recording" >"$WORK/info"
ok "... and each command is counted" grep -q 'in 84 commands' "$WORK/info"
ok "... of more functions than any description names" test 64 -lt \
    "$("$LIFEGUARD" api check proftpd -- "$WORK/poold" | grep -c 'inlined(')"
done_testing
