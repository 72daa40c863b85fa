#!/usr/bin/env bash
# What goes into the packages: all that tells the version or lists packages agrees, and the sources
# are packed into the same bytes each time.
# SPDX-License-Identifier: MIT
. "$(dirname "$0")/../lib.sh"

version=$("$LIFEGUARD" --version | cut -d ' ' -f 2)

# The package that building needs each of, which .ci/install-packages lists; what every build has, and
# the page's d3, aside.
build_packages()
{
    sed -n "s/^build='\(.*\)'/\1/p" "$SOURCE/.ci/install-packages" | tr ' ' '\n' |
        grep -vx 'gcc\|libc6-dev' | sort
}

build_depends()
{
    sed -n '/^Build-Depends:/,/^Standards/p' "$SOURCE/debian/control" | tr -d ' ,' |
        sed 's/^Build-Depends://; /^debhelper\|^node-d3\|^Standards/d' | grep . | sort
}

pack()
{
    "$SOURCE/packaging/dist" "$version" "$1"
}

work
is "the version is three numbers" "$(grep -cxE '[0-9]+\.[0-9]+\.[0-9]+' <<<"$version")" 1
is "... debian/changelog's" "$(sed -n '1s/^lifeguard (\(.*\)) .*/\1/p' "$SOURCE/debian/changelog")" "$version"
is "... CHANGELOG.md's" "$(sed -n 's/^## //p' "$SOURCE/CHANGELOG.md" | head -n 1)" "$version"
is "... the RPM's" "$(sed -n 's/^Version: *//p' "$SOURCE/packaging/lifeguard.spec")" "$version"
is "... of its changelog, too" \
    "$(sed -n 's/^\* .* - \(.*\)-1$/\1/p' "$SOURCE/packaging/lifeguard.spec" | head -n 1)" "$version"
is "the versions of traces that docs/compatibility.md names are those that are read" \
    "$(sed -nE 's/.*Trace version ([0-9]+) is read together with ([0-9]+) to ([0-9]+).*/\2 \3 \1/p' "$SOURCE/docs/compatibility.md")" \
    "$(sed -nE 's/^This page describes version ([0-9]+) of the format\.$/\1/p' "$SOURCE/man/lifeguard-trace.5" |
        awk -v oldest="$(tr -d '\\\n' <"$SOURCE/preload/trace/format.h" | sed -nE 's/.*#define TRACE_OLDEST +([0-9]+).*/\1/p')" '{ print oldest, $1 - 1, $1 }')"
is "the package is built with what building needs" "$(build_depends)" "$(build_packages)"
ok "sources are packed" pack "$WORK/one.tar.gz"
ok "... again" pack "$WORK/two.tar.gz"
ok "... into the same bytes" cmp "$WORK/one.tar.gz" "$WORK/two.tar.gz"
mkdir "$WORK/sources" && tar -xmf "$WORK/one.tar.gz" -C "$WORK/sources"
chmod -R g+w "$WORK/sources"
ok "... and from what was packed, without git, with other times and modes" \
    "$WORK/sources/lifeguard-$version/packaging/dist" "$version" "$WORK/three.tar.gz"
ok "... the same, too" cmp "$WORK/one.tar.gz" "$WORK/three.tar.gz"
done_testing
