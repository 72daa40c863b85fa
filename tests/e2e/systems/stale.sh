#!/usr/bin/env bash
# record --stale in the real ProFTPD, nginx and httpd, with all allocations sampled that there are
# pages for: clients see no difference, and of a module's mistake it is told in which pool its data
# belongs. SOAK=1: also httpd, with processes and with threads, and ProFTPD with all of Debian's
# modules.
# SPDX-License-Identifier: MIT
. "$(dirname "$0")/../lib.sh"
. "$SOURCE/tests/e2e/programs/web/lib.sh"
. "$SOURCE/tests/truth/rows.sh"
SIGNALS=HUP

sampled()
{
    is "... everything is covered, nothing lost" \
        "$(json '[.recording.coverage.mismatches, .recording.lost_events]')" '[0,0]'
    ok "... $1 allocations at least outlived their unit" \
        test "$(json .recording.sampled.outlived)" -ge "$1"
}

# same_site KIND CHILDREN STOP LEAST: as it is and sampled, to its clients and in its log.
same_site()
{
    web_prepare "$WORK/$1" "$1"
    status "$1 as it is" 0 serve plain "$2" "$3"
    status "... and sampled" 0 serve recorded "$2" "$3" \
        "$LIFEGUARD" record --stale=1 -o "$WORK/$1.rec" --
    same_as_plain
    report "$WORK/$1.rec"
    sampled "$4"
}

# proftpd_serves NAME MODULES COMMAND...: to its clients
proftpd_serves()
{
    local name=$1 modules=$2
    shift 2
    proftpd_prepare "$WORK/$name.ftpd" "$modules" && proftpd_start "$@" &&
        ftp_transcript >"$WORK/$name.ftp" && proftpd_restart && proftpd_stop
}

same_ftpd()
{
    ok "ProFTPD with $1, as it is" proftpd_serves plain "$1"
    ok "... and sampled" proftpd_serves sampled "$1" "$LIFEGUARD" record --stale=1 -f -o "$WORK/ftp" --
    ok "... its clients see no difference" diff "$WORK/plain.ftp" "$WORK/sampled.ftp"
    report "$WORK/ftp"
    sampled 300
}

# A session in which a module leaves data of each command in session.pool.
proftpd_fault()
{
    local i
    proftpd_prepare "$WORK/proftpd" faults &&
        proftpd_start "$LIFEGUARD" record --stale=10 -o "$WORK/fault" -- || return
    for ((i = 0; i < 30; i++)); do
        echo 'quote = "SITE FAULT growing-pool"'
    done >"$WORK/commands"
    ftp_curl --output /dev/null --config "$WORK/commands" @/
    proftpd_stop && report "$WORK/fault"
}

work
stale_is_seen || done_testing
if why=$("$SOURCE/samples/web/fetch" nginx 2>&1); then
    . "$SOURCE/samples/web/harness.sh"
    at_exit web_kill
    same_site nginx 1 QUIT 20
else
    skip nginx "$why"
fi
if ((${SOAK:-0})) && why=$("$SOURCE/samples/web/fetch" httpd 2>&1); then
    . "$SOURCE/samples/web/harness.sh"
    at_exit web_kill
    same_site prefork 2 TERM 100
    SIGNALS='HUP USR1 HUP USR1' same_site event 1 TERM 100
fi
why=$("$SOURCE/samples/proftpd/fetch" 2>&1 && "$SOURCE/samples/proftpd/fetch" headers 2>&1) ||
    { skip "the real ProFTPD" "$why" && done_testing; }
need_proftpd
same_ftpd faults
((${SOAK:-0})) && same_ftpd modules
ok "a module that grows session.pool" proftpd_fault
is "... is told where its data belongs" "$(json '.findings[] | select(.rule == "growing-pool" and
    .pool.role == "session.pool") | .last_use | [.samples > 3, .samples == .unused, .belongs]')" \
    '[true,true,"cmd_rec->tmp_pool"]'
done_testing
