#!/usr/bin/env bash
# The page of pictures of the real ProFTPD: sessions, restarts and the leaks of Debian's modules, as
# the report, the tree and the protocol of what was done have them.
# SPDX-License-Identifier: MIT
. "$(dirname "$0")/../lib.sh"
. "$SOURCE/tests/e2e/browser.sh"
restarts=6 sessions=4

serve()
{
    local number
    record_proftpd modules || return
    for ((number = 0; number < sessions; number++)); do
        ftp_curl @/ >/dev/null || return
    done
    for ((number = 0; number < restarts; number++)); do
        proftpd_restart || return
    done
    proftpd_stop
}

need_proftpd
work
[ -s "$BUILD/html/before.html" ] || skip_all "lifeguard was built without d3 (Debian's node-d3)"
need_browser

ok "ProFTPD serves $sessions sessions and restarts $restarts times, recorded" serve
report "$WORK/recording"
status "a page is written" 0 write_page

is "the report in it is the one of lifeguard report" \
    "$(page .report | jq -cS .)" "$(jq -cS . "$WORK/report.json")"
"$LIFEGUARD" info "$WORK/recording" >"$WORK/info"
is "it has every allocation" \
    "$(page '.rows[0] | ([.sites[][4]] | add) + .rest[2]')" "$(told allocations)"
# Marks are [kind, time, how many, ...]; kind 1 is a restart, 6 a fork.
marks()
{
    page "[.rows[1].marks as \$m | range(0; \$m | length; 3) | select(\$m[.] == $1) | \$m[. + 2]] | add"
}
is "the master's row is marked at each restart" "$(marks 1)" "$restarts"
ok "... and at each fork" test "$(marks 6)" -ge "$sessions"

window 1280 800
browse "$WORK/page.html"
is "it loads without a word on the console" "$(console)" ""
is "it lists the findings in the report's order" \
    "$(js 'return [...document.querySelectorAll("#finding-list .rule")].map((e) => e.textContent)')" \
    "$(json '[.findings[].rule]')"
is "the leaks of Debian's modules are among them" \
    "$(js 'return ["mod_memcache/0.1", "mod_quotatab/1.3.1: Backend Pool"].every((tag) =>
        [...document.querySelectorAll("#finding-list li, #finding-list > *")]
            .some((e) => e.textContent.includes(tag)))')" true
leak=$(json '[.findings[].pool.tag] | index("mod_memcache/0.1") + 1')
press "#finding-$leak button"
is "a click on one shows the backtrace that made its pools" \
    "$(js 'return [...document.querySelectorAll(arguments[0])].map((e) => e.textContent)
        .some((text) => text.includes("mod_memcache.so"))' "#finding-$leak .stack li")" true
is "... and marks the pools in the tree" \
    "$(js 'return document.querySelectorAll("#tree .marked").length > 0')" true
press '#tab-flame'
keys '#search' 'mod_quotatab'
is "a search in the flame graph finds the other one's module" \
    "$(js 'return document.querySelectorAll("#flame .match").length > 0')" true
is "and nothing was said on the console" "$(console)" ""
done_testing
