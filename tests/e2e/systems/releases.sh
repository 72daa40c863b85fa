#!/usr/bin/env bash
# What is built here records the programs of Debian's next release, with that release's C library, in
# a tree of their own, and reports there: ProFTPD and nginx, to the last byte.
# SPDX-License-Identifier: MIT
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../release.sh"
release=trixie
! ldd "$LIFEGUARD" | grep -q libasan || skip_all "a sanitizer's library is another one there"

# The tree as the harnesses want it, but for its libraries: what is run outside must not take them.
make_view()
{
    mkdir -p "$WORK/view/usr/sbin" "$WORK/view/usr/lib"
    ln -s "$root"/usr/sbin/{proftpd,nginx} "$WORK/view/usr/sbin"
    ln -s "$root"/usr/lib/{proftpd,nginx} "$WORK/view/usr/lib"
    ln -s "$root/usr/share" "$root/etc" "$WORK/view/usr"
}

# BYTES
expect_whole()
{
    report "$WORK/recording"
    "$LIFEGUARD" info "$WORK/recording" >"$WORK/info"
    is "... not a byte is lost" "$(json '.recording | [.coverage.mismatches, .lost_events]')" '[0,0]'
    ok "... of $1 and more" jq -e ".recording.coverage.used_bytes > $1" "$WORK/report.json"
    is "... no event is odd" "$(grep '^odd' "$WORK/info")" ''
    is "... its report is the same there" "$("$WORK/inside" "$LIFEGUARD" report --format=json "$WORK/recording" |
        jq -c '[.summary, (.findings | map(.fingerprint))]')" "$(json '[.summary, (.findings | map(.fingerprint))]')"
}

work
need_release "$release" packages proftpd-core nginx
. "$SOURCE/samples/web/harness.sh"
make_view
PROFTPD_ROOT=$WORK/view
. "$SOURCE/samples/proftpd/harness.sh"
at_exit web_kill
at_exit proftpd_kill

record_proftpd_there()
{
    local transfers="$WORK/transfers"
    proftpd_prepare "$WORK/proftpd"
    { ftp_transfer download && ftp_transfer upload "upload-file $0" && ftp_transfer ''; } >"$transfers"
    proftpd_start "$WORK/inside" "$LIFEGUARD" record -o "$WORK/recording" -- &&
        ftp_curl --output /dev/null --config "$transfers" @/ &&
        proftpd_restart && ftp_curl --output /dev/null @/ && proftpd_stop
}

record_nginx_there()
{
    rm -rf "$WORK/recording"
    web_prepare "$WORK/nginx" nginx
    sed -i "s|$WEB_ROOT|$WORK/view|g" "$WEB_DIR/conf"
    WEB_ROOT=$WORK/view
    web_start "$WORK/inside" "$LIFEGUARD" record -o "$WORK/recording" -- &&
        web_get /index.html /zeros /directory/ >"$WORK/got" && web_stop TERM
}

ok "ProFTPD of $release serves, recorded" record_proftpd_there
expect_whole 100000
is "... with names and roles" "$(json '[.recording.work.session, .recording.api]')" '[2,"proftpd"]'
is "... as api check says before" \
    "$("$WORK/inside" "$LIFEGUARD" api check --format=json proftpd -- /usr/sbin/proftpd | jq -r .verdict)" whole

ok "nginx of $release serves, recorded" record_nginx_there
expect_whole 1000
is "... which saw all requests" "$(json .recording.work.command)" 3
done_testing
