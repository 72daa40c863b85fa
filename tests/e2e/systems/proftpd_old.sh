#!/usr/bin/env bash
# ProFTPD of older releases, built from their source packages, recorded and scanned: 1.3.5 to 1.3.7, as
# far as a mirror has them (Ubuntu's by UBUNTU_MIRROR and UBUNTU_KEYRING). SOAK=1 fetches and builds;
# what is built is tested without it, too.
# SPDX-License-Identifier: MIT
. "$(dirname "$0")/../lib.sh"

# RELEASE: makes build/proftpd/old/RELEASE/; says why not.
build()
{
    local made=$BUILD/proftpd/old/$1 new
    [ ! -x "$made/proftpd" ] || return 0
    ((${SOAK:-0})) || { echo "SOAK=1 builds it"; return 1; }
    mkdir -p "$BUILD/proftpd/old"
    timeout 300 "$SOURCE/tests/e2e/programs/fetch_release" --source "$1" "$made.source" proftpd-dfsg 2>&1 || return
    new=$(mktemp -d "$made.XXXXXX")
    cp -a "$made.source/." "$new"
    # What was tentative in several files is one with -fcommon, as compilers had it then.
    (cd "$new" && ./configure --enable-ctrls --enable-autoshadow --disable-cap \
        --with-lastlog=/var/log/lastlog &&
        make -j"$(nproc)" proftpd CFLAGS="-O2 -w -fcommon" LDFLAGS="-L$new/lib -rdynamic") >"$made.log" 2>&1 ||
        { grep -m 1 -i error "$made.log"; return 1; }
    mv -T "$new" "$made" 2>/dev/null || [ -x "$made/proftpd" ]
}

work_it()
{
    local round
    for ((round = 0; round < 3; round++)); do
        ftp_transfer ''
        ftp_transfer download
        ftp_transfer upload "upload-file $0"
    done >"$WORK/commands"
    ftp_curl --output /dev/null --config "$WORK/commands" @/ >/dev/null || return
    for ((round = 0; round < 3; round++)); do
        proftpd_restart || return
    done
}

record()
{
    rm -rf "$WORK/recording" "$WORK/proftpd"
    PROFTPD=$1
    proftpd_prepare "$WORK/proftpd"
    proftpd_start "$LIFEGUARD" record -o "$WORK/recording" -- && work_it
}

# RELEASE
recorded()
{
    local why version
    why=$(build "$1") || { skip "ProFTPD of $1" "$why"; return; }
    version=$("$BUILD/proftpd/old/$1/proftpd" -v 2>&1 | sed 's/.*Version //')
    status "ProFTPD $version of $1 serves, recorded" 0 record "$BUILD/proftpd/old/$1/proftpd"
    status "... a scan finds nothing unreachable" 0 "$LIFEGUARD" scan "$PROFTPD_PID"
    status "... and it ends as it would" 0 proftpd_stop
    report "$WORK/recording"
    "$LIFEGUARD" info "$WORK/recording" >"$WORK/info"
    covered bytes 100000
    is "... nothing is lost, and no event is odd" "$(json .recording.lost_events) $(grep '^odd' "$WORK/info")" '0 '
    is "... its restarts and sessions are seen" "$(json '[.recording.work.restart, .recording.work.session]')" '[3,1]'
    is "... and its pools' roles" "$("$LIFEGUARD" tree --at=peak --format=json "$WORK/recording" |
        jq -c '[.. | .role? // empty] | unique | [.[] | select(test("^(permanent_pool|session.pool|cmd_rec->pool)$"))]')" \
        '["cmd_rec->pool","permanent_pool","session.pool"]'
}

need_proftpd
work
for release in xenial bionic focal bullseye jammy; do
    recorded "$release"
done
done_testing
