#!/usr/bin/env bash
# PostgreSQL's server under psql and pgbench, recorded: the contexts of a backend are those that it
# tells itself, clean work has no error, and clients see no difference.
# SPDX-License-Identifier: MIT
. "$(dirname "$0")/../lib.sh"

work
need_sample postgresql server
. "$SOURCE/tests/e2e/postgresql.sh"
postgresql_prepare "$WORK/pg"
status "the server starts without being recorded" 0 postgresql_start
plain=$(postgresql_work)
status "... and ends" 0 postgresql_stop
log_lines=$(wc -l <"$POSTGRESQL_DIR/log")
status "the server is recorded" 0 postgresql_start "$LIFEGUARD" record -o "$POSTGRESQL_DIR/recording" --
is "clients see no difference" "$(postgresql_work)" "$plain"
ok "... with a query in which workers help" \
    grep -q '^ *Workers Launched: 2$' <<<"$plain"
ok "... and tables that are postgresql_vacuumed meanwhile" postgresql_vacuumed "$((log_lines + 1))"
status "a backend tells its contexts" 0 postgresql_contexts
status "... and the server ends as it would" 0 postgresql_stop

"$LIFEGUARD" tree "$POSTGRESQL_DIR/recording" --pid="$sleeping" --at="$moment" --format=json \
    >"$WORK/tree.json"
ok "these are more than 100" test "$(contexts_recorded | wc -l)" -gt 100
ok "... that of what is sorted among them" grep -q '> Caller tuples$' <(contexts_recorded)
is "recorded are the contexts that pg_log_backend_memory_contexts() tells" "$(contexts_recorded)" "$(contexts_logged)"
is "... and pg_backend_memory_contexts" "$(contexts_recorded)" "$(contexts_viewed)"

report "$POSTGRESQL_DIR/recording"
valid_report
"$LIFEGUARD" info "$POSTGRESQL_DIR/recording" >"$WORK/info"
is "the built-in description is used" "$(json .recording.api)" '"postgresql"'
is "nothing is lost" "$(json .recording.lost_events)" 0
covered allocations 100000
is "clean work has no error" \
    "$(json '[.findings[] | select(.severity == "error") | [.rule, .pool.path, .where]]')" '[]'
ok "... of many queries" test "$(told queries)" -gt 1000
is "backends are sessions" \
    "$(json '[.processes[] | select(.kind == "session")] | length > 10')" true
"$LIFEGUARD" tree "$POSTGRESQL_DIR/recording" --at=peak --format=json >"$WORK/tree.json"
is "... all that have a database, also those that vacuum and workers" "$(jq -c '[.processes[] |
    select([.. | .tag? // empty] | index("CacheMemoryContext")) | .kind] | unique' "$WORK/tree.json")" \
    '["session"]'
is "the postmaster is a master" "$(json '.processes[0].kind')" '"master"'
is "no event is odd" "$(grep -c '^odd' "$WORK/info")" 0

zeroes=MemoryContextAllocZeroAligned
nm -D "$POSTGRESQL_BIN/postgres" | grep -qw $zeroes || zeroes=MemoryContextAllocZero # since 17
for function in $zeroes pfree; do
    without $function postgresql
    echo 'select count(*) from pg_class' | postgresql_single "$LIFEGUARD" record -f \
        --api="$WORK/postgresql.api" -o "$POSTGRESQL_DIR/less" -- >"$WORK/out" 2>&1
    is "without $function it is recorded" "$?" 0
    report "$POSTGRESQL_DIR/less"
    ok "... it is seen that something is missing" \
        jq -e '.recording.coverage.mismatches > 10' "$WORK/report.json"
    status "... which is no verdict" 3 "$LIFEGUARD" check "$POSTGRESQL_DIR/less"
done
done_testing
