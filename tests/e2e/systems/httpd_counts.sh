#!/usr/bin/env bash
# What is recorded of httpd's pools is what gdb counts in the same run, at the entries of APR's
# functions: in one process, in one of eight threads, and in a master that restarts.
# SPDX-License-Identifier: MIT
. "$(dirname "$0")/../lib.sh"
. "$SOURCE/tests/e2e/programs/web/lib.sh"
export START=apr_initialize
export FUNCTIONS='apr_pool_create_ex apr_pool_create_unmanaged_ex apr_pool_destroy apr_pool_clear'

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
need_sample web httpd
for kind in prefork event; do
    WEB_ALONE=yes
    status "gdb counts in httpd, $kind, as one process" 0 start_counting "$kind"
    status "... at work" 0 requests 3
    status "... to its end" 0 stop_counting 0 TERM
    expect_counts

    WEB_ALONE=
    [ "$kind" = prefork ] && children=2 || children=1
    status "gdb counts in the master of httpd, $kind" 0 start_counting "$kind"
    status "... that restarts" 0 web_reload HUP
    status "... and again" 0 web_reload USR1
    status "... to its end" 0 stop_counting "$children" TERM
    expect_counts
done
done_testing
