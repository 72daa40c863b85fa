#!/usr/bin/env bash
# APR's pools: svn at work on a local repository, counted once more by gdb; and faults of a program.
# SPDX-License-Identifier: MIT
. "$(dirname "$0")/../lib.sh"

# What gdb counts when "$@" runs without the recorder: pools made, destroyed, calls of all kinds.
counted()
{
    local -a functions=(apr_pool_create_ex apr_pool_create_unmanaged_ex apr_pool_destroy apr_palloc
        apr_pvsprintf apr_pool_clear apr_pool_tag) commands=()
    local i
    for i in "${!functions[@]}"; do
        commands+=(-ex "break ${functions[i]}" -ex "ignore $((i + 1)) 10000000")
    done
    gdb -nx -batch -ex 'set breakpoint pending on' -ex 'set debuginfod enabled off' \
        "${commands[@]}" -ex run -ex 'info breakpoints' --args "$@" </dev/null 2>/dev/null |
        awk '/^[1-7] +breakpoint/ { number = $1 }
             /breakpoint already hit/ { hits[number] = $4; all += $4 }
             END { print hits[1] + hits[2], hits[3] + 0, all }'
}

# The same, as recorded. (The account of allocations leaves out those of cleanups that run while
# their pool is destroyed.)
recorded()
{
    "$LIFEGUARD" info "$1" >"$WORK/info"
    echo "$(told 'pools made') $(told destroyed) $(told 'on pools')"
}

# Records svn's command NAME; its output goes to $WORK/NAME.
record()
{
    local name=$1
    shift
    "$LIFEGUARD" record -o "$WORK/$name.rec" -- "$@" >"$WORK/$name" 2>"$WORK/$name.err"
}

expect_clean()
{
    report "$WORK/$1.rec"
    is "... $1: the description of APR is used" "$(json .recording.api)" '"apr"'
    is "... $1: no event is lost" "$(json .recording.lost_events)" 0
    is "... $1: 100 % of bytes" "$(json '.recording.coverage.mismatches')" 0
    ok "... $1: of all pools" test "$(json '.recording.coverage.pools')" -ge 10
    is "... $1: no error" "$(json .summary.error)" 0
    status "... $1: passes the gate" 0 "$LIFEGUARD" check "$WORK/$1.rec"
}

roots_at_peak()
{
    "$LIFEGUARD" tree "$1" --at peak --format=json | jq -c '[.processes[0].pools[].role]'
}

record_fault()
{
    "$LIFEGUARD" record -o "$WORK/$1.rec" -- "$WORK/faults" "$1" && report "$WORK/$1.rec"
}

# The finding of RULE, where it is and the pool's tag.
fault()
{
    json ".findings[] | select(.rule == \"$1\") |
        [.severity, .pool.tag, ([.stack, .pool.created] | map(select(. != null) | .[] |
            select(.function == \"$2\" and .line != null))[0].file | sub(\".*/\"; \"\"))]"
}

command -v svn >/dev/null && command -v svnadmin >/dev/null || skip_all "there is no svn"
work
export HOME=$WORK # svn's own configuration
url=file://$WORK/repository

ok "svnadmin create, recorded" record create svnadmin create "$WORK/repository"
ok "svn checkout, recorded" record checkout svn checkout "$url" "$WORK/copy"
head -c 300000 /dev/zero >"$WORK/copy/zeros"
svn add -q "$WORK/copy/zeros"
ok "svn commit, recorded" record commit svn commit -m first "$WORK/copy"
svn log -v "$url" >"$WORK/plain"
ok "svn log, recorded" record log svn log -v "$url"
ok "... says the same as without" cmp "$WORK/plain" "$WORK/log"
for name in create checkout commit log; do
    expect_clean "$name"
    is "... $name: the first pool is above all others" "$(roots_at_peak "$WORK/$name.rec")" \
        '["global_pool"]'
done

if command -v gdb >/dev/null; then
    expected=$(counted svn log -v "$url")
    ok "gdb counts pools" test "${expected%% *}" -gt 10
    is "as many were made and destroyed, and called in all, as gdb counts" \
        "$(recorded "$WORK/log.rec")" "$expected"
else
    skip "as many were made and destroyed, and called in all, as gdb counts" "there is no gdb"
fi

ok "a program that uses APR is built" "${CC:-cc}" -g -O1 -fno-inline -o "$WORK/faults" \
    "$SOURCE/tests/e2e/programs/apr/faults.c" -l:libapr-1.so.0
ok "... and recorded, leaking" record_fault leak
is "subpools that pile up are found, with the line" "$(fault leaked-subpool leak)" \
    '["error","leaked","faults.c"]'
ok "... and recorded, using a destroyed pool" record_fault after
is "the use of a destroyed pool is found, with the line" "$(fault use-after-destroy after)" \
    '["error","short-lived","faults.c"]'
ok "... and recorded, with APR ended and begun again" record_fault again
is "... no error" "$(json .summary.error)" 0
"$LIFEGUARD" tree "$WORK/again.rec" --at exit --format=json >"$WORK/tree.json"
is "the new first pool is the root, but not of an unmanaged one" \
    "$(jq -c '[.processes[0].pools[] | [.role, .tag]] | sort' "$WORK/tree.json")" \
    '[[null,"alone"],["global_pool","apr_global_pool"]]'
is "a string printed into a cleared pool is all that is in it" \
    "$(jq -c '.. | objects | select(.tag == "second life") | .bytes' \
        "$WORK/tree.json")" 16

# Where nothing tells what holds it.
sed 's/data(apr_pool_terminate,1)/first/' "$SOURCE/preload/api/apr.api" >"$WORK/first.api"
ok "... and recorded with the first pool as the root" \
    "$LIFEGUARD" record --api="$WORK/first.api" -o "$WORK/first.rec" -- "$WORK/faults" again
is "... which is the new first one" \
    "$("$LIFEGUARD" tree --at exit --format=json "$WORK/first.rec" |
        jq -c '[.processes[0].pools[] | [.role, .tag]] | sort')" \
    '[[null,"alone"],["global_pool","apr_global_pool"]]'
ok "... as api check tells" grep -q 'global_pool: the first pool that is made' \
    <("$LIFEGUARD" api check "$WORK/first.api" -- "$WORK/faults")

# Before the recorder is there.
ok "a library that initializes APR as it is loaded" "${CC:-cc}" -shared -fPIC -o "$WORK/early.so" \
    -x c - -x none -l:libapr-1.so.0 <<'END'
int apr_initialize(void);
__attribute__((constructor)) static void early(void)
{
    apr_initialize();
}
END
"${CC:-cc}" -g -O1 -fno-inline -o "$WORK/faults" "$SOURCE/tests/e2e/programs/apr/faults.c" \
    -Wl,--no-as-needed "$WORK/early.so" -l:libapr-1.so.0
ok "... with a program that makes no fault" record_fault clear
is "... no error" "$(json .summary.error)" 0
is "... and the root is the global pool, which is there, not the first pool that it makes" \
    "$(roots_at_peak "$WORK/clear.rec")" '["global_pool"]'
is "... by its name, with the program's pools below it" \
    "$("$LIFEGUARD" tree --at peak --format=json "$WORK/clear.rec" |
        jq -c '.processes[0].pools[] | [.tag, .created, (.children | length > 0)]')" \
    '["apr_global_pool",[],true]'
"$LIFEGUARD" info "$WORK/clear.rec" >"$WORK/info"
ok "... as info tells" grep -q '^adopted *1 pool that root variables hold' "$WORK/info"

sed 's/ok=ret==0/ok=ret==7/' "$SOURCE/preload/api/apr.api" >"$WORK/seven.api"
ok "... and recorded with a description in which success is 7" \
    "$LIFEGUARD" record --api="$WORK/seven.api" -o "$WORK/seven.rec" -- "$WORK/faults" again
"$LIFEGUARD" info "$WORK/seven.rec" >"$WORK/info"
is "calls that return something else make no pool" "$(told 'pools made')" 0
done_testing
