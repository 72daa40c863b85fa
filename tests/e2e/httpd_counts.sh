#!/usr/bin/env bash
# What is recorded of httpd's pools is what gdb counts in the same run, at the entries of APR's
# functions: in one process, in one of eight threads, and in a master that restarts.
. "$(dirname "$0")/lib.sh"
export START=apr_initialize
export FUNCTIONS='apr_pool_create_ex apr_pool_create_unmanaged_ex apr_pool_destroy apr_pool_clear'

# Starts the server of KIND with those OPTIONS, recorded into $WORK/rec, under gdb, which counts.
start_counting()
{
    rm -rf "$WORK/web" "$WORK/rec"
    web_prepare "$WORK/web" "$1"
    shift
    WEB_OPTIONS=("$@")
    web_start gdb -nx -batch -x "$SOURCE/tests/e2e/web/count.gdb" --args \
        env LD_PRELOAD="$BUILD/liblifeguard.so" LIFEGUARD_DIR="$WORK/rec"
}

requests()
{
    local i
    for i in {1..3}; do
        web_get / /directory/ /zeros /nothing /moved/index.html
    done >/dev/null
}

# Ends it when it has N children; info on what was recorded of it alone is in $WORK/info.
stop_counting()
{
    local pid=$WEB_PID
    web_settle "$1" && web_stop TERM && report "$WORK/rec" || return
    mkdir -p "$WORK/alone" && mv "$WORK/rec/$pid.trace" "$WORK/alone/0.trace" &&
        "$LIFEGUARD" info "$WORK/alone" >"$WORK/info"
}

entered()
{
    sed -n "s/^entered $1 //p" "$WORK/web/out"
}

expect_counts()
{
    local made
    made=$(($(entered apr_pool_create_ex) + $(entered apr_pool_create_unmanaged_ex)))
    ok "... $made pools" test "$made" -gt 100
    is "... and as many are recorded" "$(told 'pools made')" "$made"
    is "... and their ends" "$(told destroyed)" "$(entered apr_pool_destroy)"
    is "... no event is lost" "$(json .recording.lost_events)" 0
}

work
command -v gdb >/dev/null || skip_all "there is no gdb"
need_web httpd
for kind in prefork event; do
    status "gdb counts in httpd, $kind, as one process" 0 start_counting "$kind" -X
    status "... at work" 0 requests
    status "... to its end" 0 stop_counting 0
    expect_counts

    [ "$kind" = prefork ] && children=2 || children=1
    status "gdb counts in the master of httpd, $kind" 0 start_counting "$kind"
    status "... that restarts" 0 web_reload HUP
    status "... and again" 0 web_reload USR1
    status "... to its end" 0 stop_counting "$children"
    expect_counts
done
done_testing
