#!/usr/bin/env bash
# Everything works for an ordinary user too, where root gives it a try.
# SPDX-License-Identifier: MIT
. "$(dirname "$0")/../lib.sh"

# What runs without privileges: a copy of the build, in a directory that everybody can reach.
session='
    set -e
    . samples/proftpd/harness.sh
    trap proftpd_kill EXIT
    proftpd_prepare "$PWD/proftpd" modules
    proftpd_start build/lifeguard record -o recording --
    ftp_curl @/ | grep -q download
    proftpd_restart
    proftpd_stop
    build/lifeguard report --format=json recording >report.json'

copy_build()
{
    mkdir -p "$WORK/build" "$WORK/samples"
    cp "$LIFEGUARD" "$BUILD/liblifeguard.so" "$WORK/build"
    cp -r "$SOURCE"/samples/{proftpd,loopback.sh} "$WORK/samples"
    cp -r "${PROFTPD_ROOT%/root}" "$WORK/build"
    chown 65534:65534 "$WORK"
}

[ "$(id -u)" -eq 0 ] || skip_all "the other tests run as an ordinary user"
need_proftpd
work
ok "a place for nobody to work in" copy_build
cd "$WORK" || exit 1
ok "nobody records ProFTPD" setpriv --reuid=65534 --regid=65534 --clear-groups bash -c "$session"
is "... the master and a session" "$(json '[.processes[].kind] | sort')" '["master","session"]'
is "... with nothing missed" "$(json '.recording | [.coverage.mismatches, .lost_events]')" '[0,0]'
is "... and nobody owns the recording" "$(stat -c '%u %a' recording)" '65534 700'
done_testing
