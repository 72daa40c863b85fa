#!/usr/bin/env bash
# Servers of other pool systems than ProFTPD's recorded in full and as survivors: contexts as
# PostgreSQL's that are young when something else happens, PostgreSQL, nginx and httpd themselves.
# The same findings, coverage of what is written, and a part of the events.
# SPDX-License-Identifier: MIT
. "$(dirname "$0")/../lib.sh"
. "$SOURCE/tests/truth/rows.sh"
work

all_told()
{
    report "$1" || return
    jq -r '.findings[] | [.rule, .severity, .kind, .pool.path, .count, .bytes, .fingerprint, .weak,
        .held_bytes,
        (.stack, .pool.created, .destroyed | [.[]? | "\(.function)+\(.offset)"] | join(" ")),
        (.per_unit | .unit, .count, .bytes, .grew, .units)] | tojson' "$WORK/report.json" | sort
}

# What servers take as they start, from run to run, is not to the byte the same, nor which blocks are
# used again.
told_of_server()
{
    report "$1" || return
    json '[.findings[] | select(.rule != "dangling-pointer") | [.rule, .severity, .kind, .pool.path, .count, .fingerprint, .weak,
        (.per_unit | .unit, .count, .grew, .units)] | tojson] | sort'
}

mode()
{
    json "[.recording.lost_events, .recording.coverage.mismatches, $1]"
}

# A program of growth's, but that it has its own units of work.
build_contexts()
{
    local source=$SOURCE/tests/e2e/programs/growth
    build_growth postgresql && ${CC:-cc} -std=gnu11 -g -O1 -fno-optimize-sibling-calls -rdynamic \
        -pthread "$source"/{contexts_young,postgresql}.c -o "$WORK/growth-postgresql"
}

# happens SCENARIO [MODE]: what is told, and what of the memory's use is odd, is the same.
happens()
{
    local full odd
    LIFEGUARD_RECORD=full record_system "postgresql $1" "$WORK/full"
    LIFEGUARD_RECORD=survivors record_system "postgresql $1" "$WORK/survivors"
    full=$(all_told "$WORK/full") || full="no report"
    odd=$("$LIFEGUARD" info "$WORK/full" | grep '^odd')
    is "$1: the same findings" "$(all_told "$WORK/survivors")" "$full"
    is "... and nothing else is odd" "$("$LIFEGUARD" info "$WORK/survivors" | grep '^odd')" "$odd"
    is "... of pools that ended young" \
        "$(mode '.recording.mode.name, .recording.mode.ended_young > 900')" \
        "[0,0,\"${2:-survivors}\",true]"
}

libraries=
ok "contexts as PostgreSQL's are built" build_contexts
for scenario in none fork signal jump kill late much use reset keep-some hold-many ended; do
    happens $scenario
done
happens thread both

# serve KIND MODE: requests, one after the other.
serve()
{
    local i paths=()
    for ((i = 0; i < 80; i++)); do
        paths+=(/ /none)
    done
    rm -rf "$WORK/web"
    web_prepare "$WORK/web" "$1"
    LIFEGUARD_RECORD=$2 web_start "$LIFEGUARD" record -f -o "$WORK/$2" -- &&
        web_get "${paths[@]}" >"$WORK/answers" && web_stop TERM
}

# serves KIND PARTS: one PARTth of the events is written.
serves()
{
    local full events
    status "$1, recorded in full" 0 serve "$1" full
    full=$(told_of_server "$WORK/full") || full="no report"
    report "$WORK/full"
    events=$(json .recording.events)
    status "... and as survivors" 0 serve "$1" survivors
    is "... the same findings" "$(told_of_server "$WORK/survivors")" "$full"
    report "$WORK/survivors"
    is "... most pools end young" \
        "$(mode '(.recording.mode | .name, .why_full, .ended_young > 100)')" '[0,0,"survivors",null,true]'
    ok "... in few events" test "$(($(json .recording.events) * $2))" -lt "$events"
}

web_is_there()
{
    "$SOURCE/samples/web/fetch" nginx && "$SOURCE/samples/web/fetch" httpd
}

if why=$(web_is_there 2>&1); then
    . "$SOURCE/samples/web/harness.sh"
    at_exit web_kill
    serves nginx 2
    serves prefork 2
    status "event, asked for survivors" 0 serve event survivors
    report "$WORK/survivors"
    is "... which has threads, and is recorded in full then" \
        "$(mode '.recording.mode.why_full')" '[0,0,"there are several threads"]'
else
    skip "nginx and httpd" "$why"
fi

# queries MODE: errors, what is prepared, and what is cleared for each row.
queries()
{
    local i
    for ((i = 0; i < 40; i++)); do
        cat <<END
select count(*) from pg_class, generate_series(1, 3);
select 1 / 0;
select relname from pg_class where oid < 10000 order by relname limit $i;
select string_agg(g::text, ',') from generate_series(1, 50) g;
END
    done | LIFEGUARD_RECORD=$1 postgresql_single "$LIFEGUARD" record -f \
        -o "$POSTGRESQL_DIR/$1" -- >"$WORK/answers.$1" 2>"$WORK/err.$1"
}

if why=$("$SOURCE/samples/postgresql/fetch" server 2>&1); then
    . "$SOURCE/samples/postgresql/harness.sh"
    at_exit postgresql_kill
    postgresql_prepare "$WORK/pg"
    status "PostgreSQL, recorded in full" 0 queries full
    full=$(told_of_server "$POSTGRESQL_DIR/full") || full="no report"
    report "$POSTGRESQL_DIR/full"
    events=$(json .recording.events)
    status "... and as survivors" 0 queries survivors
    is "... the same findings" "$(told_of_server "$POSTGRESQL_DIR/survivors")" "$full"
    report "$POSTGRESQL_DIR/survivors"
    is "... contexts end young" \
        "$(mode '(.recording.mode | .name, .why_full, .ended_young > 300)')" '[0,0,"survivors",null,true]'
    covered allocations 1000
    is "... no event is odd" "$("$LIFEGUARD" info "$POSTGRESQL_DIR/survivors" | grep -c '^odd')" 0
    ok "... in fewer events" test "$(json .recording.events)" -lt "$events"
    is "clients see no difference" "$(<"$WORK/answers.survivors")" "$(<"$WORK/answers.full")"
else
    skip "PostgreSQL" "$why"
fi
done_testing
