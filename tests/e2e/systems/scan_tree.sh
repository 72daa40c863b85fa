#!/usr/bin/env bash
# The tree that lifeguard scan finds in the memory of a program at rest is the one that the recorder
# tells: of httpd, nginx, PostgreSQL and FreeRADIUS.
# SPDX-License-Identifier: MIT
. "$(dirname "$0")/../lib.sh"

# Each pool as the path of the tags from its root, sorted.
scanned()
{
    "$LIFEGUARD" scan --format=json "$1" >"$WORK/scan.json" 2>"$WORK/scan.err"
    jq -r '.systems[].pools | (map({(.address): .}) | add) as $all | .[] |
        [recurse($all[.parent // ""] | values) | (.tag // "-")[:60]] | reverse | join(" > ")' \
        "$WORK/scan.json" | sort
}

# The same of what was recorded in DIRECTORY of process PID, below the pools that FILTER selects.
recorded()
{
    "$LIFEGUARD" tree --pid="$2" --format=json "$1" | jq -r "def paths(\$above):
        (.tag // \"-\")[:60] as \$tag | (\$above + [\$tag]) as \$path |
        (\$path | join(\" > \")), (.children[] | paths(\$path));
        .processes[0].pools[] | select($3) | paths([])" | sort
}

# compare WHAT DIRECTORY PID FILTER N: the two are the same, N pools at least.
compare()
{
    scanned "$3" >"$WORK/scanned"
    recorded "$2" "$3" "$4" >"$WORK/recorded"
    is "$1: the tree in memory is the one that was recorded" \
        "$(diff "$WORK/recorded" "$WORK/scanned")" ''
    ok "... of $(wc -l <"$WORK/scanned") pools" test "$(wc -l <"$WORK/scanned")" -ge "$5"
}

web()
{
    local kind=$1 filter=$2 children=$3 n=$4 pid
    web_prepare "$WORK/$kind" "$kind"
    status "$kind is recorded" 0 web_start "$LIFEGUARD" record -o "$WORK/$kind.rec" --
    web_get / /directory/ /nothing >/dev/null
    ok "... and waits" web_settle "$children"
    for pid in "$WEB_PID" $(web_children); do
        compare "$kind" "$WORK/$kind.rec" "$pid" "$filter" "$n"
    done
    web_kill
}

backend_sleeps()
{
    local pid
    pid=$(head -n 1 "$WORK/backend")
    [ "$(postgresql_run psql -Atc "select 1 from pg_stat_activity
        where pid = ${pid:-0} and wait_event = 'PgSleep'")" = 1 ]
}

# A backend that sleeps.
postgresql()
{
    local pid
    postgresql_prepare "$WORK/pg"
    status "PostgreSQL is recorded" 0 postgresql_start "$LIFEGUARD" record -o "$POSTGRESQL_DIR/rec" --
    postgresql_run psql -qAtc "select pg_backend_pid()" -c "select pg_sleep(600)" >"$WORK/backend" &
    wait_until backend_sleeps
    pid=$(head -n 1 "$WORK/backend")
    compare "a backend of PostgreSQL" "$POSTGRESQL_DIR/rec" "$pid" true 90
    postgresql_run psql -qAtc "select pg_terminate_backend($pid)" >/dev/null
    wait $!
    postgresql_stop
}

# How many objects there are at each level: many have no name but what they hold.
levels()
{
    awk -F ' > ' '{ print NF }' | sort -n | uniq -c
}

radius()
{
    local pid
    radius_prepare "$WORK/radius"
    RADIUS_FLAGS='-s -M' radius_start "$LIFEGUARD" record -o "$WORK/radius.rec" --
    radius_ask 3
    read -r pid <"/proc/$RADIUS_PID/task/$RADIUS_PID/children"
    scanned "$pid" >"$WORK/scanned"
    # What was made before the null context was tracked is below none.
    recorded "$WORK/radius.rec" "$pid" true >"$WORK/recorded"
    is "FreeRADIUS: as many objects are in memory as were recorded, at each level" \
        "$(levels <"$WORK/scanned")" "$(levels <"$WORK/recorded")"
    ok "... $(wc -l <"$WORK/scanned") in all" test "$(wc -l <"$WORK/scanned")" -ge 3000
    radius_stop
}

work
chmod 777 "$WORK"
need_sample web httpd nginx
web prefork '.tag == "apr_global_pool"' 2 9
web event '.tag == "apr_global_pool"' 1 9
web nginx true 1 1
need_sample postgresql server
postgresql
need_sample radius root
radius
done_testing
