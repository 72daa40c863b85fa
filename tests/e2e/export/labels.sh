#!/usr/bin/env bash
# Where a recording of ProFTPD, httpd or nginx is from: host, boot, control group, package, builds and
# labels, in the trace and in all that is exported for many hosts; in a container, too.
# SPDX-License-Identifier: MIT
. "$(dirname "$0")/../lib.sh"
. "$SOURCE/tests/e2e/programs/web/lib.sh"

# A control group of our own, with a long name as a container's: what is started then is in it. Fails
# where there is none to be made.
enter_group()
{
    local root
    group=docker-$$-$(printf '0%.0s' {1..64})
    for root in /sys/fs/cgroup /sys/fs/cgroup/systemd; do
        [ -e "$root/cgroup.procs" ] && mkdir "$root/$group" 2>/dev/null || continue
        at_exit leave_group "$root"
        echo $$ >"$root/$group/cgroup.procs" && return
    done
    return 1
}

leave_group()
{
    echo $$ >"$1/cgroup.procs"
    rmdir "$1/$group"
}

# A package manager that knows every file.
make_manager()
{
    mkdir "$WORK/bin"
    cat >"$WORK/bin/dpkg-query" <<-'END'
	#!/bin/sh
	[ "$1" = -S ] && echo "some-daemon:amd64: $3" || echo 1:2.0-3
	END
    chmod +x "$WORK/bin/dpkg-query"
}

rows()
{
    PATH=$WORK/bin:$PATH "$LIFEGUARD" export --format=ndjson "$WORK/recording" |
        jq -c "select(.row == \"recording\") | $1"
}

build_of()
{
    readelf -n "$1" | awk '/Build ID/ { print $3 }'
}

# told WHAT PROGRAM MODULE: the recording of it.
told_of()
{
    local host boot build
    host=$(</proc/sys/kernel/hostname)
    boot=$(</proc/sys/kernel/random/boot_id)
    build=$(build_of "$2")
    is "$1: rows tell host, boot and build" "$(rows '[.host, .boot, .build_id]')" \
        "[\"$host\",\"$boot\",\"$build\"]"
    is "... labels, and the package" "$(rows '[.labels, .package, .version]')" \
        '[{"zone":"a","role":"web"},"some-daemon","1:2.0-3"]'
    if ((grouped)); then
        is "... and its control group" "$(rows .cgroup)" "\"/$group\""
    else
        skip "... and its control group" "none can be made here"
    fi
    PATH=$WORK/bin:$PATH "$LIFEGUARD" export --format=openmetrics "$WORK/recording" >"$WORK/metrics"
    ok "... metrics, too" eval 'grep "^lifeguard_events{" "$WORK/metrics" |
        grep "host=\"$host\"" | grep "build=\"$build\"" | grep "zone=\"a\"" | grep "role=\"web\"" |
        grep -q "version=\"1:2.0-3\""'
    "$LIFEGUARD" export --format=pprof "$WORK/recording" | gunzip >"$WORK/profile"
    ok "... and profiles, with labels and the builds of program and modules" eval \
        'grep -aq "role=web" "$WORK/profile" && grep -aq "$build" "$WORK/profile" &&
        grep -aq "$(build_of "$3")" "$WORK/profile"'
    ok "info reads them from the trace" grep -q "^host .*labels zone=a,role=web" \
        <("$LIFEGUARD" info "$WORK/recording")
    is "where no package manager is, the package is not known" "$(PATH=/nowhere "$LIFEGUARD" \
        export --format=ndjson "$WORK/recording" |
        jq -c 'select(.row == "recording") | [.package, .version]')" '[null,null]'
}

# Into $WORK/recording; $recorded is what to start a program with.
begin_recording()
{
    rm -rf "$WORK/recording"
    mkdir -m 700 "$WORK/recording"
    recorded=(env LIFEGUARD_LABELS=zone=a,role=web LD_PRELOAD="$BUILD/liblifeguard.so"
        LIFEGUARD_DIR="$WORK/recording")
}

of_proftpd()
{
    begin_recording
    proftpd_prepare "$WORK/proftpd"
    proftpd_start "${recorded[@]}" && ftp_curl --output /dev/null @/ && proftpd_stop
    told_of ProFTPD "$PROFTPD" /lib/x86_64-linux-gnu/libc.so.6
}

# of_web KIND PROGRAM STOP
of_web()
{
    begin_recording
    web_prepare "$WORK/$1" "$1"
    web_start "${recorded[@]}" && requests 2 >/dev/null && web_stop "$3"
    told_of "$1" "$2" /lib/x86_64-linux-gnu/libc.so.6
}

work
grouped=0
! enter_group || grouped=1
make_manager
need_proftpd
of_proftpd
need_sample web httpd nginx
of_web prefork "$WEB_BUILD/httpd/root/usr/sbin/apache2" WINCH
of_web nginx "$WEB_BUILD/nginx/root/usr/sbin/nginx" QUIT
done_testing
