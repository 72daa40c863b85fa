#!/usr/bin/env bash
# Debian's nginx at work, with reloads: the recorder changes nothing in it, loses nothing, and finds
# no fault in it; its pools are those that gdb counts in the same run.
# SPDX-License-Identifier: MIT
. "$(dirname "$0")/../lib.sh"
. "$SOURCE/tests/e2e/programs/web/lib.sh"
SIGNALS='HUP HUP HUP'
export START=ngx_strerror_init FUNCTIONS='ngx_create_pool ngx_destroy_pool ngx_reset_pool'

# How the pools of ROLE lived, in all processes: "POOLS destroyed DESTROYED".
lived()
{
    "$LIFEGUARD" roles --format=json "$WORK/nginx.rec" |
        jq -r --arg role "$1" '.roles[] | select(.role == $role) |
            "\([.lived[].pools] | add) destroyed \([.lived[].ended.destroyed] | add)"'
}

expect_counts()
{
    ok "... $(entered ngx_create_pool) pools" test "$(entered ngx_create_pool)" -ge "$1"
    is "... and as many are recorded" "$(told 'pools made')" "$(entered ngx_create_pool)"
    is "... and their ends" "$(told destroyed)" "$(entered ngx_destroy_pool)"
    is "... no event is lost" "$(json .recording.lost_events)" 0
}

work
need_sample web nginx
web_prepare "$WORK/nginx" nginx
status "nginx as it is" 0 serve plain 1 QUIT
status "... and recorded" 0 serve recorded 1 QUIT "$LIFEGUARD" record -o "$WORK/nginx.rec" --
same_as_plain
report "$WORK/nginx.rec"
valid_report
"$LIFEGUARD" info "$WORK/nginx.rec" >"$WORK/info"
is "... the description of nginx is used" "$(json .recording.api)" '"nginx"'
is "... no event is lost" "$(json .recording.lost_events)" 0
covered bytes 1000000
covered allocations 50
is "... no error, and no warning but of the start" \
    "$(json '[.findings[] | select(.severity != "note") | .phase] | unique')" '["start-up"]'
is "... three reloads" "$(told reloads)" 3
is "... and as many requests as were made" "$(told requests)" 100
ok "... by workers, which say that they are" sh -c '"$0" processes --format=json "$1" |
    jq -e "any(.processes[]; .title == \"nginx: worker process\" and .units.command > 0)"' \
    "$LIFEGUARD" "$WORK/nginx.rec"
ok "... which give large objects back by themselves" \
    test "$(told 'of the allocations given back')" -ge 50
is "... a pool for each" "$(lived 'request->pool')" '100 destroyed 100'
lives=$(lived 'connection->pool') # a worker that retires closes those that wait
ok "... and for each connection" test "${lives%% *}" -ge 20
is "... which ends" "${lives##* }" "${lives%% *}"
is "... and one for each configuration, and before the first" "$(lived 'cycle->pool')" \
    '5 destroyed 5'
status "... passes the gate" 0 "$LIFEGUARD" check "$WORK/nginx.rec"
simulated "$WORK/nginx.rec" 90

# Several ranges of a file, which are told in an array that grows in place.
ranges()
{
    web_start "$@" && requests 1 &&
        curl -q --silent --max-time 60 --range 0-1,10-11,20-21,30-31 \
            "http://127.0.0.1:$WEB_PORT/zeros" && web_settle 1 && web_stop QUIT
}

status "several ranges of a file" 0 ranges "$LIFEGUARD" record -o "$WORK/ranges.rec" --
report "$WORK/ranges.rec"
covered bytes 100000
for function in ngx_pnalloc ngx_array_push; do
    without $function nginx
    status "without $function" 0 ranges "$LIFEGUARD" record -f --api="$WORK/nginx.api" \
        -o "$WORK/less.rec" --
    report "$WORK/less.rec"
    ok "... it is seen that something is missing" \
        jq -e '.recording.coverage.mismatches > 0' "$WORK/report.json"
    status "... which is no verdict" 3 "$LIFEGUARD" check "$WORK/less.rec"
done

command -v gdb >/dev/null || {
    skip "gdb counts" "there is no gdb"
    done_testing
}
WEB_ALONE=yes
status "gdb counts in nginx as one process" 0 start_counting nginx
status "... at work" 0 requests 5
status "... to its end" 0 stop_counting 0 QUIT
expect_counts 30

WEB_ALONE=
status "gdb counts in the master" 0 start_counting nginx
status "... that reloads" 0 web_reload HUP
status "... and again" 0 web_reload HUP
status "... to its end" 0 stop_counting 1 QUIT
expect_counts 6
done_testing
