#!/usr/bin/env bash
# A real module with mistakes, samples/web/mod_faults.c, in Debian's httpd: each is found, told with
# the module's file and line. What one thread's request takes while others come and go is none.
# SPDX-License-Identifier: MIT
. "$(dirname "$0")/../lib.sh"
rounds=15

# The findings that lead into the module: rule, severity, pool, count, bytes, unit, where.
found()
{
    jq -r '.findings[] | . as $finding
        | [.stack, .pool.created | arrays[] | select(.module | endswith("mod_faults.so"))]
        | select(length > 0) | .[0] as $frame | $finding
        | "\(.rule) \(.severity) \"\(.pool.path | sub(".* > "; ""))\" \(.count) \(.bytes) \(
            .per_unit.unit // "-") \($frame | "\(.function) \(.file):\(.line)")"' \
        "$WORK/report.json" | sort
}

line()
{
    echo "$1 samples/web/mod_faults.c:$(grep -n "$2" "$SOURCE/samples/web/mod_faults.c" |
        head -n 1 | cut -d: -f1)"
}

# All from one child: they go over one connection.
make_mistakes()
{
    local -a paths
    local i
    for ((i = 0; i < rounds; i++)); do
        paths+=(/fault/{permanent-pool-alloc,leaked-subpool,growing-pool,use-after-destroy,none})
    done
    web_get "${paths[@]}" >"$WORK/answers" && [ "$(sort -u "$WORK/answers")" = "done" ]
}

restart_often()
{
    local i
    for i in 1 2 3; do
        web_reload HUP && web_reload USR1 || return
    done
}

# lasting_tells LINE: waits until the request that lasts has told that.
lasting_tells()
{
    wait_until grep -qs "$1" "$WORK/lasting"
}

# A request lasts while many others are made, and takes as often as is told; then its child is
# killed, as if it had crashed.
crash_within_request()
{
    local job i
    rm -f "$WEB_DIR/files/enough"
    curl -q -s -N -o "$WORK/lasting" "http://127.0.0.1:$WEB_PORT/fault/lasting" &
    job=$!
    lasting_tells 'it begins'
    for i in {1..40}; do
        web_get / >/dev/null || return
    done
    lasting_tells '300 times'
    kill -KILL $(web_children)
    wait "$job"
    grep -q '300 times' "$WORK/lasting"
}

record()
{
    local faults="LoadModule faults_module $BUILD/httpd/modules/mod_faults.so"
    web_prepare "$WORK/web" "$1" "$faults\\nFaultAtRestart leaked-subpool"
    web_start "$LIFEGUARD" record -f -o "$WORK/recording" -- && make_mistakes && restart_often
}

# The configuration is read twice before the server runs: each second time is a graceful restart.
record_restarts()
{
    local faults="LoadModule faults_module $BUILD/httpd/modules/mod_faults.so"
    web_prepare "$WORK/web" prefork "$faults\\nFaultAtRestart leaked-subpool 2"
    web_start "$LIFEGUARD" record -f -o "$WORK/recording" -- && restart_often && web_stop TERM &&
        report "$WORK/recording"
}

stop()
{
    web_stop TERM && report "$WORK/recording"
}

work
need_sample web httpd headers
why=$("$SOURCE/samples/web/build-module" "$SOURCE/samples/web/mod_faults.c" \
    "$BUILD/httpd/modules" 2>&1) || skip_all "$why"
# One place leaks in requests and at restarts.
leaked=$((rounds + 6))
expected=$(sort <<END
leaked-subpool error "leaked subpool" $leaked $((48 * leaked)) command $(line leak_subpool 'create(&leaked')
growing-pool error "pconf" $rounds $((24 * rounds)) command $(line keep_temporary_data_in_pconf 'apr_psprintf')
permanent-pool-alloc error "global_pool" $rounds $((24 * rounds)) command $(line allocate_from_first_pool 'parent_get')
use-after-destroy error "used after its end" $rounds $((16 * rounds)) - $(line use_pool_after_destroying_it 'palloc(pool, 16)')
END
)
status "httpd, prefork, and mistakes of a module" 0 record prefork
status "... to its end" 0 stop
is "each is found, with count and bytes, where it was made" "$(found)" "$expected"
is "... and no other error" "$(json .summary.error)" 4
is "... in the requests for which path" "$(json '[.findings[].per_unit | .label? | strings] | sort')" \
    '["/fault/growing-pool","/fault/leaked-subpool","/fault/permanent-pool-alloc"]'

status "httpd, and a mistake at each graceful restart" 0 record_restarts
is "... is told as of the signal that asks for that" "$(json '[.findings[]
    | select(.rule == "leaked-subpool") | .per_unit | .unit, .label, .label_units]')" \
    '["restart","SIGUSR1",{"grew":3,"others":3,"others_grew":0,"units":3}]'

status "httpd, event, and the same mistakes" 0 record event
status "... and a request that lasts" 0 crash_within_request
status "... to its end" 0 stop
is "each is found, and no other" "$(found | grep -v '^growing-in-unit')" "$expected"
is "... what a request takes for as long as it lasts is a warning" \
    "$(found | sed -n 's/^growing-in-unit \([a-z]* "[a-z]*"\) .*/\1/p')" 'warning "request"'
is "... nor elsewhere" "$(json .summary.error)" 4
done_testing
