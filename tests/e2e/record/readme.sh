#!/usr/bin/env bash
# The commands that README.md shows are understood, and do something: each is run as it stands, with
# the sample daemon as proftpd. A verdict may be any; usage errors are none.
# SPDX-License-Identifier: MIT
. "$(dirname "$0")/../lib.sh"
. "$SOURCE/samples/loopback.sh"

# Lines of fenced blocks that begin with lifeguard, whole and without comments.
commands()
{
    sed -n '/^```/,/^```/p' "$SOURCE/README.md" | sed -e ':more;/\\$/{N;s/\\\n *//;b more}' \
        -e 's/^\$ //; s/  *#.*//' | grep -E '^lifeguard [a-z]+( |$)' | sort -u
}

# What ends by a person's hand ends by itself here.
adapted()
{
    sed -e 's/^lifeguard top/lifeguard top -b -n 1/' \
        -e 's/--children/--children --for=1s/; s/--for=1m/--for=1s/' -e "s/ PID/ $daemon/" \
        -e "s/:2121/:$port/" <<<"$1"
}

understood()
{
    local status
    sh -c "$1" >"$WORK/out" 2>&1 </dev/null
    status=$?
    cat "$WORK/out"
    [ "$status" -ne 2 ] && [ "$status" -lt 126 ]
}

work
mkdir "$WORK/bin" "$WORK/run"
cd "$WORK/run" || exit 1
ln -s "$LIFEGUARD" "$BUILD/liblifeguard.so" "$WORK/bin"
port=$(free_port)
printf '#!/bin/sh\ncase $3 in */ci/*) exec %q -p %d ;; esac\nexec %q --drive 3x10,3\n' "$BUILD/samples/poold" "$port" \
    "$BUILD/samples/poold" >"$WORK/bin/proftpd"
printf '#!/bin/sh\nexec %q --drive 3x10,3\n' "$BUILD/samples/poold" >"$WORK/bin/apache2"
mkdir ci
printf '#!/bin/sh\nkill -HUP "$LIFEGUARD_PID"\n' >ci/client
: >ci/suppressions
chmod +x "$WORK/bin/proftpd" "$WORK/bin/apache2" ci/client
"$BUILD/samples/poold" -p 0 >"$WORK/port" 2>&1 &
daemon=$!
at_exit kill "$daemon"
printf '#!/bin/sh\necho %d\n' "$daemon" >"$WORK/bin/pgrep"
chmod +x "$WORK/bin/pgrep"
PATH=$WORK/bin:$PATH
is "README has commands" "$(($(commands | wc -l) > 20))" 1
for figure in '[0-9.]+ packed' '[0-9.]+ bytes an event' 'glibc [0-9.]+ or later'; do
    is "README agrees with itself about $figure" \
        "$(tr '\n' ' ' <"$SOURCE/README.md" | grep -oE "$figure" | sort -u | wc -l)" 1
done
ln -s leak pools
while read -r command; do
    case $command in
    *' -o pools '*) rm pools ;;
    *' record '* | *' attach '*) rm -rf leak touched ;;
    *' detach '*) "$LIFEGUARD" attach -o attached "$daemon" >/dev/null 2>&1 ;;
    *' stop '*) rm -rf leak && "$LIFEGUARD" attach -o leak "$daemon" >/dev/null 2>&1 ;;
    esac
    ok "$command" understood "$(adapted "$command")"
    case $command in
    *' attach '* | *' stop '*)
        "$LIFEGUARD" detach "$daemon" >/dev/null 2>&1
        rm -rf leak
        ;;
    esac
    if [ ! -e leak ]; then
        "$LIFEGUARD" record -o leak -- "$BUILD/samples/poold" --drive 3x10 >/dev/null 2>&1
        "$LIFEGUARD" report --format=json leak >before.json
    fi
done < <(commands)
done_testing
