#!/usr/bin/env bash
# What is built here records the programs of Debian 12 and 13 (SOAK=1: and of sid, Ubuntu 24.04 and 26.04),
# with that release's C library, in a tree of their own, and reports there: ProFTPD and nginx, to the last
# byte. Where that library is older than what the command is built with, the recorder alone is preloaded.
# SPDX-License-Identifier: MIT
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../release.sh"
! ldd "$LIFEGUARD" | grep -q libasan || skip_all "a sanitizer's library is another one there"

# The tree as the harnesses want it, but for its libraries: what is run outside must not take them.
make_view()
{
    mkdir -p "$WORK/view/usr/sbin" "$WORK/view/usr/lib"
    ln -s "$root"/usr/sbin/{proftpd,nginx} "$WORK/view/usr/sbin"
    ln -s "$root"/usr/lib/{proftpd,nginx} "$WORK/view/usr/lib"
    ln -s "$root/usr/share" "$root/etc" "$WORK/view/usr"
}

# Leaves in start what records there: the command, where it runs, which the loader decides, and says.
find_start()
{
    start=("$LIFEGUARD" record -o "$WORK/recording" --)
    "$WORK/inside" "$LIFEGUARD" --version >/dev/null 2>"$WORK/err" && return
    start=(env LD_PRELOAD="$BUILD/liblifeguard.so" LIFEGUARD_DIR="$WORK/recording")
    ok "in $release the command, which is built for later ones, says so" \
        grep -q "version .GLIBC_[0-9.]*' not found\|error while loading shared libraries" "$WORK/err"
    return 1
}

# BYTES
expect_whole()
{
    report "$WORK/recording"
    "$LIFEGUARD" info "$WORK/recording" >"$WORK/info"
    # Ubuntu optimises programs as a whole: what that leaves of them unseen must be told.
    "$LIFEGUARD" check "$WORK/recording" >"$WORK/check" 2>&1
    if [ $? -eq 3 ] && [[ $release == noble || $release == resolute ]]; then
        is "... no event is lost, and what is not seen is no verdict" \
            "$(json '.recording | [.coverage.mismatches > 0, .lost_events]')" '[true,0]'
    else
        is "... not a byte is lost" "$(json '.recording | [.coverage.mismatches, .lost_events]')" '[0,0]'
    fi
    ok "... of $1 and more" jq -e ".recording.coverage.used_bytes > $1" "$WORK/report.json"
    is "... no event is odd" "$(grep '^odd' "$WORK/info")" ''
    $runs_there || return
    is "... its report is the same there" "$("$WORK/inside" "$LIFEGUARD" report --format=json "$WORK/recording" |
        jq -c '[.summary, (.findings | map(.fingerprint))]')" "$(json '[.summary, (.findings | map(.fingerprint))]')"
}

record_proftpd_there()
{
    local transfers="$WORK/transfers"
    rm -rf "$WORK/recording" "$WORK/proftpd"
    proftpd_prepare "$WORK/proftpd"
    { ftp_transfer download && ftp_transfer upload "upload-file $0" && ftp_transfer ''; } >"$transfers"
    proftpd_start "$WORK/inside" "${start[@]}" &&
        ftp_curl --output /dev/null --config "$transfers" @/ &&
        proftpd_restart && ftp_curl --output /dev/null @/ && proftpd_stop
}

prepare_nginx_there()
{
    rm -rf "$WORK/recording" "$1"
    web_prepare "$1" nginx
    sed -i "s|$WEB_ROOT|$WORK/view|g" "$WEB_DIR/conf"
    WEB_ROOT=$WORK/view
}

record_nginx_there()
{
    prepare_nginx_there "$WORK/nginx"
    web_start "$WORK/inside" "${start[@]}" &&
        web_get /index.html /zeros /directory/ >"$WORK/got" && web_stop TERM
}

# From outside: one that runs there, with the other C library.
attach_proftpd_there()
{
    rm -rf "$WORK/recording"
    proftpd_prepare "$WORK/attached"
    proftpd_start "$WORK/inside" &&
        "$LIFEGUARD" attach -o "$WORK/recording" "$PROFTPD_PID" 2>"$WORK/err" &&
        ftp_curl --output /dev/null @/ && proftpd_restart && ftp_curl --output /dev/null @/ &&
        "$LIFEGUARD" detach "$PROFTPD_PID" 2>>"$WORK/err" && ftp_curl --output /dev/null @/ &&
        proftpd_stop
}

attach_nginx_there()
{
    local worker
    prepare_nginx_there "$WORK/nginx.attached"
    web_start "$WORK/inside" && worker=$(web_children | cut -d' ' -f1) &&
        "$LIFEGUARD" attach -o "$WORK/recording" "$worker" 2>"$WORK/err" &&
        web_get /index.html /zeros /directory/ >"$WORK/got" &&
        "$LIFEGUARD" detach "$worker" 2>>"$WORK/err" && web_get /index.html >"$WORK/got" &&
        web_stop TERM
}

# NAME BYTES: it had pools, and so many bytes were seen.
expect_attached()
{
    expect_whole "$2"
    ok "... $1's pools were there before" \
        grep -Eq "^attached .* [1-9][0-9,]* pools? w" "$WORK/info"
}

# What was unpacked to $root, of $release.
test_release()
{
    runs_there=true
    rm -rf "$WORK/view"
    make_view
    find_start || runs_there=false
    PROFTPD_ROOT=$WORK/view
    . "$SOURCE/samples/proftpd/harness.sh"
    at_exit proftpd_kill
    ok "ProFTPD of $release serves, recorded" record_proftpd_there
    expect_whole 100000
    is "... with names and roles" "$(json '[.recording.work.session, .recording.api]')" '[2,"proftpd"]'
    ! $runs_there || is "... as api check says before" \
        "$("$WORK/inside" "$LIFEGUARD" api check --format=json proftpd -- /usr/sbin/proftpd | jq -r .verdict)" whole
    ok "nginx of $release serves, recorded" record_nginx_there
    expect_whole 1000
    is "... which saw all requests" "$(json .recording.work.command)" 3
}

test_attach()
{
    ok "ProFTPD of $release is attached to, and let go of" attach_proftpd_there
    expect_attached ProFTPD 50000
    is "... with its restart" "$(json .recording.work.restart)" 1
    ok "nginx of $release is attached to, and let go of" attach_nginx_there
    expect_attached nginx 1000
}

work
. "$SOURCE/samples/web/harness.sh"
at_exit web_kill
for release in bookworm trixie sid noble resolute; do
    if grep -q "^VERSION_CODENAME=$release" /etc/os-release; then
        continue
    elif [[ $release != bookworm && $release != trixie ]] && ! ((${SOAK:-0})); then
        skip "programs of $release" "SOAK=1 fetches them"
    elif release_fetch $release packages proftpd-core nginx coreutils; then
        test_release
        [[ $release != bookworm && $release != trixie ]] || test_attach
    else
        skip "programs of $release" "$why"
    fi
done
done_testing
