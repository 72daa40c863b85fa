#!/usr/bin/env bash
# lifeguard scan of Debian's nginx, httpd and PostgreSQL at work: nothing is unreachable, idle and at
# any moment; what a module or a function has leaked is.
# SPDX-License-Identifier: MIT
. "$(dirname "$0")/../lib.sh"

# What is found in the processes given: "status of the scan, api, obstacle, unreachable pools" of each
# kind of answer. A process that has ended meanwhile tells nothing.
found()
{
    local pid status
    for pid; do
        "$LIFEGUARD" scan --format=json "$pid" >"$WORK/scan.json" 2>/dev/null
        status=$?
        [ "$status" -eq 2 ] || jq -r --arg status "$status" '.systems[] |
            "\($status) \(.api) \(.obstacle // "-") \(
                [.findings[] | select(.rule == "unreachable-subpool") | .pool.tag] | join(","))"' \
            "$WORK/scan.json"
    done | sort -u
}

# The same, while COMMAND runs in the background: at 10 moments.
found_during()
{
    local job i
    "$@" >/dev/null 2>&1 &
    job=$!
    for i in {1..10}; do
        found $(processes)
    done | sort -u
    kill "$job" 2>/dev/null
    wait "$job" 2>/dev/null
}

requests()
{
    local i
    for i in {1..400}; do
        web_get / /directory/ /nothing >/dev/null
    done
}

web()
{
    local kind=$1 api=$2 more=${3-}
    web_prepare "$WORK/$kind" "$kind" "$more"
    web_start || return
    web_get / / >/dev/null
    is "$kind: nothing is unreachable" "$(found "$WEB_PID" $(web_children))" "0 $api - "
    is "... at no moment under load" "$(found_during requests)" "0 $api - "
}

# How many of the leaked pools of PID, called NAME, are told, and how many there are.
leaked()
{
    "$LIFEGUARD" scan --format=json "$1" >"$WORK/scan.json" 2>/dev/null
    jq -c --arg name "$2" '[.systems[].findings[] | select(.pool.tag? == $name) |
        select(.count >= 1) | .alike] | add' "$WORK/scan.json"
}

leak_in_httpd()
{
    local -a paths
    local i
    for i in {1..7}; do
        paths+=(/fault/leaked-subpool /)
    done
    web_get "${paths[@]}" >/dev/null
    for pid in $(web_children); do
        [ "$(leaked "$pid" "leaked subpool")" = null ] || return 0
    done
    return 1
}

postgresql()
{
    local backend looked i
    postgresql_prepare "$WORK/pg" && postgresql_start || return
    is "PostgreSQL: nothing is unreachable in any of its processes" "$(found $(processes))" \
        "0 postgresql - "
    postgresql_run pgbench -i -q >/dev/null 2>&1
    is "... at no moment under load" "$(found_during postgresql_run pgbench -c 2 -T 10)" \
        "0 postgresql - "
    echo "create function make_and_forget() returns void as '$WORK/faults.so', 'leak_context' language c" |
        postgresql_run psql -q
    mkfifo "$WORK/looked"
    exec {looked}<>"$WORK/looked"
    {
        echo 'select pg_backend_pid();'
        for i in {1..14}; do
            echo 'select make_and_forget();'
        done
        echo "select 'forgotten';"
        read -r -t 200 -u "$looked"
    } | postgresql_run psql -At >"$WORK/backend" &
    wait_until grep -q forgotten "$WORK/backend"
    read -r backend <"$WORK/backend"
    is "... contexts that a function has forgotten are" "$(leaked "$backend" "leaked context")" 14
    echo >&"$looked"
    exec {looked}>&-
    wait $!
    postgresql_stop
}

work
chmod 777 "$WORK"
need_sample web nginx httpd headers
processes() { echo "$WEB_PID" $(web_children); }
web nginx nginx
web_kill
why=$("$SOURCE/samples/web/build-module" "$SOURCE/samples/web/mod_faults.c" \
    "$BUILD/httpd/modules" 2>&1) || skip_all "$why"
for kind in prefork event; do
    web "$kind" apr "LoadModule faults_module $BUILD/httpd/modules/mod_faults.so"
    ok "... what a module has leaked is" leak_in_httpd
    web_kill
done

need_sample postgresql server headers
status "functions are built" 0 "$SOURCE/samples/postgresql/build-function" \
    "$SOURCE/samples/postgresql/faults.c" "$WORK"
processes() { echo "$POSTGRESQL_PID" $(<"/proc/$POSTGRESQL_PID/task/$POSTGRESQL_PID/children"); }
postgresql
done_testing
