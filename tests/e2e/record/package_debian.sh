#!/usr/bin/env bash
# The Debian package, for each release that it is for: it builds there without a word of lintian,
# installs into a bare system, works there, and leaves nothing behind. So does the RPM, as far as
# Debian's rpmbuild can tell. Each release is fetched into $BUILD/chroot by debootstrap.
#
# Under SOAK=1 only, as root; RELEASES names others.
# SPDX-License-Identifier: MIT
. "$(dirname "$0")/../lib.sh"
cd "$SOURCE" || exit 1

# COMMAND... as root of the system in directory $1, alone with /proc: no service can be started there,
# and what was started ends with it.
inside()
{
    local system=$1
    shift
    unshare --mount --pid --fork --mount-proc="$system/proc" --kill-child \
        chroot "$system" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8 \
        DEBIAN_FRONTEND=noninteractive TMPDIR=/tmp "$@"
}

apt_install()
{
    inside "$1" apt-get install -qq -y --no-install-recommends "${@:2}" </dev/null
}

# A bare system of release $1 in $BUILD/chroot/$1.
bare_system()
{
    [ -e "$BUILD/chroot/$1/.whole" ] && return
    rm -rf "$BUILD/chroot/$1"
    mkdir -p "$BUILD/chroot"
    debootstrap --variant=minbase "$1" "$BUILD/chroot/$1" || return
    printf '#!/bin/sh\nexit 101\n' >"$BUILD/chroot/$1/usr/sbin/policy-rc.d"
    chmod 755 "$BUILD/chroot/$1/usr/sbin/policy-rc.d"
    inside "$BUILD/chroot/$1" apt-get update -qq && touch "$BUILD/chroot/$1/.whole"
}

copy_system()
{
    rm -rf "$2" && mkdir -p "$(dirname "$2")" && cp -a --reflink=auto "$1" "$2"
}

# One that can build it: $BUILD/chroot/$1-build.
building_system()
{
    local system=$BUILD/chroot/$1-build
    [ -e "$system/.builds" ] && return
    copy_system "$BUILD/chroot/$1" "$system" &&
        apt_install "$system" build-essential lintian \
            $(sed -n '/^Build-Depends:/,/^Standards/p' debian/control | tr -d ',()=' |
                sed 's/^Build-Depends://; /^Standards/d; s/debhelper-compat.*/debhelper/') &&
        touch "$system/.builds"
}

build_in()
{
    rm -rf "$1/build" && mkdir "$1/build" && cp "$WORK/lifeguard-$version.tar.gz" packaging/deb "$1/build" &&
        inside "$1" sh -c 'cd /build && exec ./deb lifeguard-*.tar.gz deb'
}

lintian_in()
{
    inside "$1" sh -c 'lintian --allow-root --fail-on error,warning /build/deb/*.changes'
}

# What lies in system $1, but for what apt, dpkg and the loader keep for themselves.
contents()
{
    (cd "$1" && find . -path ./proc -prune -o -path ./var/lib/apt -prune -o -path ./var/cache -prune -o \
        -path ./var/lib/dpkg -prune -o -path ./var/log -prune -o -path ./tmp -prune -o \
        ! -path ./etc/ld.so.cache -print | sort)
}

# The tests of debian/tests, of what is installed in system $1, from the sources in /build there.
run_tests()
{
    local system=$1 test
    apt_install "$system" $(sed -n 's/^Depends: @, //p' debian/tests/control | tr -d ,) &&
        echo "127.0.0.1 localhost $(hostname)" >"$system/etc/hosts" &&
        mkdir "$system/build" && tar -xf "$WORK/lifeguard-$version.tar.gz" -C "$system/build" || return
    for test in $(sed -n 's/^Tests: //p' debian/tests/control); do
        inside "$system" sh -c "cd /build/* && debian/tests/$test" || return
    done
}

# docs/production.md's containers: the recorder as a volume, and attached from the host.
record_in_container()
{
    mkdir -p "$1/usr/lib/lifeguard" && cp "$BUILD/liblifeguard.so" "$1/usr/lib/lifeguard" &&
        install -d -m 0700 "$1/recording" && cp "$BUILD/samples/poold" "$1/tmp" &&
        inside "$1" LD_PRELOAD=/usr/lib/lifeguard/liblifeguard.so 'LIFEGUARD_DIR=/recording/{time}' \
            /tmp/poold --drive 3x100 --fault=leaked-subpool
}

attach_to_container()
{
    local job pid child status
    inside "$1" /tmp/poold -p 0 >"$WORK/port" &
    job=$!
    wait_until [ -s "$WORK/port" ]
    for ((pid = job; ; pid = child)); do
        child=$(pgrep -P "$pid") || break
    done
    "$LIFEGUARD" attach -o "$WORK/attached" "$pid" && "$LIFEGUARD" detach "$pid"
    status=$?
    kill "$pid" # unshare waits for it, whatever it is sent itself
    wait "$job"
    rm -rf "$WORK/attached"
    return "$status"
}

in_container()
{
    ok "... records in a container, by a volume" record_in_container "$1"
    "$LIFEGUARD" report --sysroot="$1" "$1"/recording/* >"$WORK/report"
    ok "... is read with the container's files" grep -q '#0  leak_subpool .*fault\.c' "$WORK/report"
    ok "... and attached to from the host" attach_to_container "$1"
    rm -rf "$1/usr/lib/lifeguard" "$1/recording" "$1/tmp/poold"
}

test_release()
{
    local release=$1 bare=$WORK/$1 build=$BUILD/chroot/$1-build
    ok "$release: a bare system" bare_system "$release"
    ok "... one that builds" building_system "$release"
    ok "... builds the package" build_in "$build"
    ok "... of which lintian says nothing" lintian_in "$build"
    copy_system "$BUILD/chroot/$release" "$bare"
    in_container "$bare"
    cp "$build"/build/deb/lifeguard_*.deb "$bare/tmp"
    contents "$bare" >"$WORK/before"
    ok "... it is installed" apt_install "$bare" "/tmp/$(basename "$bare"/tmp/lifeguard_*.deb)"
    cp "$BUILD/samples/poold" debian/tests/sample "$bare/tmp"
    ok "... works in a bare system" inside "$bare" /tmp/sample lifeguard /tmp/poold
    rm "$bare/tmp/poold" "$bare/tmp/sample"
    # What others recommend, such as libc6 libidn2, was not there before either.
    ok "... is removed" inside "$bare" apt-get purge -qq -y --autoremove \
        -o APT::AutoRemove::RecommendsImportant=false -o APT::AutoRemove::SuggestsImportant=false lifeguard
    is "... without a trace" "$(contents "$bare" | diff "$WORK/before" -)" ""
    apt_install "$bare" "/tmp/$(basename "$bare"/tmp/lifeguard_*.deb)" >/dev/null 2>&1
    ok "... and installed again, passes its tests" run_tests "$bare"
    rm -rf "$bare"
}

build_rpm()
{
    RPM_FLAGS=--nodeps packaging/rpm "$WORK/lifeguard-$version.tar.gz" "$WORK/rpm"
}

# What make install puts there, as the RPM lists it.
rpm_files()
{
    rpm -qpl "$WORK"/rpm/RPMS/*/lifeguard-[0-9]*.rpm | sed -n 's|\.gz$||; s|^/usr||p' |
        grep -v '^/share/\(doc\|licenses\)/\|^/lib/\.build-id\|^/\(lib\|share\)/lifeguard$' | sort
}

if [ "${SOAK:-0}" -ne 1 ]; then
    skip_all 'packages are built by make soak'
fi
[ "$(id -u)" -eq 0 ] || skip_all 'systems are made by root'
for tool in debootstrap rpmbuild unshare; do
    command -v "$tool" >/dev/null || skip_all "there is no $tool"
done
work
version=$("$LIFEGUARD" --version | cut -d ' ' -f 2)
ok "sources are packed" packaging/dist "$version" "$WORK/lifeguard-$version.tar.gz"
for release in ${RELEASES-bookworm trixie}; do
    test_release "$release"
done
ok "the RPM builds" build_rpm
make --no-print-directory install DESTDIR="$WORK/stage" PREFIX= >/dev/null
is "... with what make install installs" "$(rpm_files)" \
    "$(cd "$WORK/stage" && find . ! -type d | sed 's/^\.//' | sort)"
done_testing
