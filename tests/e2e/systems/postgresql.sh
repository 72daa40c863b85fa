#!/usr/bin/env bash
# PostgreSQL's server under psql and pgbench, recorded: the contexts of a backend are those that it
# tells itself, clean work has no error, and clients see no difference.
. "$(dirname "$0")/../lib.sh"

# Rows "LEVEL<TAB>NAME", each context followed by those below it, as paths.
paths()
{
    awk -F '\t' '{
        path = names[$1] = substr($2, 1, 100)
        for (level = $1 - 1; level >= 0; level--)
            path = names[level] " > " path
        print path
    }' | sort
}

# Of a context with an identifier that follows the name, but where PostgreSQL leaves out the name.
recorded()
{
    jq -r 'def rows($level): "\($level)\t\(.tag | sub("^dynahash: "; ""))", (.children[] | rows($level + 1));
        .processes[0].pools[] | rows(0)' "$WORK/tree.json" | paths
}

viewed()
{
    sed -n 's/^\([0-9]*\) /\1\t/p' "$WORK/view" | paths
}

# What pg_log_backend_memory_contexts() has written.
logged()
{
    sed -n 's/.*LOG:  level: \([0-9]*\); \(.*\): [0-9]* total in .*; [0-9]* used\(: \(.*\)\)\{0,1\}$/\1\t\2\t\4/p' \
        "$POSTGRESQL_DIR/log" | awk -F '\t' '{ print $1 "\t" ($3 == "" ? $2 : $2 ": " $3) }' | paths
}

# Lets a backend tell its contexts and wait, and another log them; then its tree is looked at.
compare_contexts()
{
    local pid tries sleeper
    postgresql_run psql -At >"$WORK/view" <<END &
select 'pid', pg_backend_pid();
create temp table numbers as select g from generate_series(1, 100) g;
begin;
declare held cursor with hold for select * from numbers;
commit;
select level || ' ' || name || coalesce(': ' || ident, '') from pg_backend_memory_contexts
    union all select 'sleeps ' || pg_sleep(3);
END
    sleeper=$!
    for ((tries = 0; tries < 300; tries++)); do
        pid=$(sed -n 's/^pid|//p' "$WORK/view")
        [ "$(postgresql_run psql -Atc "select 1 from pg_stat_activity
            where pid = ${pid:-0} and wait_event = 'PgSleep'")" != 1 ] || break
    done
    postgresql_run psql -qAtc "select pg_log_backend_memory_contexts($pid)" >/dev/null
    sleep 0.3
    moment=$(date +%Y-%m-%dT%H:%M:%S.%N)
    wait "$sleeper" && sleeping=$pid
}

# What a client sees of the server.
work_it()
{
    postgresql_run pgbench -q -i 2>/dev/null
    postgresql_run pgbench -n -c 4 -t 50 | grep -E 'processed|failed'
    for _ in 1 2 3 4; do
        postgresql_reload
        postgresql_run psql -Atc 'select count(*), sum(aid) from pgbench_accounts' \
            -c 'select 1 / 0' -c "select repeat('x', 10000) || md5('x')" 2>&1
        sleep 0.1
    done
    work_in_parallel
}

# A query that two workers help with.
work_in_parallel()
{
    postgresql_run psql -qAt <<END | grep Launched
set parallel_setup_cost = 0;
set parallel_tuple_cost = 0;
set min_parallel_table_scan_size = 0;
set max_parallel_workers_per_gather = 2;
explain (analyze) select count(*) from pgbench_accounts;
END
}

# Waits until a table of pgbench's was analyzed by itself, LINES after the log's first.
vacuumed()
{
    local tries
    for ((tries = 0; tries < 400; tries++)); do
        ! tail -n "+$1" "$POSTGRESQL_DIR/log" | grep -q 'automatic analyze of table' || return 0
        sleep 0.05
    done
    return 1
}

work
need_sample postgresql server
postgresql_prepare "$WORK/pg"
status "the server starts without being recorded" 0 postgresql_start
plain=$(work_it)
status "... and ends" 0 postgresql_stop
log_lines=$(wc -l <"$POSTGRESQL_DIR/log")
status "the server is recorded" 0 postgresql_start "$LIFEGUARD" record -o "$POSTGRESQL_DIR/recording" --
is "clients see no difference" "$(work_it)" "$plain"
ok "... with a query in which workers help" \
    grep -q '^ *Workers Launched: 2$' <<<"$plain"
ok "... and tables that are vacuumed meanwhile" vacuumed "$((log_lines + 1))"
status "a backend tells its contexts" 0 compare_contexts
status "... and the server ends as it would" 0 postgresql_stop

"$LIFEGUARD" tree "$POSTGRESQL_DIR/recording" --pid="$sleeping" --at="$moment" --format=json \
    >"$WORK/tree.json"
ok "these are more than 100" test "$(recorded | wc -l)" -gt 100
is "recorded are the contexts that pg_log_backend_memory_contexts() tells" "$(recorded)" "$(logged)"
is "... and pg_backend_memory_contexts" "$(recorded)" "$(viewed)"

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

for function in MemoryContextAllocZeroAligned pfree; do
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
