# For test scripts about PostgreSQL to source, after its harness (samples/postgresql/harness.sh): what
# is done with a server, and its contexts as it tells them and as they were recorded.
#
#   postgresql_work             what a client sees of the server: pgbench, psql, reloads, parallel workers
#   postgresql_vacuumed LINES   waits until a table of pgbench's was analyzed by itself, that many lines
#                               after the log's first
#   postgresql_contexts         a backend tells its contexts, and waits; its pid is $sleeping, the moment
#                               $moment, what it told in $WORK/view and the log
#   contexts_recorded           its contexts in $WORK/tree.json, lifeguard tree's, as paths, sorted
#   contexts_viewed             ... as pg_backend_memory_contexts had them
#   contexts_logged             ... as pg_log_backend_memory_contexts() wrote them
# SPDX-License-Identifier: MIT

# Rows "LEVEL<TAB>NAME", each context followed by those below it, as paths. Since 18 levels begin with 1.
context_paths()
{
    awk -F '\t' '{
        if (NR == 1)
            top = $1
        path = names[$1] = substr($2, 1, 100)
        for (level = $1 - 1; level >= top; level--)
            path = names[level] " > " path
        print path
    }' | sort
}

# Of a context with an identifier that follows the name, but where PostgreSQL leaves out the name.
contexts_recorded()
{
    jq -r 'def rows($level): "\($level)\t\(.tag | sub("^dynahash: "; ""))", (.children[] | rows($level + 1));
        .processes[0].pools[] | rows(0)' "$WORK/tree.json" | context_paths
}

contexts_viewed()
{
    sed -n 's/^\([0-9]*\) /\1\t/p' "$WORK/view" | context_paths
}

contexts_logged()
{
    tail -n "+$told_from" "$POSTGRESQL_DIR/log" |
        sed -n 's/.*LOG:  level: \([0-9]*\); \(.*\): [0-9]* total in .*; [0-9]* used\(: \(.*\)\)\{0,1\}$/\1\t\2\t\4/p' |
        awk -F '\t' '{ print $1 "\t" ($3 == "" ? $2 : $2 ": " $3) }' | context_paths
}

# The contexts of the one who asks, each followed by those below it: since 18 that is no longer the
# order in which they are told, and there is a path to sort by. One is there for the answer alone. It
# sleeps for so many seconds meanwhile.
contexts_query()
{
    local order=
    [ "$(basename "$(dirname "$POSTGRESQL_BIN")")" -lt 18 ] || order="order by path"
    echo "select level || ' ' || name || coalesce(': ' || ident, '')
        from (select * from pg_backend_memory_contexts
            where name <> 'pg_get_backend_memory_contexts' $order) as contexts
        union all select 'sleeps ' || pg_sleep($1);"
}

is_asleep()
{
    [ "$(postgresql_run psql -Atc "select 1 from pg_stat_activity
        where pid = ${1:-0} and wait_event = 'PgSleep'")" = 1 ]
}

# The same as postgresql_contexts; fails if it slept for less than that took.
contexts_within()
{
    local pid='' sleeper asleep
    told_from=$(($(wc -l <"$POSTGRESQL_DIR/log") + 1))
    postgresql_run psql -At >"$WORK/view" <<END &
select 'pid', pg_backend_pid();
create temp table numbers as select g from generate_series(1, 100) g;
begin;
declare held cursor with hold for select * from numbers;
commit;
begin;
declare sorted cursor for select md5(g::text) from numbers order by 1;
fetch 1 from sorted;
$(contexts_query "$1")
END
    sleeper=$!
    until is_asleep "$pid"; do
        kill -0 "$sleeper" || return
        pid=$(sed -n 's/^pid|//p' "$WORK/view")
    done
    postgresql_run psql -qAtc "select pg_log_backend_memory_contexts($pid)" >/dev/null
    wait_until log_has "$told_from" 'Grand total:'
    sleep 0.1
    moment=$(date +%Y-%m-%dT%H:%M:%S.%N)
    is_asleep "$pid"
    asleep=$?
    wait "$sleeper" && sleeping=$pid && return "$asleep"
}

postgresql_contexts()
{
    contexts_within 3 || contexts_within 20 || contexts_within 90
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

postgresql_work()
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

# log_has LINE TEXT: from that line on
log_has()
{
    tail -n "+$1" "$POSTGRESQL_DIR/log" | grep -q "$2"
}

postgresql_vacuumed()
{
    wait_until log_has "$1" 'automatic analyze of table'
}
