#!/usr/bin/env bash
# PostgreSQL as a single process: what is recorded of its contexts is what gdb counts in the same
# run, and the mistakes of C functions are found with their lines.
# SPDX-License-Identifier: MIT
. "$(dirname "$0")/../lib.sh"

make_known()
{
    local name
    for name in leak_context grow_cache keep_in_top use_after_delete replace_in_cache fail use_kinds; do
        echo "create function $name() returns void as '$WORK/faults.so' language c;"
    done | postgresql_single
}

# Twelve calls of each of the functions, one a query.
calls()
{
    local name i
    for i in {1..12}; do
        for name; do
            echo "select $name();"
        done
    done
}

record_calls()
{
    rm -rf "$POSTGRESQL_DIR/recording"
    calls "$@" | postgresql_single "$LIFEGUARD" record -o "$POSTGRESQL_DIR/recording" -- &&
        report "$POSTGRESQL_DIR/recording"
}

# The finding of RULE at FUNCTION's line in faults.c: severity, context, count.
fault()
{
    json "[.findings[] | select(.rule == \"$1\") |
        select([.stack, .pool.created] | map(select(. != null) | .[]) | any(.function == \"$2\" and
            .line != null and (.file | endswith(\"postgresql/faults.c\")))) |
        [.severity, .pool.tag, .count]]"
}

# "NAME FUNCTION ALLOCATIONS BYTES" of the contexts of use_kinds(), of which the memory was measured.
kinds()
{
    jq -r '.. | objects | select(.tag? // "" | startswith("kind ")) | select(.capacity >= .bytes) |
        "\(.tag[5:]) \(.created[0].function) \(.bytes)"' "$WORK/tree.json" | sort
}

# Since 16 the function that makes one is what is hooked, and no longer part of the backtrace.
kinds_used()
{
    if (($1 > 15)); then
        printf '%s use_kinds 20000\n' AllocSet Generation Slab
        (($1 < 17)) || echo 'Bump use_kinds 30000'
    else
        printf '%s\n' 'AllocSet AllocSetContextCreateInternal 20000' \
            'Generation GenerationContextCreate 20000' 'Slab SlabContextCreate 20000'
    fi | sort
}

count_in_gdb()
{
    calls replace_in_cache fail | postgresql_single gdb -nx -batch \
        -x "$SOURCE/tests/e2e/programs/web/count.gdb" --args env LD_PRELOAD="$BUILD/liblifeguard.so" \
        LIFEGUARD_DIR="$POSTGRESQL_DIR/counted"
}

entered()
{
    sed -n "s/^.*entered $1 //p" "$WORK/out"
}

work
need_sample postgresql server headers
version=$("$SOURCE/samples/postgresql/fetch" version)
postgresql_prepare "$WORK/pg"
status "functions are built" 0 "$SOURCE/samples/postgresql/build-function" \
    "$SOURCE/samples/postgresql/faults.c" "$WORK"
status "... and made known to the server" 0 make_known

status "what is no mistake, recorded" 0 record_calls replace_in_cache fail use_kinds
is "... has no error" "$(json .summary.error)" 0
is "... but is seen" "$(json '[.processes[0].kind, .recording.lost_events]')" '["session",0]'
"$LIFEGUARD" info "$POSTGRESQL_DIR/recording" >"$WORK/info"
is "... with an error of each call of one" \
    "$(grep -c 'ERROR:  invalid memory alloc request size' "$WORK/err")" 12
ok "... each query is a command" test "$(told queries)" -ge 36
covered allocations 1000
"$LIFEGUARD" tree "$POSTGRESQL_DIR/recording" --format=json >"$WORK/tree.json"
is "... in each kind of context, whose blocks are counted" "$(kinds)" "$(kinds_used "$version")"
is "... what a function replaces was seen to be taken" "$(grep -c '^odd' "$WORK/info")" 0

status "mistakes, recorded" 0 record_calls leak_context grow_cache keep_in_top use_after_delete
# Up to 15 all but the first.
leaked=$((version > 15 ? 12 : 11))
is "contexts that pile up are found, with the line" "$(fault leaked-subpool make_and_forget)" \
    "[[\"error\",\"leaked context\",$leaked]]"
is "a context that grows is" "$(fault growing-pool allocate_in_cache)" \
    '[["error","CacheMemoryContext",12]]'
is "allocations from the first context are" "$(fault permanent-pool-alloc allocate_in_top)" \
    '[["error","TopMemoryContext",12]]'
is "... in queries that select" "$(json '[.findings[].per_unit | .label? | strings] | unique')" \
    '["SELECT"]'
is "uses of a deleted context are" "$(fault use-after-destroy allocate_in_deleted)" \
    '[["error","used after its end",12]]'

# Wherever people read of it, in PostgreSQL's words; programs read the kinds.
recording=$POSTGRESQL_DIR/recording
"$LIFEGUARD" check "$recording" --sarif "$WORK/sarif" --junit "$WORK/junit" >"$WORK/check" 2>&1
"$LIFEGUARD" report "$recording" >"$WORK/text"
"$LIFEGUARD" html -o "$WORK/page" "$recording" 2>"$WORK/err"
for told in text check sarif junit; do
    is "$told speaks of queries, not of commands" \
        "$(grep -c 'after [0-9]* quer' "$WORK/$told") $(grep -c 'commands\?\b' "$WORK/$told")" '1 0'
done
ok "... the report of the backend" grep -q '^    process  backend [0-9]*$' "$WORK/text"
ok "... top as well" sh -c "'$LIFEGUARD' top -b -n 1 '$recording' | grep -q ' queries$'"
ok "... and the tree" sh -c "'$LIFEGUARD' tree '$recording' | grep -q '^process [0-9]*, backend'"
jq '.findings = []' "$WORK/report.json" >"$WORK/none.json"
ok "... and diff" sh -c "'$LIFEGUARD' diff '$WORK/none.json' '$recording' | grep -q 'B per query$'"
ok "... of reports, too" sh -c "'$LIFEGUARD' diff '$WORK/none.json' '$WORK/report.json' | grep -q 'B per query$'"
ok "... and the page" grep -q '"command": *\["query", *"queries"\]' "$WORK/page"
is "JSON has both" "$(json '[.recording.units, .findings[0].kind, ([.findings[].per_unit | .unit? ] |
    unique | map(strings))]')" \
    '[{"command":"query","connection":"connection","restart":"reload","session":"backend"},"session",["command"]]'

if command -v gdb >/dev/null; then
    export START=MemoryContextInit FUNCTIONS='MemoryContextCreate MemoryContextDelete'
    status "gdb counts contexts" 0 count_in_gdb
    "$LIFEGUARD" info "$POSTGRESQL_DIR/counted" >"$WORK/info"
    ok "... which are many" test "$(entered MemoryContextCreate)" -gt 100
    is "... as many as are recorded" "$(told 'pools made')" "$(entered MemoryContextCreate)"
    is "... and their ends" "$(told destroyed)" "$(entered MemoryContextDelete)"
else
    skip "gdb counts contexts" "there is no gdb"
fi
done_testing
